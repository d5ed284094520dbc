"""The ways to open the save form: links, the bookmarklet, the site as an installed application."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.web.pages.items.save_tools import bookmarklet
from tests.factories.saved_search import LOGINS, a_library_of_lectures
from tests.support.browser_sessions import browsers_of


@pytest.fixture
def browser() -> Iterator[dict[str, TestClient]]:
    with a_library_of_lectures() as library:
        yield browsers_of(library, LOGINS, follow_redirects=False)


def test_save_links_lead_to_the_form_for_users_who_may_save(browser: dict[str, TestClient]) -> None:
    # In a group to which the user may add, the link of the group replaces that of the header.
    for login, header, group in (("", False, False), ("sophie", True, False), ("paul", False, True)):
        page = browser[login].get("/g/lectures").text
        assert ('href="/keep"' in page) is header
        assert ("/keep?group=lectures" in page) is group
    empty = browser["paul"].get("/g/~paul").text
    assert empty.count("/keep?group=~paul") == empty.count("/g/~paul/import") == 1
    assert "0 signet" not in empty
    assert "/keep/tools" in browser["paul"].get("/account").text


def test_the_site_can_be_installed_and_shared_to(browser: dict[str, TestClient]) -> None:
    answer = browser[""].get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["share_target"]["action"] == "/keep"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon_entry in manifest["icons"]:
        icon = browser[""].get(icon_entry["src"])
        assert (icon.status_code, icon.headers["content-type"]) == (200, icon_entry["type"])
    assert 'rel="manifest"' in browser[""].get("/").text
    assert "manifest-src 'self'" in browser[""].get("/").headers["content-security-policy"]


def test_the_bookmarklet_is_an_address_without_escapes(browser: dict[str, TestClient]) -> None:
    program = bookmarklet("https://exemple.fr/veille")
    assert program.startswith("javascript:(")
    assert '"https://exemple.fr/veille/keep?url="' in program
    assert not re.search(r"[%#\n]", program)
    assert quote(program, safe="") not in browser["paul"].get("/keep/tools").text
    assert unescape(browser["paul"].get("/keep/tools").text).count(bookmarklet("http://127.0.0.1:8000")) == 2
