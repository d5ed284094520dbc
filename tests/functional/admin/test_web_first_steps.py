"""The first steps of a new site, and the pending tasks of its administrator."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Visibility
from kb.services.admin.site_pages import SITE_PAGE_NAMES, save_site_page
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

LECTURES = a_group("lectures", "Lectures <b>", visible=Visibility.MEMBERS)
STEPS = "Premiers pas"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", administrator=True)
        yield library


def browser(library: Library, login: str = "") -> TestClient:
    client = TestClient(create_app(library))
    if login:
        sign_in(client, login)
    return client


@pytest.mark.parametrize("address", ["/", "/admin"])
def test_a_new_site_says_what_to_do_first(library: Library, address: str) -> None:
    client = browser(library, "claire")
    section = client.get(address).text.partition(STEPS)[2].partition("</section>")[0]
    assert section.count("<li>") == 6
    for place in (
        "/admin/site",
        "/aide/administrer",
        "/groups/new",
        "/keep",
        "/admin/invitations",
        "/admin/site/mentions-legales",
    ):
        assert f'href="{place}"' in section
    assert client.get(address).text.partition("<main")[2].count("/admin/site/mentions-legales") == 1
    add_items(library, an_item("Un titre", group=LECTURES), groups=(LECTURES,))
    an_account(library, "paul")
    section = client.get(address).text.partition(STEPS)[2].partition("</section>")[0]
    # What is done is not shown any more.
    assert section.count("<li>") == 3
    # Other users do not see them.
    assert STEPS not in browser(library, "paul").get("/").text
    assert STEPS not in browser(library).get("/").text


def test_first_steps_are_dismissed_for_good(library: Library) -> None:
    client = browser(library, "claire")
    # The home page shows them too, and their button returns there.
    assert '<input type="hidden" name="next" value="/">' in client.get("/").text
    answer = send(client, "/admin", act="dismiss", next="/")
    assert (answer.status_code, answer.url.path if answer.history else answer.headers.get("location")) in {
        (200, "/"),
        (303, "/?done=kept"),
    }
    assert STEPS not in client.get("/").text
    assert STEPS not in client.get("/admin").text


def test_the_administration_begins_with_what_is_to_be_done(library: Library) -> None:
    add_items(library, groups=(LECTURES,))
    client = browser(library, "claire")
    todo = client.get("/admin").text.partition("<h2>À faire</h2>")[2].partition("</section>")[0]
    assert '<a href="/g/lectures/members" dir="auto">Lectures &lt;b&gt;</a> <b>sans responsable</b>' in todo
    # Writing the legal pages is one of the first steps; later, each missing page is a task of its own.
    assert "mentions-legales" not in todo
    send(client, "/admin", act="dismiss")
    todo = client.get("/admin").text.partition("<h2>À faire</h2>")[2].partition("</section>")[0]
    assert '<a href="/admin/site/mentions-legales" dir="auto">Mentions légales</a> <b>à compléter</b>' in todo
    for name in SITE_PAGE_NAMES:
        save_site_page(library, OPERATOR, name, "fr", "# Titre\n\nTout.")
    assert "à compléter" not in client.get("/admin").text


def test_the_words_of_the_home_page_are_written_in_the_browser(library: Library) -> None:
    client = browser(library, "claire")
    text = "Ce que <b>nous</b> lisons.\r\n\r\nEt pourquoi."
    assert send(client, "/admin/site", **{"text-fr": text}).status_code == 303
    page = browser(library).get("/").text
    assert '<p class="lead" dir="auto">Ce que &lt;b&gt;nous&lt;/b&gt; lisons.</p>' in page
    assert '<p class="lead" dir="auto">Et pourquoi.</p>' in page
    # Each language has its own text; an empty one restores the default text.
    assert "Pages saved by groups" in browser(library).get("/?lang=en").text
    refused = send(client, "/admin/site", **{"text-fr": "x" * 2001})
    assert refused.status_code == 400
    assert "x" * 2001 in refused.text
    send(client, "/admin/site", **{"text-fr": " "})
    assert "Et pourquoi." not in browser(library).get("/").text
