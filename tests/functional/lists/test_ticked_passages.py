"""Passages that are ticked in a listing of passages: exactly these are in a press review and in a list."""

import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import JoinPolicy, Visibility
from kb.services.core.library import Library
from kb.services.item_actions import bulk_actions
from kb.services.lists.lists import list_view
from tests.factories.group import a_shared, as_
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items
from tests.support.press_reviews import draft_of, passage_boxes, review_fields, sent_review

LISTING = "/search?q=crue&view=passages&select=1"
BOX = re.compile(r'type="checkbox" name="item" value="([^"]+)"( checked)?')
PARTS = (("q", "-0"), ("q", "-1"), ("q", "-2"), ("c", ""))
INPUT = re.compile("<input ([^>]*)>")
ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')


@pytest.fixture
def read(library: Library, slug: str) -> Library:
    """Two items of one group with three passages and a comment each, and an item that nobody but Claire may read."""
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
    assert group is not None
    closed = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    items = (
        an_item(
            f"Crue {item}",
            id=f"crue{item}",
            group=where,
            order=item,
            annotations=[
                *(an_annotation(f"Passage {n} de la crue {item}.", id=f"q{item}-{n}") for n in range(3)),
                an_annotation(None, body=f"Avis sur la crue {item}.", id=f"c{item}", kind=AnnotationKind.COMMENT),
            ],
        )
        for item, where in ((0, group), (1, group), (2, closed))
    )
    add_items(library, *items)
    catch_up(library)
    return library


def sent(page: str, form: str, *more: tuple[str, str], ticked: set[str] | None = None) -> str:
    """The query that a form of a page sends; `ticked`: the ticked boxes of items, if not those that the page ticks."""
    inside = re.search(rf'<form[^>]* id="{form}".*?</form>', page, re.DOTALL)
    assert inside is not None
    outside = [tag for tag in INPUT.findall(page) if f'form="{form}"' in tag]
    pairs = list[tuple[str, str]]()
    for field in (dict(ATTRIBUTE.findall(tag)) for tag in (*INPUT.findall(inside[0]), *outside)):
        name, value = field.get("name", ""), unescape(field.get("value", ""))
        is_item = name == "item" and field["type"] == "checkbox"
        is_selected = value in ticked if is_item and ticked is not None else "checked" in field
        if name and (field["type"] not in {"checkbox", "radio"} or is_selected):
            pairs.append((name, value))
    return urlencode([*pairs, *more])


def boxes(page: str) -> dict[str, bool]:
    return {value: bool(ticked) for value, ticked in BOX.findall(page)}


def passages_in(page: str) -> list[str]:
    return sorted(re.findall(r"(?:Passage \d de|Avis sur) la crue \d", page))


def test_a_review_has_exactly_the_passages_that_are_ticked(read: Library, browser: dict[str, TestClient]) -> None:
    visitor = browser[""]
    listing = visitor.get(LISTING).text
    assert set(boxes(listing)) == {f"crue{n}.{part}{n}{end}" for n in (0, 1) for part, end in PARTS}
    query = sent(listing, "selection", ticked={"crue0.q0-2", "crue1.c1", "crue0.q0-1"})
    chosen = ["Avis sur la crue 1", "Passage 1 de la crue 0", "Passage 2 de la crue 0"]
    review = visitor.get(f"/review?{query}").text
    assert passages_in(review) == chosen
    for more in ((), (("order", "group"),), (("format", "md"),), (("format", "txt"),)):
        assert passages_in(visitor.get(f"/review?{sent(review, 'review-form', *more)}").text) == chosen, more


def test_an_item_ticked_whole_keeps_its_other_passages_beside_a_ticked_one(
    read: Library, browser: dict[str, TestClient]
) -> None:
    visitor = browser[""]
    for quotes, others in (("2", ["Passage 0 de la crue 0", "Passage 1 de la crue 0"]), ("0", [])):
        ticked = [("item", "crue0"), ("item", "crue0.q0-2"), ("item", "crue1.q1-1"), ("quotes", quotes)]
        review = visitor.get(f"/review?q=crue&{urlencode(ticked)}").text
        chosen = sorted([*others, "Passage 2 de la crue 0", "Passage 1 de la crue 1"])
        assert passages_in(review) == chosen
        assert passages_in(visitor.get(f"/review?{sent(review, 'review-form', ('format', 'md'))}").text) == chosen


