"""Answers to programs of other services stay small, or are sent as they are made, whatever the items hold."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.annotation import Reply
from kb.model.people.account import TokenScope
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.site import create_app
from kb.web.api.answer_size import MOST_ROW_BYTES
from kb.web.http.files.streamed_files import PORTION_BYTES
from tests.factories.items import a_group, a_reply, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

SEARCH = "/hypothesis/api/search"
REPLIES, LARGE = 450, 60


def a_thread(name: str) -> list[Reply]:
    """Replies, each of which answers the one before."""
    ids = [f"{name}{number:03}" for number in range(REPLIES)]
    return [a_reply(f"Réponse {n}", id=id_, reply_to=ids[n - 1] if n else None) for n, id_ in enumerate(ids)]


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire")
        long = {"tags": [f"{n} {'eau ' * 40}" for n in range(100)], "url": "https://exemple.fr/?" + "x" * 7_000}
        passages = [an_annotation(f"Passage {n} {'long ' * 9_000}", id=f"p{n}") for n in range(LARGE)]
        add_items(
            library,
            an_item("Le fil", id="fil", order=1, annotations=[an_annotation("Tête", id="tête", replies=a_thread("r"))]),
            an_item("T" * 2_000, id="gros", order=99, **long,
                    annotations=[an_annotation("Gros", id="gros-fil", replies=a_thread("g"))]),
            *(
                an_item(f"Long {n}", id=f"l{n}", order=n + 2, url=f"https://exemple.fr/{n}", description="d" * 80_000,
                        annotations=[passages[n]])
                for n in range(LARGE)
            ),
            groups=[a_group()],
        )  # fmt: skip
        catch_up(library)
        yield library


@pytest.fixture(scope="module")
def client(library: Library) -> TestClient:
    return TestClient(create_app(library))


@pytest.fixture(scope="module")
def token(library: Library) -> str:
    return add_token(library, OPERATOR, NewToken(TokenScope.READ), "claire")[1]


def search(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.get(SEARCH, params=params).raise_for_status()
    assert len(answer.content) < 2 * MOST_ROW_BYTES + 1_000_000
    result: dict[str, Any] = answer.json()
    return result


def test_a_limit_applies_to_replies_too(client: TestClient) -> None:
    for limit, most in ((1, 1), (50, 50), (200, 200)):
        answer = search(client, any="tête", limit=limit)
        assert ([row["id"] for row in answer["rows"]], len(answer["replies"])) == (["tête"], most)
    assert [reply["id"] for reply in search(client, any="tête", limit=3)["replies"]] == ["r000", "r001", "r002"]
    assert len(search(client, any="tête")["replies"]) == 200
    assert 1 < len(search(client, any="gros")["replies"]) < 200


def test_all_replies_to_an_annotation_are_given_page_by_page(client: TestClient) -> None:
    ids, offset = list[str](), 0
    while rows := search(client, references="tête", limit=100, offset=offset)["rows"]:
        assert all(row["references"][0] == "tête" and len(row["references"]) <= 101 for row in rows)
        ids, offset = ids + [row["id"] for row in rows], offset + len(rows)
    assert ids == [f"r{number:03}" for number in range(REPLIES)]
    assert search(client, references="tête", limit=0)["total"] == REPLIES
    assert search(client, references="r449")["rows"] == search(client, references="rien")["rows"] == []


def test_replies_to_an_annotation_are_for_those_who_may_read_it(
    library: Library, client: TestClient, token: str
) -> None:
    with library.store.read() as reading:
        own = reading.groups.by_slug("~claire")
    assert own is not None
    private = an_annotation(id="privée", replies=[a_reply("À moi.", id="à-moi")])
    add_items(library, an_item("Privé", id="privé", group=own, order=90, annotations=[private]))
    assert search(client, references="privée") == search(client, references="rien")
    headers = {"Authorization": f"Bearer {token}"}
    rows = client.get(SEARCH, params={"references": "privée"}, headers=headers).json()["rows"]
    assert [row["id"] for row in rows] == ["à-moi"]


def test_a_program_that_follows_search_after_gets_each_long_passage_once(client: TestClient) -> None:
    ids, after = list[str](), dict[str, str]()
    while rows := search(client, limit=200, any="long", **after)["rows"]:
        assert len(rows) < LARGE
        ids, after = ids + [row["id"] for row in rows], {"search_after": rows[-1]["updated"]}
    assert sorted(ids) == sorted(f"p{n}" for n in range(LARGE))


def test_a_page_of_long_bookmarks_ends_early_and_the_next_one_goes_on(client: TestClient, token: str) -> None:
    ids, address = list[int](), "/linkding/physique/api/bookmarks/?limit=1000"
    pages = 0
    while address:
        answer = client.get(address, headers={"Authorization": f"Token {token}"})
        assert len(answer.content) < MOST_ROW_BYTES + 200_000
        page = answer.json()
        ids += [bookmark["id"] for bookmark in page["results"]]
        address, pages = page["next"], pages + 1
    assert len(ids) == len(set(ids)) == page["count"] == LARGE + 2
    assert pages > 1


@pytest.mark.parametrize("form", ["json", "xml"])
def test_posts_of_pinboard_are_sent_in_portions(client: TestClient, token: str, form: str) -> None:
    address = f"/pinboard/physique/v1/posts/all?format={form}&auth_token=claire:{token}"
    with client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as answer:
        assert "content-length" not in answer.headers
        size = sum(len(chunk) for chunk in answer.iter_raw())
    assert size > LARGE * 80_000 > 10 * PORTION_BYTES
