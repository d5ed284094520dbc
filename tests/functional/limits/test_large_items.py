"""A listing costs the same whatever hangs on its items: it reads their beginnings, and says how much there is."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS
from kb.indexer import catch_up
from kb.model.items.item_budget import LISTED_PARTS, MOST_ITEM_PARTS
from kb.model.items.item_list import ReviewSettings
from kb.model.search_request import SearchRequest, View
from kb.services.core.library import Library
from kb.services.lists.press_review import PressReviewOptions, found_item_parts, press_review_of_item_parts
from kb.services.search.search import run_search
from kb.site import create_app
from kb.translation import Translator
from tests.factories.group import a_shared
from tests.factories.items import a_reply, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

REPLIES = 1_000


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    library = an_empty_library()
    an_account(library, "claire")
    group = a_shared(library)
    threads = [
        an_annotation(f"Passage {n}.", id=f"a{n}", replies=[a_reply("Oui.") for _ in range(REPLIES - 1)])
        for n in range(MOST_ITEM_PARTS // REPLIES)
    ]
    comments = [an_annotation(None, body=f"Commentaire {n}.", id=f"c{n}") for n in range(MOST_ITEM_PARTS)]
    passages = [an_annotation(f"Extrait {n}.", id=f"e{n}") for n in range(300)]
    add_items(
        library,
        an_item("Des fils", id="fils", group=group, order=1, annotations=threads),
        an_item("Des commentaires", id="commentaires", group=group, order=2, annotations=comments),
        an_item("Des extraits", id="extraits", group=group, order=3, annotations=passages),
    )
    catch_up(library)
    yield library
    library.close()


@pytest.fixture(scope="module")
def client(library: Library) -> TestClient:
    return TestClient(create_app(library))


def annotation_counts(page: str) -> set[str]:
    """The counts of all annotations of the items of a page, without the spaces in numbers."""
    return {re.sub(r"\D", "", count) for count in re.findall(r"([\d\s\u202f]+) annotations", page)}


@pytest.mark.parametrize("view", View)
def test_a_search_reads_no_more_of_an_item_than_its_rows_show(library: Library, view: View) -> None:
    rows = run_search(library, ANONYMOUS, SearchRequest(view=view, per_page=100)).rows
    assert rows
    for row in rows:
        assert sum(1 for _ in row.item.parts) <= LISTED_PARTS
        assert row.annotation is None or len(row.annotation.replies) <= LISTED_PARTS


def test_pages_say_how_many_annotations_an_item_has(client: TestClient) -> None:
    for address in ("/", "/g/lectures"):
        assert {"5000", "300", "5"} <= annotation_counts(client.get(address).text)


def test_a_search_of_the_api_has_the_first_comments_and_the_number_of_all(client: TestClient) -> None:
    found: dict[str, Any] = {item["id"]: item for item in client.get("/api/v1/search").json()["items"]}
    comments, threads = found["commentaires"]["annotations"], found["fils"]["annotations"]
    assert (comments["total"], len(comments["items"])) == (MOST_ITEM_PARTS, LISTED_PARTS)
    assert (threads["total"], len(threads["items"][0]["replies"])) == (MOST_ITEM_PARTS // REPLIES, LISTED_PARTS - 1)
    whole = client.get("/api/v1/items/commentaires").json()["annotations"]
    assert (whole["total"], len(whole["items"])) == (MOST_ITEM_PARTS, MOST_ITEM_PARTS)


def test_a_passage_far_behind_is_found_and_its_address_leads_to_it(client: TestClient) -> None:
    page = client.get("/search", params={"q": '"Commentaire 4321"', "view": "passages"}).text
    assert "part=c4321" in page
    (hit,) = client.get("/api/v1/search", params={"q": '"Commentaire 4321"', "view": "passages"}).json()["items"]
    assert hit["annotation"]["body"] == "Commentaire 4321."
    assert 'id="a-c4321"' in client.get("/items/commentaires?part=c4321").text


@pytest.mark.parametrize("address", ["/search.atom", "/g/lectures.atom"])
def test_a_feed_says_how_many_annotations_it_leaves_out(client: TestClient, address: str) -> None:
    feed = client.get(address)
    assert feed.status_code == 200
    assert "autres annotations" in feed.text


def test_a_press_review_of_a_search_has_all_passages(library: Library) -> None:
    request = SearchRequest(q="Extrait")
    options = PressReviewOptions(settings=ReviewSettings(quotes=300))
    _, parts = found_item_parts(library, ANONYMOUS, request)
    review = press_review_of_item_parts(library, ANONYMOUS, parts, options, Translator("fr"))
    text = repr(review)
    assert all(f"Extrait {n}." in text for n in range(300))
