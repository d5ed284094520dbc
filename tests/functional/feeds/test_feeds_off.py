"""A group whose feeds are off: no feed mentions it, and nothing else changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Group, Role, Visibility
from kb.model.saved_search import SavedSearch
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.core.library import Library
from kb.site import create_app
from tests.checkers.http_dates import next_second
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import PASSWORD, send, sign_in

WORD = "quetsche"
OPEN = replace(a_group("ouvert", "Groupe ouvert"), feeds=True)
QUIET = replace(a_group("discret", "Groupe discret"), feeds=False)
CLOSED = replace(a_group("cave", "La cave", visible=Visibility.MEMBERS), feeds=False)

OWN_FEEDS = (
    "/g/discret.atom",
    "/g/discret.rss?q=agents",
    "/g/discret.json",
    "/g/discret.opml",
    "/g/discret/tag/quetsche.atom",
    "/saved/s-discret.atom",
    "/saved/s-discret.json",
)
OTHER_FEEDS = (
    "/search.atom",
    "/search.rss?view=passages",
    "/search.json?q=agents",
    "/search.atom?group=discret",
    "/search.atom?group=discret&group=ouvert",
    "/saved.opml",
    "/saved/s-ouvert.atom",
    "/g/ouvert.atom",
    "/g/ouvert.opml",
)


def a_base(*groups: Group) -> Library:
    """One item and one saved search for each group; the search covers all groups."""
    library = an_empty_library()
    items = [
        an_item(
            f"Les agents {WORD if group.slug != 'ouvert' else ''}",
            id=f"i-{group.slug}",
            group=group,
            order=place,
            tags=["agents" if group.slug == "ouvert" else WORD],
            added=f"2015-01-0{place + 1}T09:00:00Z",
        )
        for place, group in enumerate(groups)
    ]
    add_items(library, *items, groups=groups)
    with library.store.write() as writing:
        for group in groups:
            search = SavedSearch.of(
                f"s-{group.slug}", group.id, f"Suivi {group.slug}", "q=agents", "2015-01-01T09:00:00Z"
            )
            writing.saved_searches.add(search)
        writing.meta.set("authority", "base.exemple.fr")
    catch_up(library)
    return library


@contextmanager
def a_site(*groups: Group) -> Iterator[TestClient]:
    library = a_base(*groups)
    with TestClient(create_app(library), follow_redirects=False) as client:
        client.app.state.library = library  # type: ignore[attr-defined]
        yield client
    library.close()


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with a_site(OPEN, QUIET) as client:
        yield client


@pytest.mark.parametrize("address", OWN_FEEDS)
def test_its_own_feeds_answer_as_no_feed_does(site: TestClient, address: str) -> None:
    off, none = site.get(address), site.get("/g/ouvert.doc")
    assert off.status_code == none.status_code == 404
    assert "Il n’y a rien à cette adresse" in none.text
    assert "Il n’y a rien à cette adresse" in off.text
    assert "Groupe discret" not in off.text


@pytest.mark.parametrize("address", OTHER_FEEDS)
def test_other_feeds_are_those_of_a_library_without_the_group(site: TestClient, address: str) -> None:
    with a_site(OPEN) as without:
        answer_shown, expected = site.get(address), without.get(address)
    assert answer_shown.status_code == expected.status_code == 200
    assert answer_shown.text == expected.text
    assert WORD not in answer_shown.text


def test_the_same_feeds_contain_the_group_when_its_feeds_are_on() -> None:
    # The control of the other tests: they would pass if no feed ever contained the group.
    with a_site(OPEN, replace(QUIET, feeds=True)) as site:
        for address in OWN_FEEDS:
            assert site.get(address).status_code == 200
        for address in ("/search.atom", "/search.atom?group=discret", "/saved/s-ouvert.atom"):
            assert WORD in site.get(address).text, address
        assert "s-discret" in site.get("/saved.opml").text


def test_pages_searches_and_the_json_interface_do_not_change(site: TestClient) -> None:
    with a_site(OPEN, replace(QUIET, feeds=True)) as followed:
        for address in ("/api/v1/items", "/api/v1/saved-searches", "/api/v1/tags", "/api/v1/items/i-discret"):
            assert site.get(address).json() == followed.get(address).json(), address
        for client in (site, followed):
            assert client.get("/api/v1/search?q=agents").json()["total"] == 2
            for address in ("/search?q=agents", "/g/discret", "/g/discret/tag/quetsche", "/saved/s-discret"):
                assert "Les agents" in client.get(address).text.replace("<mark>", "").replace("</mark>", ""), address


@pytest.mark.parametrize(
    "address", ["/g/discret", "/g/discret?q=agents", "/g/discret/tag/quetsche", "/saved/s-discret"]
)
def test_its_pages_offer_no_feed(site: TestClient, address: str) -> None:
    page = site.get(address).text
    assert page.count('rel="alternate"') == 0
    for end in (".atom", ".rss", ".opml"):
        assert end not in page
    assert site.get(address.replace("discret", "ouvert")).text.count('rel="alternate"') == 3


def test_a_search_of_it_alone_offers_no_feed_and_lists_of_searches_have_none_of_it(site: TestClient) -> None:
    alone, both = site.get("/search?group=discret").text, site.get("/search?group=discret&group=ouvert").text
    assert 'rel="alternate"' not in alone
    assert "search.atom" not in alone
    assert both.count('rel="alternate"') == 3
    assert site.get("/search?group=rien").text.count('rel="alternate"') == 3
    saved = site.get("/saved").text
    assert "Suivi discret" in saved
    assert "s-discret.atom" not in saved
    assert "/follow?feed=%2Fsaved%2Fs-ouvert.atom" in saved
    with a_site(QUIET) as quiet:
        assert ".opml" not in quiet.get("/saved").text


def test_a_closed_group_without_feeds_answers_as_a_missing_one_and_its_members_see_the_reason() -> None:
    with a_site(OPEN, CLOSED) as site:
        library = site.app.state.library  # type: ignore[attr-defined]
        claire = add_account(library, OPERATOR, NewAccount("claire", password=PASSWORD))
        for form in ("atom", "opml"):
            closed, not_there = site.get(f"/g/cave.{form}"), site.get(f"/g/rien.{form}")
            assert closed.status_code == not_there.status_code == 404
            assert closed.text.replace("cave", "rien") == not_there.text
        # The feed links of a search page must not reveal that the group exists.
        assert site.get("/search?group=cave").text.count('rel="alternate"') == 3
        with library.store.write() as writing:
            writing.groups.set_role(claire.user.id, CLOSED.id, Role.MEMBER)
        sign_in(site)
        assert site.get("/g/cave.atom").status_code == 404
        assert WORD in site.get("/g/cave").text
        assert WORD not in site.get("/search.atom").text


def test_a_feed_reader_sees_at_once_that_a_group_has_left_the_feed() -> None:
    with a_site(OPEN, replace(QUIET, feeds=True)) as site:
        library = site.app.state.library  # type: ignore[attr-defined]
        add_account(library, OPERATOR, NewAccount("claire", password=PASSWORD), administrator=True)
        first = site.get("/search.atom")
        validators = {name: first.headers[name] for name in ("last-modified", "etag")}
        assert WORD in first.text
        sign_in(site)
        fields = {"name": "Groupe discret", "visible": "everyone", "join": "invite"}
        assert send(site, "/g/discret/settings", **fields).status_code == 303
        assert "checked" not in site.get("/g/discret/settings").text.partition('name="feeds"')[2].partition(">")[0]
        site.cookies.clear()
        for name, value in (("if-none-match", validators["etag"]), ("if-modified-since", validators["last-modified"])):
            again = site.get("/search.atom", headers={name: value})
            assert again.status_code == 200, name
            assert WORD not in again.text
        assert site.get("/g/discret.atom", headers={"if-none-match": "*"}).status_code == 404


def test_a_change_in_it_does_not_change_feeds_of_other_groups(site: TestClient) -> None:
    next_second()
    before = site.get("/search.atom")
    library = site.app.state.library  # type: ignore[attr-defined]
    add_items(library, an_item("Les agents quetsche, encore", id="i-encore", group=QUIET, order=9, added="2015-03-01"))
    catch_up(library)
    after = site.get("/search.atom", headers={"if-modified-since": before.headers["last-modified"]})
    assert after.status_code == 304
    assert site.get("/search.atom").content == before.content
