"""Readers see the versions of a text and what has changed; passages that have changed say so, and stay readable."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.features.reading.anchor_task import anchor_waiting
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.model.web_pages.page_facts import PageFacts, PageKind
from kb.model.web_pages.page_fetch import FetchState
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.page_fetch.background_fetch import claim_fetches, run_fetch
from kb.store import LONGEST_TEXT
from kb.store.tables.web_page_tables import page_texts
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.api_clients import Program
from tests.support.browser_sessions import browsers_of, send

ADDRESS = "https://www.exemple.fr/piscine"
OPENING = "La piscine municipale rouvrira le 12 mars, après deux ans de travaux."
LATER = "La piscine municipale rouvrira le 30 avril, après deux ans de travaux."
OTHERS = [
    "Le conseil municipal a voté les tarifs des entrées à l’unanimité, moins une abstention.",
    "Les scolaires auront trois créneaux réservés chaque semaine, le matin et en début d’après-midi.",
    "Le parc de stationnement voisin sera agrandi, et deux arrêts de bus seront déplacés.",
]


def page_of(*paragraphs: str) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<!DOCTYPE html><html lang='fr'><head><title>Piscine</title></head><body><main>{body}</main></body></html>"


def capture(program: Program, *paragraphs: str) -> Any:
    files = {"file": ("page.html", page_of(*paragraphs).encode(), "text/html")}
    answer = program.client.post("/api/v1/capture", data={"url": ADDRESS, "group": "lectures"}, files=files)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        add_group(library, OPERATOR, "lectures", "Lectures communes", visible=Visibility.MEMBERS)
        for login, role in (("claire", Role.OWNER), ("paul", Role.MEMBER), ("sophie", Role.READER), ("zoe", None)):
            add_account(library, OPERATOR, NewAccount(login))
            if role:
                set_role(library, OPERATOR, "lectures", login, role)
        yield library


@pytest.fixture
def paul(library: Library) -> Program:
    return Program(library, "paul")


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


@pytest.fixture
def changed(library: Library, paul: Program) -> str:
    """An item that was captured twice: of two passages the first has other words, the second is gone."""
    item = capture(paul, *OTHERS, OPENING)["id"]
    for quote in (OPENING, OTHERS[2]):
        made = paul("POST", f"/api/v1/items/{item}/annotations", {"quote": quote, "body": "À suivre."})
        assert made.json()["anchored"] == "exact"
    assert capture(paul, *OTHERS[:2], LATER)["id"] == item
    return str(item)


def test_a_page_that_is_captured_again_says_what_has_become_of_its_passages(
    library: Library, paul: Program, changed: str
) -> None:
    for _ in range(2):
        listed = paul("GET", f"/api/v1/items/{changed}/annotations").json()["items"]
        assert [one["anchored"] for one in listed] == ["moved", "lost"]
        # As long as the task has not come to it, and after.
        anchor_waiting(library)
    one = paul("GET", f"/api/v1/annotations/{listed[0]['id']}").json()
    assert one["anchored"] == "moved"
    catch_up(library)
    in_list = paul("GET", "/api/v1/items").json()["items"][0]["annotations"]["items"]
    assert len(in_list) == 2
    assert not any("anchored" in part for part in in_list)
    capture(paul, *OTHERS, OPENING)
    listed = paul("GET", f"/api/v1/items/{changed}").json()["annotations"]["items"]
    assert [part["anchored"] for part in listed] == ["exact", "exact"]


def test_the_pages_of_an_item_show_changed_passages_and_the_version_that_has_them(
    library: Library, changed: str
) -> None:
    sophie = browsers_of(library, ["sophie"])["sophie"]
    for page in (f"/items/{changed}", f"/items/{changed}/read", f"/items/{changed}/versions"):
        shown = text_of(sophie.get(f"{page}?lang=en"))
        assert "The words of this passage were changed in the version of" in shown, page
        assert "This passage is no longer in the version of" in shown, page
        assert "Read it as it was" in shown, page
    assert "Ce passage ne figure plus dans la version du" in text_of(sophie.get(f"/items/{changed}/read?lang=fr"))
    earlier = sophie.get(f"/items/{changed}/read?version=1&lang=en")
    assert OTHERS[2] in text_of(earlier)
    assert "12 mars" in text_of(earlier)
    assert "The page has changed since." in text_of(earlier)
    assert 'data-version="1"' in earlier.text
    present = sophie.get(f"/items/{changed}/read?lang=en")
    assert 'data-version="2"' in present.text
    assert "30 avril" in text_of(present)
    assert "The page has changed since." not in text_of(present)


def test_a_version_has_the_same_day_wherever_it_is_named(library: Library, changed: str) -> None:
    with library.store.write() as writing:
        # After the passages were marked; in Paris, the next day has begun.
        writing.connection.execute(update(page_texts).values(fetched_at="2099-11-30T23:30:00Z"))
    sophie = browsers_of(library, ["sophie"])["sophie"]
    for page in ("", "/read", "/versions"):
        assert "1er décembre 2099" in text_of(sophie.get(f"/items/{changed}{page}?lang=fr"))


def test_a_private_note_is_followed_through_the_versions_for_its_user_alone(library: Library, paul: Program) -> None:
    item = capture(paul, *OTHERS, OPENING)["id"]
    for quote in (OPENING, OTHERS[2]):
        write_private_note(library, as_(library, "sophie"), item, AnnotationFields(quote, body="Pour moi."))
    capture(paul, *OTHERS[:2], LATER)
    readers = browsers_of(library, ["sophie", "claire"])
    own = text_of(readers["sophie"].get(f"/items/{item}/read?lang=fr"))
    assert own.count("Pour moi.") == 2
    assert "Le texte sous ce passage a changé dans la version du" in own
    assert "Ce passage ne figure plus dans la version du" in own
    assert readers["sophie"].get(f"/items/{item}/read?version=1").text.count("<mark") >= 2
    other = text_of(readers["claire"].get(f"/items/{item}/read?lang=fr"))
    assert "Pour moi." not in other
    assert "dans la version du" not in other


def test_the_page_of_versions_keeps_the_ways_to_read(library: Library, changed: str) -> None:
    page = browsers_of(library, ["paul"])["paul"].get(f"/items/{changed}/versions").text
    (nav,) = re.findall(r'<nav class="reading-views".*?</nav>', page)
    assert f'href="/items/{changed}/read"' in nav
    assert f'href="/items/{changed}/versions" aria-current="page"' in nav


def test_a_passage_is_marked_on_an_earlier_version(paul: Program, library: Library, changed: str) -> None:
    with library.store.read() as reading:
        text = reading.page_texts.of_item(changed) or ""
    assert "stationnement" not in text
    first = "\n".join([*OTHERS, OPENING])
    start = first.index("Le parc de stationnement")
    sent = {"quote": "Le parc de stationnement", "start": start, "end": start + 24, "version": 1}
    assert paul("POST", f"/api/v1/items/{changed}/annotations", sent).json()["anchored"] == "lost"
    sophie = browsers_of(library, ["sophie"])["sophie"]
    assert sophie.get(f"/items/{changed}/read?version=1").text.count("<mark") >= 3


def test_the_difference_of_two_versions_is_read_by_words(library: Library, changed: str) -> None:
    sophie = browsers_of(library, ["sophie"])["sophie"]
    listed = sophie.get(f"/items/{changed}/versions?lang=en")
    # Versions of one day differ by their time.
    assert re.search(r"Version 2, of .* \d{4}, \d{2}:\d{2}", text_of(listed))
    address = re.search(r'href="([^"]*against=1[^"]*)"', listed.text)
    assert address is not None
    shown = sophie.get(unescape(address[1]))
    assert re.findall(r"<del>.*?</span>(.*?)</del>", shown.text) == [OTHERS[2], "12 mars"]
    assert re.findall(r"<ins>.*?</span>(.*?)</ins>", shown.text) == ["30 avril"]
    assert "2 paragraphs are the same." in text_of(shown)
    assert re.search(
        r"From version 1, of .*\d{4}, \d{2}:\d{2}, to version 2, of .*\d{4}, \d{2}:\d{2}\.", text_of(shown)
    )
    views = re.search(r'<nav class="reading-views".*?</nav>', shown.text)
    assert views is not None
    for end in ("read", "versions", "go"):
        assert f'href="/items/{changed}/{end}' in views[0]
    same = sophie.get(f"/items/{changed}/versions?version=2&against=2&lang=en")
    assert "The two versions are the same." in text_of(same)


def test_who_may_not_read_the_item_learns_nothing(library: Library, changed: str) -> None:
    browsers = browsers_of(library, ["zoe", "sophie"])
    addresses = [f"/items/{changed}/{end}" for end in ("versions", "versions?version=2&against=1", "read?version=1")]
    for browser in (browsers[""], browsers["zoe"]):
        for address in addresses:
            there, nowhere = browser.get(address), browser.get(address.replace(changed, "rien"))
            assert there.status_code == nowhere.status_code == 404
    for end in ("versions?version=9&against=1", "versions?version=x&against=1", "read?version=0", "read?version=1e9"):
        assert browsers["sophie"].get(f"/items/{changed}/{end}").status_code == 404


def saved_and_fetched(library: Library, paul: Program, text: str) -> str:
    item = paul("POST", "/api/v1/items", {"group": "lectures", "url": ADDRESS, "title": "Piscine"}).json()["id"]
    fetch_all(library, text)
    return str(item)


def fetch_all(library: Library, text: str) -> None:
    for claimed in claim_fetches(library, (), 4):
        run_fetch(library, claimed, lambda _address, _settings: PageFacts(kind=PageKind.HTML, text=text))


def test_a_user_has_the_page_fetched_again(library: Library, paul: Program) -> None:
    item = saved_and_fetched(library, paul, "\n".join([*OTHERS, OPENING]))
    browsers = browsers_of(library, ["paul", "sophie"])
    page = f"/items/{item}/versions"
    assert "Read the page again" not in text_of(browsers["sophie"].get(f"{page}?lang=en"))
    assert "Read the page again" in text_of(browsers["paul"].get(f"{page}?lang=en"))
    answer = send(browsers["paul"], page)
    assert answer.status_code == 303
    assert "The page is read again in a moment." in text_of(
        browsers["paul"].get(f"{answer.headers['location']}&lang=en")
    )
    assert "The page is being read" in text_of(browsers["paul"].get(f"{page}?lang=en"))
    fetch_all(library, "\n".join([*OTHERS[:2], LATER]))
    assert text_of(browsers["paul"].get(f"{page}?lang=en")).count(", of ") == 2
    # A page that says nothing any more, as one behind a login, changes nothing.
    send(browsers["paul"], page)
    fetch_all(library, "")
    with library.store.read() as reading:
        assert (reading.page_texts.of_item(item) or "").endswith(LATER)
        last = reading.page_fetches.of_item(item)
    assert last is not None
    assert last.state is FetchState.DONE


def test_readers_cannot_have_it_fetched_and_a_copy_stays_what_a_reader_saw(
    library: Library, paul: Program, changed: str
) -> None:
    browsers = browsers_of(library, ["paul", "sophie"])
    assert "A new version comes with each copy" in text_of(browsers["paul"].get(f"/items/{changed}/versions?lang=en"))
    page = f"/items/{changed}/versions"
    assert send(browsers["sophie"], "/account", page).status_code == 403
    assert send(browsers["paul"], "/account", page).status_code == 400
    del paul


def test_the_longest_and_worst_texts_are_compared_within_bounds(library: Library, paul: Program) -> None:
    item = saved_and_fetched(library, paul, "a\n" * (LONGEST_TEXT // 2))
    sophie: TestClient = browsers_of(library, ["sophie"])["sophie"]
    with library.store.write() as writing:
        writing.page_texts.put(item, "b c\n" * (LONGEST_TEXT // 4))
        writing.page_texts.put(item, "<b>&</b>" * (LONGEST_TEXT // 8))
    for old, new in ((1, 2), (2, 3), (3, 1)):
        answer = sophie.get(f"/items/{item}/versions?version={new}&against={old}")
        assert answer.status_code == 200
        assert len(answer.content) < 1_000_000
        assert "<b>&</b>" not in answer.text


def test_the_present_item_does_not_count_changes_of_others(library: Library, changed: str) -> None:
    """A passage of another item with the same words is not concerned."""
    with library.store.read() as reading:
        item = reading.items.any_of([changed])[changed]
    twin = replace(item, id="jumeau", url="https://exemple.fr/autre", order=item.order + 1, annotations=())
    with library.store.write() as writing:
        writing.items.add([twin])
    sophie = browsers_of(library, ["sophie"])["sophie"]
    assert "no longer in the version" not in text_of(sophie.get("/items/jumeau?lang=en"))


def test_tokens_that_only_read_have_nothing_fetched(library: Library, paul: Program) -> None:
    item = saved_and_fetched(library, paul, OPENING)
    reader = Program(library, "paul", TokenScope.READ)
    assert reader("POST", f"/items/{item}/versions", {}).status_code in (400, 403, 404, 405)


def test_the_changed_passages_of_a_group_are_listed(library: Library, changed: str) -> None:
    anchor_waiting(library)
    browsers = browsers_of(library, ["sophie", "paul", "zoe"])
    page = "/g/lectures/changed-passages"
    shown = text_of(browsers["sophie"].get(f"{page}?lang=en"))
    assert OPENING in shown
    assert OTHERS[2] in shown
    assert OTHERS[0] not in shown
    assert browsers["zoe"].get(page).status_code == browsers[""].get(page).status_code == 404
    with library.store.read() as reading:
        item = reading.items.any_of([changed])[changed]
    with library.store.write() as writing:
        writing.items.update([replace(item, annotations=item.annotations[:1])])
    # What is not there any more is not told, even before the task has come to it.
    assert OTHERS[2] not in text_of(browsers["sophie"].get(f"{page}?lang=en"))


def test_a_page_that_is_read_again_fills_in_no_field_that_a_user_emptied(library: Library, paul: Program) -> None:
    item = saved_and_fetched(library, paul, OPENING)
    browser = browsers_of(library, ["paul"])["paul"]
    send(browser, f"/items/{item}/versions")
    for claimed in claim_fetches(library, (), 4):
        facts = PageFacts(kind=PageKind.HTML, text=LATER, byline="Une autre")
        run_fetch(library, claimed, lambda _address, _settings, facts=facts: facts)
    shown = paul("GET", f"/api/v1/items/{item}").json()
    assert shown["byline"] is None
    with library.store.read() as reading:
        assert reading.page_texts.of_item(item) == LATER
