"""Every route of the site is checked."""

from collections.abc import Iterator

import pytest
from starlette.routing import Match
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.site import all_routes, create_app
from tests.browser.support.addresses import ACTS, ERRORS, FAILURES, FOREIGN, NOT_HTML, PAGES
from tests.browser.support.checked_pages import OWNER, Judged
from tests.browser.support.site import KNOWN, a_broken_library, cookie_of, the_library


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    # For a program on this machine, which alone may read the metrics.
    client_options = {"base_url": "http://127.0.0.1", "client": ("127.0.0.1", 4711)}
    with TestClient(create_app(the_library()), follow_redirects=False, **client_options) as client:
        yield client


def route_of(address: str) -> str:
    """The path of the route that takes an address."""
    scope = {"type": "http", "method": "GET", "path": address.partition("?")[0]}
    return next((route.path for route in all_routes() if route.matches(scope)[0] is Match.FULL), "")


def test_every_route_is_checked_or_listed_as_not_html() -> None:
    assert {route.path for route in all_routes()} == PAGES.keys() | NOT_HTML.keys() | ACTS | FOREIGN
    assert len(PAGES) + len(NOT_HTML) + len(ACTS) == len(PAGES.keys() | NOT_HTML.keys() | ACTS)
    assert all(PAGES.values())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_of_its_route_and_answers_html(client: TestClient, path: str) -> None:
    for page in PAGES[path]:
        address = page.at(KNOWN)
        # The page after login differs from the page on which the login happened.
        assert route_of(client.base_url.join(address).path) == path or page.by, page.name
        client.cookies.clear()
        answer = client.get(address, headers=cookie_of(page.by))
        assert (answer.status_code, answer.headers["content-type"]) == (page.status, "text/html; charset=utf-8")


def test_action_addresses_accept_only_post(client: TestClient) -> None:
    for route in all_routes():
        if route.path in ACTS:
            assert route.methods == {"POST"}, route.path


@pytest.mark.parametrize("path", NOT_HTML)
def test_addresses_that_are_not_pages_answer_no_html(client: TestClient, path: str) -> None:
    client.cookies.clear()
    # A test before may have counted a view, and the site is ready once all is indexed.
    catch_up(client.app.state.library)  # type: ignore[attr-defined]
    answer = client.get(Judged("", NOT_HTML[path]).at(KNOWN), headers=cookie_of(OWNER))
    assert answer.status_code < 400
    assert not answer.headers.get("content-type", "").startswith("text/html")


def test_errors_are_what_they_are_called(client: TestClient) -> None:
    for page in ERRORS:
        assert client.request(page.method, page.address, content=b"x" * page.size).status_code == page.status, page.name
    for page in FAILURES:
        with TestClient(create_app(a_broken_library(page.status)), raise_server_exceptions=False) as broken:
            assert broken.get(page.address).status_code == page.status
