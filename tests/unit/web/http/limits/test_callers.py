"""Whose turn a request takes: that of a user who was recognised before, else that of the network."""

from kb.access.actor import ANONYMOUS, Actor
from kb.web.http.authentication import RequestCredentials
from kb.web.http.limits import callers
from kb.web.http.limits.callers import KnownCallers
from kb.web.http.limits.fair_queue import Caller, Group
from kb.web.http.limits.page_threads import LOCAL_CALLER

CLAIRE = Actor(user_id="claire-id", name="Claire")
NETWORK = "203.0.113.5"


def test_anonymous_visitors_count_by_their_network() -> None:
    known = KnownCallers()
    assert known.caller_of(RequestCredentials(form="x"), NETWORK) == Caller(NETWORK)
    assert known.caller_of(RequestCredentials(form="x"), "2001:db8::1") == known.caller_of(
        RequestCredentials(form="y"), "2001:db8::2"
    )
    assert known.caller_of(RequestCredentials(), "127.0.0.1") == LOCAL_CALLER


def test_a_user_counts_alone_once_a_session_was_accepted() -> None:
    known, shown = KnownCallers(), RequestCredentials(session="secret")
    assert known.caller_of(shown, NETWORK) == Caller(f"{NETWORK} unknown")
    known.remember(shown, ANONYMOUS)
    assert known.caller_of(shown, NETWORK) == Caller(f"{NETWORK} unknown")
    known.remember(shown, CLAIRE)
    assert known.caller_of(shown, NETWORK) == known.caller_of(shown, "198.51.100.7") == Caller("claire-id", Group.USER)
    assert known.caller_of(RequestCredentials(session="other"), NETWORK) == Caller(f"{NETWORK} unknown")


def test_the_programs_of_a_user_are_counted_separately() -> None:
    known = KnownCallers()
    known.remember(RequestCredentials(token="secret"), CLAIRE)
    assert known.caller_of(RequestCredentials(token="secret"), NETWORK) == Caller("claire-id by token", Group.USER)
    assert known.caller_of(RequestCredentials(session="secret"), NETWORK) == Caller(f"{NETWORK} unknown")
    assert known.caller_of(RequestCredentials(proxy_login="secret"), NETWORK) == Caller(f"{NETWORK} unknown")


def test_so_many_are_remembered_and_no_more(monkeypatch) -> None:
    monkeypatch.setattr(callers, "_MOST_KNOWN", 2)
    known = KnownCallers()
    shown = [RequestCredentials(session=str(number)) for number in range(3)]
    known.remember(shown[0], CLAIRE)
    known.remember(shown[1], CLAIRE)
    assert known.caller_of(shown[0], NETWORK) == Caller("claire-id", Group.USER)
    known.remember(shown[2], CLAIRE)
    assert known.caller_of(shown[0], NETWORK) == Caller("claire-id", Group.USER)
    assert known.caller_of(shown[1], NETWORK) == Caller(f"{NETWORK} unknown")
