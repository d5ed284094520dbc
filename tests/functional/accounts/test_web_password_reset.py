"""Setting a password by a link, in a browser."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.one_time_links import create_password_link, first_administrator_link
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in

OTHER = "une tout autre phrase"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert")
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library))


def test_a_link_sets_a_password_once_and_ends_all_sessions(library: Library, client: TestClient) -> None:
    other_client = TestClient(create_app(library))
    sign_in(other_client)
    page = f"/reset/{create_password_link(library, OPERATOR, 'claire')}"
    assert "Claire Aubert" in client.get(page).text
    short = send(client, page, password="court")
    assert short.status_code == 400
    assert send(client, page, password=OTHER).status_code == 303
    assert "Claire Aubert" in client.get("/").text
    assert "Claire Aubert" not in other_client.get("/").text
    assert client.get(page).status_code == 404
    sign_in(other_client, password=OTHER)
    assert send(TestClient(create_app(library)), "/login", login="claire", password=PASSWORD).status_code == 403


def test_a_newer_link_makes_the_older_one_invalid(library: Library, client: TestClient) -> None:
    older, newer = (create_password_link(library, OPERATOR, "claire") for _ in range(2))
    assert client.get(f"/reset/{older}").status_code == 404
    assert client.get(f"/reset/{newer}").status_code == 200


def test_a_link_for_something_else_sets_no_password(library: Library, client: TestClient) -> None:
    assert client.get(f"/reset/{first_administrator_link(library)}").status_code == 404
    assert client.get(f"/welcome/{create_password_link(library, OPERATOR, 'claire')}").status_code == 404


def test_a_closed_account_is_not_opened_by_a_link(library: Library, client: TestClient) -> None:
    page = f"/reset/{create_password_link(library, OPERATOR, 'claire')}"
    close_account(library, OPERATOR, "claire", closed=True)
    assert client.get(page).status_code == 404
    later = f"/reset/{create_password_link(library, OPERATOR, 'claire')}"
    assert send(client, later, password=OTHER).status_code == 403
