"""Addresses of programs do not take the login that a browser stores: another site could use it by a link or a form."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from tests.browser.conftest import serving
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

ADDRESS = "https://exemple.fr/un"
ELSEWHERE = "http://ailleurs.example/"
PAGE = """<!DOCTYPE html><title>Ailleurs</title>
<a href="{site}/pinboard/v1/posts/delete?url={address}">lien</a>
<img src="{site}/pinboard/v1/posts/delete?url={address}" alt="">
<form method="post" action="{site}/diigo/api/v2/bookmarks"><input name="url" value="https://exemple.fr/autre">
<input name="title" value="Autre"><button>formulaire</button></form>"""


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library)
        with library.store.read() as reading:
            own = reading.groups.by_slug("~claire")
        assert own is not None
        add_items(library, an_item("Un", id="un", group=own, url=ADDRESS))
        catch_up(library)
        yield library


def test_a_browser_asks_for_no_login_and_sends_none_for_other_sites(library: Library, browser: Browser) -> None:
    _, token = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "claire")
    with contextmanager(serving)(library) as site:
        # As a user would who typed it whenever the browser asks.
        context = browser.new_context(http_credentials={"username": "claire", "password": token})
        page = context.new_page()
        body = PAGE.format(site=site, address=ADDRESS)
        page.route(ELSEWHERE, lambda route: route.fulfill(body=body, content_type="text/html"))
        for name in ("lien", "formulaire"):
            page.goto(ELSEWHERE)
            with page.expect_response(f"{site}/**") as answered:
                page.get_by_text(name).click()
            assert answered.value.status == 401
            assert answered.value.header_value("www-authenticate") == 'xBasic realm="api"'
        page.goto(f"{site}/pinboard/v1/posts/delete?url={ADDRESS}")
        context.close()
    with library.store.read() as reading:
        assert tuple(reading.items.ids()) == ("un",)
