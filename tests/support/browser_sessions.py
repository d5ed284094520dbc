"""Logged-in browsers for tests, and forms sent as a page would send them."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import Account
from kb.services.accounts.account_lifecycle import NewAccount, create_account
from kb.services.authentication.authentication import start_session
from kb.services.authentication.passwords import hash_password
from kb.services.core.library import Library
from kb.settings import Settings
from kb.site import create_app
from kb.store import Store, WriteTransaction
from tests.factories.library import MEMORY, a_catalogue
from tests.support.databases import filled_database

PASSWORD = "une phrase assez longue"

_hashed = cache(hash_password)
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


def an_account(library: Library, login: str = "claire", *, administrator: bool = False, **fields: Any) -> Account:
    """An account with its own library; its password is PASSWORD."""
    with library.store.write() as writing:
        return _add_account(writing, NewAccount(login, **fields), administrator=administrator)


def _add_account(writing: WriteTransaction, new: NewAccount, *, administrator: bool = False) -> Account:
    return create_account(writing, OPERATOR, new, _hashed(PASSWORD), administrator=administrator, verified=True)


@contextmanager
def a_library_of(*logins: str) -> Iterator[Library]:
    """A library of these accounts, without items."""
    with (
        filled_database(_filling(logins)) as (store, url),
        closing(Library(store, a_catalogue(), Settings(Path(gettempdir()), url, MEMORY))) as library,
    ):
        yield library


@cache
def _filling(logins: tuple[str, ...]) -> Callable[[Store], None]:
    def fill(store: Store) -> None:
        with store.write() as writing:
            for login in logins:
                _add_account(writing, NewAccount(login))

    return fill


def browsers_of(library: Library, logins: Iterable[str], **options: Any) -> dict[str, TestClient]:
    """A browser of each account, by login, and one of an anonymous visitor with the empty login."""
    app = create_app(library)
    browsers = {login: TestClient(app, **options) for login in ("", *logins)}
    with library.store.write() as writing:
        for login in filter(None, browsers):
            account = writing.accounts.by_login(login)
            assert account is not None
            secret = start_session(writing, account, "", library.settings.session_days)
            # With the host that Python's cookie jar gives to cookies of `testserver`.
            browsers[login].cookies.set("kb-session", secret, "testserver.local")
    return browsers


def token_of(client: TestClient, page: str) -> str:
    """The token in the forms of a page."""
    match = _TOKEN.search(client.get(page).text)
    assert match is not None, f"{page} has no form"
    return match[1]


def send(client: TestClient, page: str, address: str | None = None, **fields: str) -> Any:
    """Send a form of a page, to its own address or another one; redirections are not followed."""
    data = {"form_token": token_of(client, page), **fields}
    return client.post(address or page, data=data, follow_redirects=False)


def sign_in(client: TestClient, login: str = "claire", password: str = PASSWORD) -> None:
    """Log a browser in."""
    answer = send(client, "/login", login=login, password=password)
    assert answer.status_code == 303, answer.text
