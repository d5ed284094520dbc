"""The tags of a large group: all are listed, page by page, and a change on a page returns to it."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

pytestmark = pytest.mark.usefixtures("impatient")

TAGS = "/g/lectures/tags"
EDIT = f"{TAGS}/edit"
WORDS = ("eau", "Énergie", "forêt", "œuvre", "zone", "École")
LABELS = [*map(str, range(4411)), *(f"{WORDS[n % 6]} {n}" for n in range(1000))]
PAGES = 11


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as bare:
        library = replace(bare, settings=replace(bare.settings, rate_write=0, rate_read=0))
        an_account(library, "claire")
        group = add_group(library, OPERATOR, "lectures", "Lectures communes")
        set_role(library, OPERATOR, "lectures", "claire", Role.OWNER)
        add_items(
            library,
            *(
                an_item(f"Note {n}", id=f"n{n}", group=group, order=n, tags=LABELS[n * 100 : n * 100 + 100])
                for n in range(55)
            ),
            an_item("Note de plus", id="plus", group=group, order=60, tags=["zone 4"]),
        )
        catch_up(library)
        yield library


@pytest.fixture(scope="module")
def client(library: Library) -> TestClient:
    client = TestClient(create_app(library), follow_redirects=False)
    sign_in(client)
    return client


def boxes(page: str) -> list[str]:
    return [unescape(tag) for tag in re.findall(r'<input type="checkbox" name="tag" value="([^"]*)"', page)]


def ticked(page: str) -> list[str]:
    return [unescape(tag) for tag in re.findall(r'name="tag" value="([^"]*)" checked', page)]


def test_each_tag_is_on_one_page_in_natural_order(client: TestClient) -> None:
    listed = list[str]()
    for number in range(1, PAGES + 1):
        page = client.get(EDIT, params={"page": number}).text
        assert len(page.encode()) < 150_000
        assert f'name="page" value="{number}" aria-current="page"' in page
        assert "5\u202f411 mots-clés" in page
        listed += boxes(page)
    assert len(listed) == len(LABELS)
    assert set(listed) == set(LABELS)
    assert listed[:4411] == [str(n) for n in range(4411)]
    # Letters without accents and case; numbers inside a label by their value.
    assert listed[4411:4413] == ["eau 0", "eau 6"]
    firsts = list(dict.fromkeys(label.split()[0] for label in listed[4411:]))
    assert firsts == ["eau", "École", "Énergie", "forêt", "œuvre", "zone"]
    assert boxes(client.get(EDIT, params={"page": 99}).text) == boxes(client.get(EDIT, params={"page": PAGES}).text)


def test_the_list_for_readers_has_pages_by_number_and_by_name(client: TestClient) -> None:
    for order, first in (("", "zone 4"), ("name", "0")):
        listed = list[str]()
        for number in range(1, PAGES + 1):
            page = client.get(TAGS, params={"page": number, "sort": order}).text
            columns = page[page.index('<ul class="columns">') :]
            listed += re.findall(r'<li><a href="[^"]*"><span dir="auto">([^<]*)</span>', columns)
        assert (listed[0], len(listed)) == (first, len(LABELS))
        assert len(set(listed)) == len(LABELS)
    # The script filters only a complete list.
    assert 'id="list-filter"' not in client.get(TAGS).text
    assert 'id="list-filter"' not in client.get(TAGS, params={"q": "eau"}).text


def test_ticks_are_sent_along_to_other_pages_and_through_a_filter(client: TestClient) -> None:
    page = client.get(EDIT, params={"page": 7, "tag": ["3", "eau 6", "3000"]}).text
    assert ticked(page) == ["3", "eau 6", "3000"]
    assert "Choisis sur d’autres pages" in page
    filtered = client.get(EDIT, params={"page": 1, "q": "FORET", "sort": "count", "tag": ["3", "forêt 8"]}).text
    assert ticked(filtered) == ["3", "forêt 8"]
    assert all("forêt" in label for label in boxes(filtered)[1:])
    assert "167 mots-clés" in filtered
    none = client.get(EDIT, params={"page": 1, "q": "zzz", "tag": ["3"]}).text
    assert ticked(none) == ["3"]
    assert "Aucun mot-clé de ce groupe" in none


@pytest.mark.parametrize("act", ["rename", "delete"])
def test_a_change_leads_back_to_the_page_of_the_list(client: TestClient, library: Library, act: str) -> None:
    place = {"at": "7", "sort": "count", "q": "1"}
    chosen = {"tag": "3001", **({"act": "delete"} if act == "delete" else {"name": "trois mille"})}
    page = f"{EDIT}?{urlencode({**chosen, **place})}"
    text = client.get(page).text
    back = re.search(r'<a class="action-link" href="([^"]+)">Renoncer', text)
    assert back is not None
    assert parse_qs(urlsplit(unescape(back[1])).query) == {"page": ["7"], "sort": ["count"], "q": ["1"]}
    sent = dict(re.findall(r'<input type="hidden" name="(at|q|sort)" value="([^"]*)"', text))
    assert sent == place
    response = send(client, page, EDIT, **{**chosen, **place, "act": act})
    assert response.status_code == 303
    target = urlsplit(response.headers["location"])
    assert target.path == EDIT
    assert parse_qs(target.query)["page"] == ["7"]
    page_text = client.get(response.headers["location"]).text
    assert 'aria-current="page"' in page_text
    undo = re.search(r'action="(/restore/[^"]+)"', page_text)
    assert undo is not None
    assert send(client, response.headers["location"], undo[1]).status_code == 303
    catch_up(library)


def test_a_refused_tag_edit_keeps_the_position_in_the_listing(client: TestClient) -> None:
    page = f"{EDIT}?{urlencode({'tag': '3001', 'at': '7', 'name': 'x'})}"
    refused = send(client, page, EDIT, act="rename", tag="3001", name=" ", at="7")
    assert refused.status_code == 400
    assert '<input type="hidden" name="at" value="7">' in refused.text


def test_a_place_that_is_none_is_the_beginning(client: TestClient) -> None:
    for at in ("x", "-1", "9" * 40, ""):
        page = client.get(EDIT, params={"tag": "3001", "at": at, "sort": "zzz"})
        assert page.status_code == 200
        assert '<input type="hidden" name="at" value="1">' in page.text
