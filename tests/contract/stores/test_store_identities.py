"""OIDC logins and identities are read back unchanged."""

from collections.abc import Iterator

import pytest

from kb.errors import Conflict
from kb.model.people.account import Account, Identity, PendingOidcLogin
from kb.store import Store
from tests.factories.items import a_base, a_user

EARLY, LATE = "2015-01-01T09:00:00.000000Z", "2015-01-02T09:00:00.000000Z"


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    with opened.write() as writing:
        for login in ("claire", "sophie"):
            writing.accounts.add(Account(a_user(login), None, False, False, EARLY))
    yield opened
    opened.close()


def test_a_sign_in_is_looked_at_often_and_ended_once(store: Store) -> None:
    begun = PendingOidcLogin(
        "un nonce", "un défi", "/saved?q=é", "u-claire", EARLY, "une invitation", '{"name": "Émilie"}'
    )
    with store.write() as writing:
        writing.accounts.put_pending_login("a", begun)
        assert writing.accounts.pending_login("a") == writing.accounts.pending_login("a") == begun
        assert writing.accounts.take_pending_login("a") == begun
        assert writing.accounts.take_pending_login("a") is None
        assert writing.accounts.pending_login("a") is None


def test_a_newer_pending_login_replaces_an_older_one(store: Store) -> None:
    with store.write() as writing:
        for at in (EARLY, LATE):
            writing.accounts.put_pending_login("a", PendingOidcLogin("", "", "/", None, at))
        assert writing.accounts.take_pending_login("a") == PendingOidcLogin("", "", "/", None, LATE)


def test_expired_pending_logins_are_deleted(store: Store) -> None:
    with store.write() as writing:
        for name, at in (("a", EARLY), ("b", LATE)):
            writing.accounts.put_pending_login(name, PendingOidcLogin("", "", "/", None, at))
        writing.accounts.purge_pending_logins(LATE)
        assert (writing.accounts.pending_login("a"), writing.accounts.pending_login("b")) == (
            None,
            PendingOidcLogin("", "", "/", None, LATE),
        )


def test_an_identity_is_one_person_s_at_one_issuer(store: Store) -> None:
    with store.write() as writing:
        writing.accounts.add_identity(Identity("https://a.example", "1", "u-claire", EARLY))
        writing.accounts.add_identity(Identity("https://b.example", "1", "u-sophie", EARLY))
        with pytest.raises(Conflict):
            writing.accounts.add_identity(Identity("https://a.example", "1", "u-sophie", LATE))
        account = writing.accounts.by_identity("https://a.example", "1")
        assert account is not None
        assert account.user.id == "u-claire"
        for issuer, subject in (("https://a.example", "2"), ("https://c.example", "1"), ("\x00", "1"), ("a", "\ud800")):
            assert writing.accounts.by_identity(issuer, subject) is None
        writing.accounts.remove_identity(Identity("https://a.example", "1", "u-claire", EARLY))
        assert writing.accounts.identities_of("u-claire") == ()
        assert len(writing.accounts.identities_of("u-sophie")) == 1
