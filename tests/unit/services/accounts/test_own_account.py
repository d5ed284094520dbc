"""Changes of an account: log messages, the limits of read tokens, and concurrent changes."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

import kb.services.accounts.own_account
from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.services.accounts.account_lifecycle import set_password
from kb.services.accounts.api_tokens import NewToken, add_token, own_tokens, revoke_token
from kb.services.accounts.feed_keys import FollowedFeed, create_feed_key, own_feed_keys, revoke_feed_key
from kb.services.accounts.own_account import (
    change_email,
    change_name,
    change_password,
    end_other_sessions,
    end_session,
    own_account_details,
)
from kb.services.authentication.authentication import actor_of_session, sign_in
from kb.services.core.library import Library
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account

OTHER = "une tout autre phrase"
FEED = FollowedFeed("/search.atom")
ACTS: tuple[Callable[[Library, Actor], object], ...] = (
    lambda library, actor: change_name(library, actor, "Claire Roy"),
    lambda library, actor: change_email(library, actor, "neuve@exemple.fr", PASSWORD, "192.0.2.1"),
    lambda library, actor: change_password(library, actor, PASSWORD, OTHER, "192.0.2.1"),
    lambda library, actor: add_token(library, actor, NewToken()),
    lambda library, actor: revoke_token(library, actor, own_tokens(library, actor)[0].id, own=True),
    lambda library, actor: create_feed_key(library, actor, FEED),
    lambda library, actor: revoke_feed_key(library, actor, own_feed_keys(library, actor)[0].id),
    lambda library, actor: end_session(library, actor, own_account_details(library, actor).sessions[0].id),
    end_other_sessions,
)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert")
        yield library


def lines(library: Library) -> list[str]:
    with library.store.read() as reading:
        return [entry.action for _, entry in reading.moderation.log_entries()][::-1]


def test_each_change_of_credentials_is_logged(library: Library) -> None:
    for act in ACTS:
        sign_in(library, "claire", OTHER if "password-set" in lines(library) else PASSWORD, "192.0.2.1", "")
        act(library, as_(library, "claire"))
    assert lines(library)[1:] == [
        "account-changed",
        "account-changed",
        "password-set",
        "token-made",
        "token-revoked",
        "feed-key-made",
        "feed-key-revoked",
    ]


@pytest.mark.parametrize("act", ACTS)
def test_anonymous_visitors_and_read_only_tokens_change_nothing(
    library: Library, act: Callable[[Library, Actor], object]
) -> None:
    claire = as_(library, "claire")
    sign_in(library, "claire", PASSWORD, "192.0.2.1", "")
    add_token(library, claire, NewToken())
    create_feed_key(library, claire, FEED)
    before = lines(library)
    with pytest.raises(Forbidden):
        act(library, replace(claire, read_only=True))
    with pytest.raises(LoginNeeded):
        act(library, ANONYMOUS)
    assert lines(library) == before
    assert len(own_account_details(library, claire).sessions) == 1


def test_a_password_that_was_changed_meanwhile_is_not_changed_by_the_one_of_before(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = sign_in(library, "claire", PASSWORD, "192.0.2.1", "")
    claire, hashed = actor_of_session(library, secret), kb.services.accounts.own_account.hash_password

    def slowly(password: str) -> str:
        set_password(library, OPERATOR, "claire", "celle de la direction")
        return hashed(password)

    monkeypatch.setattr(kb.services.accounts.own_account, "hash_password", slowly)
    with pytest.raises(Forbidden):
        change_password(library, claire, PASSWORD, OTHER, "192.0.2.1")
    sign_in(library, "claire", "celle de la direction", "192.0.2.1", "")


def test_a_second_revocation_raises_not_found(library: Library) -> None:
    claire = as_(library, "claire")
    token, _ = add_token(library, claire, NewToken())
    create_feed_key(library, claire, FEED)
    key = own_feed_keys(library, claire)[0]
    actions: tuple[Callable[[], None], ...] = (
        lambda: revoke_token(library, claire, token.id, own=True),
        lambda: revoke_feed_key(library, claire, key.id),
    )
    for act in actions:
        act()
        with pytest.raises(NotFound):
            act()


def test_a_name_that_is_the_same_changes_nothing(library: Library) -> None:
    before = lines(library)
    change_name(library, as_(library, "claire"), " Claire Aubert ")
    assert lines(library) == before
