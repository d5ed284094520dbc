"""The address of a group changes, and its former addresses redirect."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Conflict
from kb.model.people.group import MOST_FORMER_SLUGS, Group, Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group, readable_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import a_library
from tests.feeds.private_feeds import create_private_feed
from tests.support.browser_sessions import an_account, send, sign_in

SETTINGS = {"name": "Lectures", "description": "", "join": "invite", "languages": "fr", "feeds": "on"}


@pytest.fixture
def library() -> Iterator[Library]:
    group = a_group("lectures", visible=Visibility.MEMBERS)
    item = an_item(title="Les agents", author=a_user("paul"), tags=("santé/social",), group=group)
    with closing(a_library(item, groups=[group])) as library:
        for login in ("claire", "luc"):
            an_account(library, login, name=login.title())
        set_role(library, OPERATOR, "lectures", "claire", Role.OWNER)
        yield library


def a_browser(library: Library, login: str = "") -> TestClient:
    browser = TestClient(create_app(library), follow_redirects=False)
    if login:
        sign_in(browser, login)
    return browser


def rename(browser: TestClient, before: str, after: str, visible: str = "members") -> str:
    answer = send(browser, f"/g/{before}/settings", **SETTINGS, visible=visible, slug=after)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_former_addresses_redirect_readers_of_the_group(library: Library) -> None:
    claire, luc = a_browser(library, "claire"), a_browser(library, "luc")
    assert rename(claire, "lectures", "veille") == "/g/veille/settings?done=kept"
    assert claire.get("/g/veille").status_code == 200
    for before, after in {
        "/g/lectures": "/g/veille",
        "/g/lectures?q=agents&page=1": "/g/veille?q=agents&page=1",
        "/g/lectures/tag/sant%C3%A9/social?lang=fr": "/g/veille/tag/sant%C3%A9/social?lang=fr",
        "/g/lectures.atom": "/g/veille.atom",
        "/g/lectures/members": "/g/veille/members",
        "/g/lectures/settings": "/g/veille/settings",
        "/search?q=agents&group=lectures&group=~claire": "/search?q=agents&group=veille&group=~claire",
        "/api/v1/groups/lectures": "/api/v1/groups/veille",
        "/api/v1/search?q=agents&group=lectures": "/api/v1/search?q=agents&group=veille",
    }.items():
        answer = claire.get(before)
        assert (answer.status_code, answer.headers.get("location", "").replace("%7E", "~")) == (308, after)
        assert answer.headers["cache-control"] == "no-store"
        for other in (luc, a_browser(library)):
            unknown = other.get(before.replace("lectures", "inconnu"))
            hidden = other.get(before)
            assert hidden.status_code == unknown.status_code
            assert "veille" not in hidden.text + str(hidden.headers)
    rename(claire, "veille", "notes")
    assert [claire.get(f"/g/{slug}").headers["location"] for slug in ("lectures", "veille")] == ["/g/notes"] * 2
    rename(claire, "notes", "lectures")
    assert claire.get("/g/lectures").status_code == 200
    assert claire.get("/g/notes").headers["location"] == "/g/lectures"


def test_a_form_that_was_opened_before_the_change_still_works(library: Library) -> None:
    claire = a_browser(library, "claire")
    rename(claire, "lectures", "veille")
    token = re.search(r'name="form_token" value="([^"]+)"', claire.get("/g/veille/settings").text)
    assert token
    fields = {**SETTINGS, "visible": "members", "description": "Droit", "form_token": token[1]}
    sent = claire.post("/g/lectures/settings", data=fields)
    assert sent.headers["location"] == "/g/veille/settings?done=kept"
    assert "Droit" in claire.get("/g/veille").text


def test_saved_searches_and_private_feeds_follow(library: Library) -> None:
    claire = a_browser(library, "claire")
    parameters = "q=agents&group=lectures"
    stored = send(claire, "/saved/new?q=agents", "/saved/new", group="lectures", name="Agents", parameters=parameters)
    saved = urlsplit(stored.headers["location"]).path
    followed = ("/g/lectures.atom?tag=x", "/search.atom?group=lectures&group=~claire", "/g/lectures/tag/agents.rss")
    feeds = [create_private_feed(claire, feed) for feed in followed]
    reader = a_browser(library)
    assert [reader.get(feed).status_code for feed in feeds] == [200] * 3
    rename(claire, "lectures", "veille")
    assert "<mark>agents</mark>" in claire.get(saved).text
    with library.store.read() as reading:
        group = reading.groups.by_slug("veille")
        assert group
        assert [search.request.group for search in reading.saved_searches.of_groups([group.id])] == [("veille",)]
    for feed_path in feeds:
        answer = reader.get(feed_path)
        assert answer.status_code == 308, feed_path
        assert reader.get(answer.headers["location"]).status_code == 200
        wrong = reader.get(feed_path.replace("key=", "key=x"))
        assert wrong.status_code == 404
        assert "veille" not in wrong.text


def test_a_former_address_stays_taken(library: Library) -> None:
    claire = a_browser(library, "claire")
    rename(claire, "lectures", "veille")
    with library.store.write() as writing:
        # A new group may not look like one that is there.
        group = writing.groups.by_slug("veille")
        writing.groups.update(replace(group, name="Veille"))
    with pytest.raises(Conflict):
        add_group(library, OPERATOR, "lectures")
    response = send(claire, "/groups/new", **{**SETTINGS, "name": "Lectures !"}, visible="everyone")
    assert response.headers["location"].startswith("/g/lectures-2/")
    for used in ("lectures", "veille"):
        refused = send(claire, "/g/lectures-2/settings", **SETTINGS, visible="everyone", slug=used)
        assert refused.status_code == 409
        assert f"L’adresse « {used} » est déjà prise." in refused.text.replace("\u202f", " ")
    wrong = send(claire, "/g/lectures-2/settings", **SETTINGS, visible="everyone", slug="À côté")
    assert wrong.status_code == 400
    assert readable_group(library, as_(library, "claire"), "lectures").slug == "veille"


def test_an_address_changes_a_number_of_times(library: Library) -> None:
    claire = a_browser(library, "claire")
    for number in range(MOST_FORMER_SLUGS):
        rename(claire, f"l{number - 1}" if number else "lectures", f"l{number}")
    refused = send(claire, "/g/l19/settings", **SETTINGS, visible="members", slug="encore")
    assert refused.status_code == 409
    assert str(MOST_FORMER_SLUGS) in refused.text
    groups: list[Group] = []
    with library.store.read() as reading:
        groups.extend(group for group in reading.groups.all() if not group.is_personal)
    assert [(group.slug, len(group.former_slugs)) for group in groups] == [("l19", 20)]
