"""No page exceeds a megabyte, whatever the database contains, items from before the limits included."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.bibliographic_record import LONGEST_DESCRIPTION, LONGEST_LINE, LONGEST_TITLE
from kb.model.items.annotation_address import annotation_path, may_have_several_pages
from kb.model.items.item_fields import LONGEST_TAG, MOST_TAGS
from kb.model.items.item_list import LONGEST_WORDS, MOST_ENTRIES, ItemList, ListEntry, ListEntryKind, ReviewSettings
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from kb.web.http.urls.page_urls import Addresses
from kb.web.ui.page_weight import LONGEST_REPEATED_SEARCH, pages_of_item
from tests.factories.group import a_shared
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in
from tests.support.thoroughness import IS_THOROUGH

MEGABYTE = 1_000_000
FAR = 7_654
"""The number of a comment on a later page of its item."""
_HOSTILE = '"<&\U0001f600'


def hostile(length: int, number: int) -> str:
    """A text that is long in HTML and in addresses."""
    return f"{number} {_HOSTILE * length}"[:length]


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    library = an_empty_library()
    an_account(library, "claire")
    group = a_shared(library)
    add_items(library, *(a_heavy_item(group, number) for number in range(20)), *other_items(group))
    with library.store.write() as writing:
        for name, entries in lists_of_entries().items():
            day = "2026-01-05T10:00:00Z"
            settings = ReviewSettings(order=name.partition("-")[2] or "list", quotes=10, longest=1_000)
            long_list = ItemList(name, group.id, None, name, "", False, day, day, entries=tuple(entries))
            writing.lists.add(replace(long_list, review=settings))
    catch_up(library)
    yield library
    library.close()


def a_heavy_item(group: Group, number: int):
    return an_item(
        hostile(LONGEST_TITLE, number), id=f"i{number}", group=group, order=number,
        url=f"https://exemple.fr/{number}?" + "x" * 7_900, description=hostile(LONGEST_DESCRIPTION, number),
        byline=hostile(LONGEST_LINE, number), source=hostile(LONGEST_LINE, number),
        tags=[hostile(LONGEST_TAG, number * 100 + n) for n in range(MOST_TAGS)],
        annotations=[an_annotation(hostile(2_000, n), body=hostile(2_000, n)) for n in range(20)],
    )  # fmt: skip


def other_items(group: Group):
    for number in range(12):
        yield replace(a_heavy_item(group, number), id=f"twin{number}", order=200 + number, annotations=())
    author = a_user("ancien", "Paul Ancien")
    comments = [an_annotation(None, id=f"m-{n}", body=f"Commentaire {n}.") for n in range(8_000)]
    yield an_item("Beaucoup", id="many", group=group, order=100, author=author, annotations=comments)
    replies = [a_reply(hostile(300, n)) for n in range(2_000)]
    yield an_item("Réponses", id="replies", group=group, order=101, annotations=[an_annotation("P", replies=replies)])
    yield an_item("Un mot-clé", id="tag", group=group, order=102, tags=["eau", "x" * 10_000_000])


def lists_of_entries() -> dict[str, list[ListEntry]]:
    """Lists of many entries, of long entries, and of items with long texts."""
    words = [hostile(LONGEST_WORDS, n) for n in range(40)]
    return {
        "heavy": [ListEntry(f"h{n}", ListEntryKind.ITEM, f"i{n}") for n in range(20)],
        "words": [ListEntry(f"w{n}", ListEntryKind.TEXT, text=text) for n, text in enumerate(words)],
        "long": [ListEntry(f"l{n}", ListEntryKind.ITEM, f"i{n % 20}", text=f"Mot {n}.") for n in range(MOST_ENTRIES)],
        "parts": [ListEntry("p1", ListEntryKind.PASSAGE, "many", f"m-{FAR}")],
        "short": [ListEntry(f"s{n}", ListEntryKind.TEXT, text=f"Mot {n}.") for n in range(MOST_ENTRIES)],
        "heavy-tag": [ListEntry(f"t{n}", ListEntryKind.ITEM, f"i{n}") for n in range(20)],
        "long-source": [ListEntry(f"o{n}", ListEntryKind.ITEM, f"i{n % 20}") for n in range(MOST_ENTRIES)],
    }


REVIEWS = tuple(f"/lists/{name}/review" for name in ("heavy", "words", "long", "short", "heavy-tag", "long-source"))
LISTS = tuple(f"/lists/{name}{page}" for name in ("heavy", "words", "long", "short") for page in ("", "?page=2"))
EDITED_LISTS = tuple(page.partition("?")[0] + "/edit?" + page.partition("?")[2] for page in LISTS)
LONG_INTRODUCTION = "%F0%9F%98%80" * 600
PAGES = (*LISTS, *REVIEWS,
         f"/review?group={{group}}&made=1&descriptions=on&introduction={LONG_INTRODUCTION}",
         "/review?group={group}&made=1&descriptions=on&quotes=10&longest=1000",
         "/", "/search?per_page=100&group={group}", "/search?per_page=100&view=passages&group={group}", "/g/{group}",
         "/g/{group}?per_page=100", "/g/{group}/tags", "/items/i3", "/items/many", "/items/many?page=7",
         "/items/replies", "/items/replies?page=2", "/items/i3/cite", "/g/{group}.atom", "/g/{group}.rss",
         "/g/{group}.json", "/search.atom?view=passages&group={group}")  # fmt: skip


OF_MEMBERS = (*EDITED_LISTS, *REVIEWS, "/lists/heavy/review?choose=1", "/lists/long/review?choose=1",
              "/lists/heavy/edit?q=0",
              "/g/{group}/duplicates", "/bulk?group={group}", "/items/i3/edit", "/items/i3/moderation")  # fmt: skip


@pytest.mark.parametrize("login", ["", "claire"])
def test_no_page_is_over_a_megabyte(library: Library, login: str) -> None:
    """A stranger, whose pages have fewer forms, reads a third of them, and all in `scripts/test-thorough`."""
    with library.store.read() as reading:
        (slug,) = (group.slug for group in reading.groups.all() if not group.is_personal)
    with TestClient(create_app(library)) as client:
        if login:
            sign_in(client, login, PASSWORD)
        pages = (*PAGES, *OF_MEMBERS) if login else PAGES if IS_THOROUGH else PAGES[::3]
        sizes = {page: client.get(page.format(group=slug)) for page in pages}
    assert {page: answer.status_code for page, answer in sizes.items()} == dict.fromkeys(pages, 200)
    assert {page: len(answer.content) for page, answer in sizes.items() if len(answer.content) > MEGABYTE} == {}


LONG_SEARCHES = {
    "emoji": [("q", "eau " + "\U0001f600 " * 990)],
    "letters": [("q", "eau " + "x" * 1_990)],
    "accents": [("q", "eau " + "é " * 300)],
    "a few": [("q", "eau numéro " + "x" * 250)],
    "tags": [("tag", f"{'漢' * 20}{n}") for n in range(MOST_TAGS)],
}


@pytest.fixture(scope="module")
def many_filters() -> Iterator[Library]:
    library = an_empty_library()
    tagged = [an_item(f"Eau {n}", id=f"t{n}", tags=[tag for _, tag in LONG_SEARCHES["tags"]]) for n in range(20)]
    found = [
        an_item(
            f"Eau, numéro {n}", source=f"Source {n % 12}", url=f"https://s{n % 12}.fr/{n}", byline=f"Nom {n % 12}",
            tags=[f"mot-{n}-{k}" for k in range(12)], added=f"{2000 + n % 24}-03-01", published=f"{2000 + n % 24}",
            author=a_user(f"u{n % 12}"), annotations=[an_annotation(f"Eau {k}") for k in range(4)],
        )
        for n in range(100)
    ]  # fmt: skip
    add_items(library, *tagged, *found, groups=(a_group(),))
    catch_up(library)
    yield library
    library.close()


@pytest.mark.parametrize("search", LONG_SEARCHES)
def test_no_page_of_results_is_over_a_megabyte_however_long_its_search(many_filters: Library, search: str) -> None:
    pairs = LONG_SEARCHES[search]
    has_filters = len(urlencode(pairs)) <= LONGEST_REPEATED_SEARCH
    saved = create_saved_search(many_filters, OPERATOR, "physique", search, urlencode(pairs)).search
    sizes = dict[str, int]()
    with TestClient(create_app(many_filters)) as client:
        for page in (
            "/search?", "/search?per_page=100&", "/g/physique?per_page=100&view=passages&", f"/saved/{saved.id}?",
        ):  # fmt: skip
            answer = client.get(page + urlencode(pairs))
            sizes[page] = len(answer.content)
            assert answer.status_code == 200
            assert "/items/" in answer.text or "view=passages" in page
            assert ("raccourcissez-la" not in answer.text) == has_filters
            assert ('<section class="facet"' in answer.text) == has_filters
    assert {page: size for page, size in sizes.items() if size > MEGABYTE} == {}


def test_the_pages_of_an_item_lead_to_each_other_and_hold_everything(library: Library) -> None:
    ids_seen: list[str] = []
    with TestClient(create_app(library)) as client:
        address: str | None = "/items/replies"
        while address is not None:
            page = client.get(address).text
            ids_seen += re.findall(r'<li id="a-(r-[^"]+)"', page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = following[1] if following else None
    assert len(ids_seen) == len(set(ids_seen)) == 2_000


def test_an_annotation_form_leads_to_the_page_that_shows_the_text(library: Library) -> None:
    with library.store.read() as reading:
        (annotation,) = reading.items.any_of(["replies"])["replies"].annotations
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire", PASSWORD)
        answer = send(
            client, f"/items/replies/reply?to={annotation.id}", "/items/replies/reply", to=annotation.id, body="Enfin."
        )
        assert answer.status_code == 303
        assert "part=" in answer.headers["location"]
        assert "Enfin." in client.get(answer.headers["location"]).text


def test_a_press_review_is_shown_in_part_and_its_files_hold_all(library: Library) -> None:
    with TestClient(create_app(library)) as client:
        page = client.get("/lists/heavy/review").text
        assert "Cette page montre le début de la revue." in page or "This page shows the beginning" in page
        assert len(re.findall("<h3", page)) == 20
        for form in ("html", "md", "txt", "eml"):
            assert len(client.get(f"/lists/heavy/review.{form}").text) > 20 * LONGEST_DESCRIPTION, form
        short = client.get("/lists/short/review").text
    assert "Mot 0." in short


def test_the_pages_of_a_list_lead_to_each_other_and_hold_every_entry(library: Library) -> None:
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire", PASSWORD)
        for first in ("/lists/long", "/lists/words", "/lists/long/edit", "/lists/short/edit"):
            ids_seen, address = list[str](), first
            while address:
                page = client.get(address).text
                ids_seen += re.findall(r'<li[^>]* id="e-([^"]+)"', page)
                following = re.search(r'rel="next" href="([^"]+)"', page)
                address = following[1] if following else ""
            name = first.split("/")[2]
            assert ids_seen == [entry.id for entry in lists_of_entries()[name]], first


def test_a_changed_entry_is_on_the_page_to_which_its_form_leads(library: Library) -> None:
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "claire", PASSWORD)
        form = "/lists/short/edit?page=3"
        entry = re.findall(r' id="e-(s[^"]+)"', client.get(form).text)[0]
        read = f"Mot {entry[1:]}."
        for fields in (
            {"act": "words", "entry": entry, "words": "Autre mot.", "read": read},
            {"act": "up", "entry": entry, "now": str(int(entry[1:]) + 1)},
        ):
            answer = send(client, form, "/lists/short/edit", **fields)
            assert answer.status_code == 303, answer.text
            assert f' id="e-{entry}"' in client.get(answer.headers["location"]).text


FOUND_FAR = "q=commentaire+7654&view=passages"


@pytest.mark.parametrize(
    "page",
    [
        f"/search?{FOUND_FAR}",
        "/lists/parts",
        f"/search.atom?{FOUND_FAR}",
        f"/search.json?{FOUND_FAR}",
        f"/items/many/cite?passage=m-{FAR}",
        f"/items/many/cite?passage=m-{FAR}&format=bibtex",
        f"/lists/add?item=many&annotation=m-{FAR}",
        f"/items/many/moderation?part=m-{FAR}",
        f"/items/many?part=m-{FAR}",
    ],
)
def test_links_to_an_annotation_of_a_heavy_item_lead_to_its_page(library: Library, page: str) -> None:
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire", PASSWORD)
        links = re.findall(rf'/items/many[^\s"<>}}]*#a-m-{FAR}(?!\d)', client.get(page).text)
        assert links, page
        for link in set(links):
            assert f'id="a-m-{FAR}"' in client.get(html.unescape(link)).text, link


def test_links_to_an_annotation_of_an_ordinary_item_name_it_after_the_sign_alone(library: Library) -> None:
    item = an_item("Court", id="court", annotations=[an_annotation("P", id="p-1")])
    assert annotation_path(item, "p-1") == Addresses().annotation(item, "p-1") == "/items/court#a-p-1"
    assert Addresses().annotation(item, None) == "/items/court"


def test_an_item_of_more_than_one_page_may_have_several(library: Library) -> None:
    with library.store.read() as reading:
        items = reading.items.any_of(["many", "replies", "i3", "twin3"])
    paged = {id_ for id_, item in items.items() if len(pages_of_item(item)) > 1}
    assert {"many", "replies"} <= paged <= {id_ for id_, item in items.items() if may_have_several_pages(item)}
    assert not may_have_several_pages(items["twin3"])
