"""The caller of a request: a user who was authenticated before, else the network."""

from kb.access.actor import ANONYMOUS, Actor
from kb.web.http.authentication import RequestCredentials
from kb.web.http.limits import callers
from kb.web.http.limits.callers import KnownCallers
from kb.web.http.limits.fair_queue import Caller, Group
from kb.web.http.limits.page_threads import LOCAL_CALLER

CLAIRE = Actor(user_id="claire-id", name="Claire")
NETWORK = "203.0.113.5"


def test_anonymous_visitors_count_by_their_network() -> None:
    callers = KnownCallers()
    assert callers.caller_of(RequestCredentials(form="x"), NETWORK) == Caller(NETWORK)
    assert callers.caller_of(RequestCredentials(form="x"), "2001:db8::1") == callers.caller_of(
        RequestCredentials(form="y"), "2001:db8::2"
    )
    assert callers.caller_of(RequestCredentials(), "127.0.0.1") == LOCAL_CALLER


def test_a_user_counts_alone_once_a_session_was_accepted() -> None:
    callers, credentials = KnownCallers(), RequestCredentials(session="secret")
    assert callers.caller_of(credentials, NETWORK) == Caller(f"{NETWORK} unknown")
    callers.remember(credentials, ANONYMOUS)
    assert callers.caller_of(credentials, NETWORK) == Caller(f"{NETWORK} unknown")
    callers.remember(credentials, CLAIRE)
    assert (
        callers.caller_of(credentials, NETWORK)
        == callers.caller_of(credentials, "198.51.100.7")
        == Caller("claire-id", Group.USER)
    )
    assert callers.caller_of(RequestCredentials(session="other"), NETWORK) == Caller(f"{NETWORK} unknown")


def test_the_programs_of_a_user_are_counted_separately() -> None:
    callers = KnownCallers()
    callers.remember(RequestCredentials(token="secret"), CLAIRE)
    assert callers.caller_of(RequestCredentials(token="secret"), NETWORK) == Caller("claire-id by token", Group.USER)
    assert callers.caller_of(RequestCredentials(session="secret"), NETWORK) == Caller(f"{NETWORK} unknown")
    assert callers.caller_of(RequestCredentials(proxy_login="secret"), NETWORK) == Caller(f"{NETWORK} unknown")


def test_so_many_are_remembered_and_no_more(monkeypatch) -> None:
    monkeypatch.setattr(callers, "_MOST_KNOWN", 2)
    known_callers = KnownCallers()
    credentials = [RequestCredentials(session=str(number)) for number in range(3)]
    known_callers.remember(credentials[0], CLAIRE)
    known_callers.remember(credentials[1], CLAIRE)
    assert known_callers.caller_of(credentials[0], NETWORK) == Caller("claire-id", Group.USER)
    known_callers.remember(credentials[2], CLAIRE)
    assert known_callers.caller_of(credentials[0], NETWORK) == Caller("claire-id", Group.USER)
    assert known_callers.caller_of(credentials[1], NETWORK) == Caller(f"{NETWORK} unknown")