def test_a_ticked_passage_is_in_the_review_wherever_it_is_in_its_item(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    with read.store.read() as reading:
        group = reading.groups.by_slug(slug)
    passages = [an_annotation(f"N {n}.", id=f"l{n}") for n in range(70)]
    add_items(read, an_item("Longue", id="long", group=group, annotations=passages))
    catch_up(read)
    assert "N 69." in browser[""].get("/review?q=longue&item=long.l69&format=md").text
    page = browser["paul"].get(draft_of(browser["paul"], "q=longue&item=long.l69") + "?choose=1").text
    assert passage_boxes(page)["l69"]


@pytest.mark.parametrize("ticks", ["item=crue0&item=crue1.q1-0", "scope=all"])
@pytest.mark.parametrize("page", ["/export?q=crue", "/bulk?q=crue&act=tag", "/bulk?q=crue&act=list"])
def test_the_way_back_from_an_action_keeps_what_is_selected(
    read: Library, browser: dict[str, TestClient], page: str, ticks: str
) -> None:
    back = quote("/search?q=crue&select=1", safe="")
    text = browser["paul"].get(f"{page}&select=1&back={back}&{ticks}").text
    assert f'href="/search?q=crue&amp;select=1&amp;{ticks.replace("&", "&amp;")}"' in text


@pytest.mark.parametrize("view", ["items", "passages"])
def test_the_way_back_from_a_review_keeps_items_and_their_passages_apart(
    read: Library, browser: dict[str, TestClient], view: str
) -> None:
    """Else a list would get other things than those that were ticked for the review."""
    paul, ticks = browser["paul"], ["crue0", "crue0.q0-2", "crue1.q1-0", "crue1.q1-1"]
    back = f"/search?q=crue&view={view}&select=1"
    query = urlencode([("q", "crue"), ("view", view), ("select", "1"), ("back", back), *(("item", t) for t in ticks)])
    address = draft_of(paul, query)
    review = paul.get(f"{address}?back={quote(back)}").text
    for order in ("list", "group"):
        review = sent_review(paul, address, review_fields(review), order=order)
        listing = sent_review(paul, address, review_fields(review), "back")
        page = paul.get(f"/bulk?{sent(listing, 'selection', ('act', 'list'))}").text
        assert sorted(re.findall('name="item" value="([^"]+)"', page)) == ticks
        again = draft_of(paul, sent(listing, "selection"))
        assert again == address
        assert passages_in(paul.get(again).text) == passages_in(review)
        assert len(passages_in(review)) == 5


def test_the_way_back_from_a_review_of_all_results_keeps_them_all(
    read: Library, browser: dict[str, TestClient]
) -> None:
    paul, back = browser["paul"], "/search?q=crue&per_page=2&select=1"
    address = draft_of(paul, f"q=crue&view=passages&select=1&per_page=2&scope=all&back={quote(back)}")
    fields = review_fields(paul.get(f"{address}?back={quote(back)}").text)
    assert "8 cochés" in sent_review(paul, address, fields, "back")
    fewer = [pair for pair in fields if pair != ("item", "crue0")]
    assert "4 cochés" in sent_review(paul, address, fewer, "back")


def test_the_way_back_from_an_export_keeps_the_review_that_is_prepared(
    read: Library, browser: dict[str, TestClient]
) -> None:
    back = quote("/search?q=crue&select=1", safe="")
    page = browser["paul"].get(f"/export?q=crue&select=1&item=crue0&list=brouillon&back={back}").text
    assert 'href="/search?q=crue&amp;select=1&amp;item=crue0&amp;list=brouillon"' in page


def test_items_and_passages_of_a_list_are_named_and_counted(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    paul = browser["paul"]
    page = paul.get("/bulk?q=crue&act=list&item=crue0&item=crue1.q1-0&item=crue1.c1&item=crue2.q2-0").text
    assert "1 signet est choisi." in page
    assert "2 passages sont choisis." in page
    assert re.findall(r'<li><a href="(/items/[^"]+)" dir="auto">([^<]+)</a></li>', page) == [
        ("/items/crue0", "Crue 0"),
        ("/items/crue1#a-q1-0", "Passage 0 de la crue 1."),
        ("/items/crue1#a-c1", "Avis sur la crue 1."),
    ]
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert token is not None
    data = {"form_token": token[1], "act": "list", "item": ["crue0", "crue1.q1-0", "crue1.c1"], "name": "Crues"}
    answer = paul.get(paul.post("/bulk?q=crue", data={**data, "back": LISTING}).headers["location"])
    assert "1 signet et 2 passages ajoutés à la liste «\u202fCrues\u202f»." in answer.text


def test_the_way_back_to_the_listing_keeps_the_passages_and_others_can_be_ticked(
    read: Library, browser: dict[str, TestClient]
) -> None:
    paul = browser["paul"]
    query = sent(paul.get(LISTING).text, "selection", ticked={"crue0.q0-2", "crue0.q0-1", "crue1.q1-0"})
    address = draft_of(paul, query)
    page = paul.get(f"{address}?back={quote(LISTING)}").text
    listing = sent_review(paul, address, review_fields(page), "back", introduction="Bonjour.")
    assert {value for value, ticked in boxes(listing).items() if ticked} == {"crue0.q0-2", "crue0.q0-1", "crue1.q1-0"}
    again = draft_of(paul, sent(listing, "selection", ticked={"crue0.q0-0", "crue0.q0-1"}))
    assert again == address
    page = paul.get(again).text
    assert passages_in(page) == ["Passage 0 de la crue 0", "Passage 1 de la crue 0"]
    # What was typed goes into the next review.
    assert "Bonjour." in page


def test_a_visitor_has_the_review_of_what_is_ticked_and_the_way_back(
    read: Library, browser: dict[str, TestClient]
) -> None:
    visitor = browser[""]
    query = sent(visitor.get(LISTING).text, "selection", ticked={"crue0.q0-2", "crue1.q1-0"})
    review = visitor.get(f"/review?{query}").text
    assert passages_in(review) == ["Passage 0 de la crue 1", "Passage 2 de la crue 0"]
    assert "formmethod" not in review
    back = re.search('href="(/search[^"]+)"[^>]*>Revenir aux résultats', review)
    assert back is not None
    listing = visitor.get(unescape(back[1])).text
    assert {value for value, ticked in boxes(listing).items() if ticked} == {"crue0.q0-2", "crue1.q1-0"}


def test_the_order_does_not_depend_on_the_page_that_one_leaves_from(
    read: Library, browser: dict[str, TestClient]
) -> None:
    visitor = browser[""]
    address = "/search?q=crue&select=1&per_page=1"
    first, second = (boxes(visitor.get(f"{address}&page={page}").text) for page in (1, 2))
    expected = [*first, *second]
    on_second = visitor.get(f"{address}&page=2&{urlencode([('item', expected[0])])}").text
    on_first = visitor.get(f"{address}&{urlencode([('item', expected[1])])}").text
    for page, here in ((on_second, expected[1]), (on_first, expected[0])):
        fields = re.findall('<input [^>]*name="item" value="([^"]*)"', page)
        assert fields == expected
        assert boxes(page) == {here: False}


def test_the_way_back_from_boxes_of_single_passages_ticks_them(read: Library, browser: dict[str, TestClient]) -> None:
    paul = browser["paul"]
    query = sent(paul.get(LISTING).text, "selection", ticked={"crue0.q0-2", "crue0.q0-1", "crue1.q1-0"})
    address = draft_of(paul, query)
    page = paul.get(f"{address}?choose=1&back={quote(LISTING)}").text
    listing = sent_review(paul, address, review_fields(page, "q0-1", "q1-0"), "back")
    ticked = {value for value, is_selected in boxes(listing).items() if is_selected}
    assert ticked == {"crue0.q0-1", "crue1.q1-0"}


def test_passages_of_a_review_can_still_be_chosen_one_by_one(read: Library, browser: dict[str, TestClient]) -> None:
    paul = browser["paul"]
    query = sent(paul.get(LISTING).text, "selection", ticked={"crue0.q0-2", "crue0.q0-0", "crue1.q1-0"})
    address = draft_of(paul, query)
    page = paul.get(f"{address}?choose=1").text
    assert {name for name, ticked in passage_boxes(page).items() if ticked} == {"q0-2", "q0-0", "q1-0"}
    review = sent_review(paul, address, review_fields(page, "q0-0", "q1-0"))
    assert passages_in(review) == ["Passage 0 de la crue 0", "Passage 0 de la crue 1"]


@pytest.mark.parametrize("way", ["q=crue&view=passages&scope=all&select=1", "q=passage&view=passages"])
def test_all_passages_found_are_in_the_review(read: Library, browser: dict[str, TestClient], way: str) -> None:
    review = browser[""].get(f"/review?{way}").text
    comments = [f"Avis sur la crue {item}" for item in (0, 1)] if "crue" in way else []
    passages = [f"Passage {n} de la crue {item}" for item in (0, 1) for n in range(3)]
    assert passages_in(review) == sorted([*comments, *passages])
    assert passages_in(browser[""].get(f"/review?{sent(review, 'review-form')}").text) == passages_in(review)
    assert passages_in(browser["paul"].get(draft_of(browser["paul"], way)).text) == passages_in(review)


def test_nobody_reads_a_passage_by_ticking_it(read: Library, browser: dict[str, TestClient]) -> None:
    query = "q=crue&view=passages&item=crue2.q2-0&item=crue0.q2-0&item=crue1.q1-1&item=.&item=crue1."
    assert passages_in(browser["paul"].get(f"/review?{query}").text) == ["Passage 1 de la crue 1"]
    assert passages_in(browser["paul"].get(draft_of(browser["paul"], query)).text) == ["Passage 1 de la crue 1"]


def test_ticked_passages_go_into_a_list_as_passages_once(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    paul = browser["paul"]
    ticked = {"crue0.q0-2", "crue1.c1"}
    query = sent(paul.get(LISTING).text, "selection", ("act", "list"), ticked=ticked)
    page = paul.get(f"/bulk?{query}&item=crue2.q2-0&item=crue1.q0-1").text
    assert "2 passages sont choisis." in page
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert token is not None
    data = {"form_token": token[1], "act": "list", "item": sorted(ticked), "name": "Crues", "back": LISTING}
    answer = paul.get(paul.post("/bulk?q=crue&view=passages", data=data).headers["location"])
    assert "2 passages ajoutés à la liste «\u202fCrues\u202f»." in answer.text
    address = re.search(r"/lists/([\w-]+)", answer.text)
    assert address is not None
    paul.post(
        "/bulk?q=crue&view=passages", data={**data, "name": "", "list": address[1], "item": ["crue0.q0-2", "crue0"]}
    )
    entries = [entry.entry for entry in list_view(read, as_(read, "paul"), address[1]).entries]
    assert [(entry.kind, entry.item_id, entry.annotation_id) for entry in entries] == [
        (ListEntryKind.PASSAGE, "crue0", "q0-2"),
        (ListEntryKind.PASSAGE, "crue1", "c1"),
        (ListEntryKind.ITEM, "crue0", None),
    ]


def test_all_passages_found_go_into_a_list(read: Library, browser: dict[str, TestClient]) -> None:
    paul = browser["paul"]
    page = paul.get("/bulk?q=passage&view=passages&act=list&scope=all").text
    assert "6 passages sont choisis." in page
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert token is not None
    data = {"form_token": token[1], "act": "list", "scope": "all", "total": "6", "name": "Tout", "back": LISTING}
    answer = paul.get(paul.post("/bulk?q=passage&view=passages", data=data).headers["location"])
    assert "6 passages ajoutés à la liste" in answer.text


def test_an_export_has_the_items_of_ticked_passages(read: Library, browser: dict[str, TestClient]) -> None:
    query = "q=crue&view=passages&select=1&item=crue0.q0-2&item=crue0.c0&item=crue1&item=crue2.q2-0"
    assert "2 signets" in browser["paul"].get(f"/export?{query}").text
    table = browser["paul"].get(f"/export?{query}&format=jsonl").text
    assert [re.search(r'"id": ?"(\w+)"', line)[1] for line in table.splitlines()] == ["crue0", "crue1"]


@pytest.mark.parametrize("login", ["", "paul"])
def test_an_export_of_all_passages_has_their_items_alone(
    read: Library, slug: str, browser: dict[str, TestClient], login: str
) -> None:
    with read.store.read() as reading:
        group = reading.groups.by_slug(slug)
    add_items(read, an_item("Crue sans passage", id="bare", group=group))
    catch_up(read)
    query = "q=crue&view=passages&select=1&scope=all"
    assert "2 signets" in browser[login].get(f"/export?{query}").text
    lines = browser[login].get(f"/export?{query}&format=jsonl").text.splitlines()
    assert sorted(re.search(r'"id": ?"(\w+)"', line)[1] for line in lines) == ["crue0", "crue1"]
    assert "3 signets" in browser[login].get("/export?q=crue&select=1&scope=all").text


def test_an_export_of_more_passages_than_an_action_takes_is_refused(
    read: Library, browser: dict[str, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "MOST_BULK_ITEMS", 5)
    answer = browser[""].get("/export?q=crue&view=passages&select=1&scope=all")
    assert answer.status_code == 400
    assert "5 à la fois" in answer.text


def test_the_bar_says_which_actions_take_whole_items(read: Library, browser: dict[str, TestClient]) -> None:
    page = browser["paul"].get(LISTING).text
    acts = re.search(r'<p class="acts">(.*?)</p>', page.partition('id="selection"')[2], re.DOTALL)
    assert acts is not None
    on_passages, on_items = acts[1].split("Signets entiers\u202f:")
    assert re.findall(">([^<>]+)</button>", on_passages) == ["Ajouter à une liste", "Revue de presse"]
    assert re.findall(">([^<>]+)</button>", on_items)[0] == "Exporter"
    assert "Signets entiers" not in browser["paul"].get("/search?q=crue&select=1&item=crue0").text
    assert "Signets entiers" in browser["paul"].get("/search?q=crue&select=1&item=crue0.q0-1").text
    assert '<span class="sr-only">Passage 0 de la crue 0.</span>' in page
