"""Questions are ranked by words and by embeddings; all else by words alone."""

from collections.abc import Iterator
from contextlib import closing
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.embeddings import ThemeEmbedder, a_library_with_embeddings, vectors_of
from tests.factories.items import a_group, an_annotation, an_item

QUESTION = "comment réduire la paperasse des agents ?"
CLOSED = a_group("direction", "Direction", visible=Visibility.MEMBERS)
PAGE = "Le service a changé de logo.\n\n" + "Il faut alléger les tâches administratives du guichet. " * 3

ITEMS = (
    an_item(
        "Un an de guichet",
        id="sens",
        order=1,
        tags=["accueil"],
        annotations=[
            an_annotation("Le guichet ouvre à huit heures.", id="h1"),
            an_annotation("Il faut simplifier les formulaires.", id="h2"),
        ],
    ),
    an_item("Les agents du port", id="mots", order=2, annotations=[an_annotation("Un agent de quai.", id="h3")]),
    an_item("Voirie", id="velo", order=3, annotations=[an_annotation("Une piste cyclable.", id="h4")]),
    an_item("Rapport", id="page", order=4, url="https://exemple.fr/rapport"),
    an_item(
        "Note interne", id="secret", order=5, group=CLOSED, annotations=[an_annotation("Simplifier les formulaires.")]
    ),
)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with closing(a_library_with_embeddings(*ITEMS, pages={"page": PAGE}, groups=(a_group(), CLOSED))) as library:
        yield library


@pytest.fixture
def embedder(library: Library) -> ThemeEmbedder:
    assert isinstance(library.embedder, ThemeEmbedder)
    library.embedder.questions.clear()
    return library.embedder


@pytest.fixture
def reader(library: Library) -> TestClient:
    return TestClient(create_app(library))


def found(reader: TestClient, **parameters: object) -> dict[str, Any]:
    answer: dict[str, Any] = reader.get(f"/api/v1/search?{urlencode({'q': QUESTION, **parameters}, doseq=True)}").json()
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["items"]]


def test_a_question_finds_what_says_the_same_in_other_words(reader: TestClient) -> None:
    answer = found(reader)
    by_meaning = {hit["id"]: hit.get("by_meaning", False) for hit in answer["items"]}
    assert by_meaning == {"sens": True, "page": True, "mots": False}
    assert answer["total"] == 1
    assert answer["facets"]["tag"] == []


def test_the_page_shows_the_nearest_text_and_a_link_to_the_words_alone(reader: TestClient) -> None:
    page = unescape(reader.get(f"/search?{urlencode({'q': QUESTION, 'lang': 'fr'})}").text)
    assert "proche par le sens" in page
    assert "Il faut simplifier les formulaires." in page
    assert "#a-h2" in page
    assert "meaning=off" in page
    assert "1 signet pour" in page


def test_the_words_alone_ask_for_no_vector(reader: TestClient, embedder: ThemeEmbedder) -> None:
    assert ids(found(reader, meaning="off")) == ["mots"]
    assert embedder.questions == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "paperasse agents guichet formulaires"},
        {"q": "paperasse"},
        {"q": 'comment réduire "la paperasse" des agents'},
        {"q": "comment réduire la paperasse ET agents"},
        {"q": "titre:comment réduire la paperasse des agents"},
        {"sort": "recent"},
        {"match": "all"},
        {"vocabulary": "verbatim"},
    ],
)
def test_what_is_no_question_is_searched_by_words(
    reader: TestClient, embedder: ThemeEmbedder, parameters: dict[str, str]
) -> None:
    found(reader, **parameters)
    assert embedder.questions == []


@pytest.mark.parametrize("address", ["/search.atom", "/search.json", "/export"])
def test_feeds_and_exports_are_by_words(reader: TestClient, embedder: ThemeEmbedder, address: str) -> None:
    assert reader.get(f"{address}?{urlencode({'q': QUESTION})}").status_code == 200
    assert embedder.questions == []


def test_without_a_vector_a_question_is_searched_by_words(reader: TestClient, embedder: ThemeEmbedder) -> None:
    embedder.is_down = True
    try:
        assert ids(found(reader)) == ["mots"]
        assert "meaning=off" not in reader.get(f"/search?{urlencode({'q': QUESTION})}").text
    finally:
        embedder.is_down = False


def test_each_hit_is_on_one_page(reader: TestClient) -> None:
    whole = ids(found(reader))
    pages = [found(reader, per_page=1, page=number) for number in range(1, len(whole) + 1)]
    assert [id_ for page in pages for id_ in ids(page)] == whole
    assert found(reader, per_page=1, page=len(whole) + 1)["items"] == []


def test_filters_hold_for_what_is_close_in_meaning(reader: TestClient) -> None:
    assert ids(found(reader, tag="accueil")) == ["sens"]


def test_passages_are_found_by_meaning_too(reader: TestClient) -> None:
    hits = found(reader, view="passages")["items"]
    assert {hit["annotation"]["id"]: hit.get("by_meaning") for hit in hits}["h2"]


def test_nothing_of_a_closed_group_is_near(reader: TestClient) -> None:
    assert "secret" not in ids(found(reader, per_page=100))


def test_vectors_of_another_model_are_not_compared() -> None:
    embedder = ThemeEmbedder(model="other")
    with closing(a_library_with_embeddings(*ITEMS, groups=(a_group(), CLOSED), embedder=embedder)) as library:
        client = TestClient(create_app(library))
        assert ids(found(client)) == ["mots"]
        assert embedder.questions == [QUESTION]
        # Nothing was ranked by meaning, so the page does not say so.
        assert "meaning=off" not in client.get(f"/search?{urlencode({'q': QUESTION})}").text


def test_the_order_of_vectors_is_that_of_the_texts() -> None:
    assert len(vectors_of(ITEMS[0]).by_text) == 3
