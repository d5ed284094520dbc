"""Logged-in browsers for tests, and forms sent as a page would send them."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import Account
from kb.services.accounts.account_lifecycle import NewAccount, create_account
from kb.services.authentication.passwords import hash_password
from kb.services.core.library import Library
from kb.web.app import create_app
from tests.factories.library import an_empty_library

PASSWORD = "une phrase assez longue"

_hashed = cache(hash_password)
"""Hashing is slow on purpose: the same password is hashed once."""
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


def an_account(library: Library, login: str = "claire", *, administrator: bool = False, **fields: Any) -> Account:
    """An account with its own library; its password is PASSWORD."""
    with library.store.write() as writing:
        return create_account(
            writing,
            OPERATOR,
            NewAccount(login, **fields),
            _hashed(PASSWORD),
            administrator=administrator,
            verified=True,
        )


@contextmanager
def a_library_of(*logins: str) -> Iterator[Library]:
    """A library of these accounts, without items."""
    with closing(an_empty_library()) as library:
        for login in logins:
            an_account(library, login)
        yield library


def browsers_of(library: Library, logins: Iterable[str], **options: Any) -> dict[str, TestClient]:
    """A browser of each account, by login, and one of an anonymous visitor with the empty login."""
    app = create_app(library)
    browsers = {login: TestClient(app, **options) for login in ("", *logins)}
    for login in filter(None, browsers):
        sign_in(browsers[login], login)
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
