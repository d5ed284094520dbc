"""Queries beyond the limits: the part that is searched, and how page, API and command report the ignored part."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from index import Bounds
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.items import an_annotation, an_item
from tests.factories.library import a_library

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def library() -> Library:
    return a_library(
        an_item("Agents et agences", id="one", annotations=[an_annotation("agents agencer agenda")]),
        an_item("Agents", id="two"),
    )


@pytest.fixture
def bounded(library: Library) -> Iterator[TestClient]:
    """A site with low query limits."""
    bounds = Bounds(words=23, multi_terms=1, depth=1, expansions=2)
    with client_of(library, bounds) as client:
        yield client


def client_of(library: Library, bounds: Bounds) -> TestClient:
    catalogue = replace(library.catalogue, bounds=bounds)
    return TestClient(create_app(replace(library, catalogue=catalogue)))


@pytest.mark.parametrize(
    ("q", "sentence"),
    [
        ("sujet:agents", "Cherché comme de simples mots, faute d’avoir été compris\u202f: <code>sujet:agents</code>"),
        (
            "un " * 23 + "quatre cinq",
            "Pas cherché, car la question compte trop de mots\u202f: <code>quatre</code>, <code>cinq</code>",
        ),
        (
            "agents~ agence~",
            "Cherché comme de simples mots, car la question compte trop de motifs\u202f: <code>agence~</code>",
        ),
        ("(un (deux))", "Pas lu, car pris dans trop d’autres parenthèses\u202f: <code>(</code>"),
        ("Agen*", "Correspond à tant de mots que seuls les plus fréquents ont été cherchés\u202f: <code>agen*</code>"),
    ],
)
def test_the_page_and_the_api_say_what_was_left_out(bounded: TestClient, q: str, sentence: str) -> None:
    page = bounded.get("/search", params={"q": q}).text
    answer = bounded.get("/api/v1/search", params={"q": q}).json()

    assert sentence in page
    assert answer["understood"] is False


def test_nothing_is_said_when_nothing_is_left_out(bounded: TestClient) -> None:
    assert bounded.get("/api/v1/search", params={"q": '(agents OU "agences")'}).json()["understood"] is True
    assert '<p class="note">' not in bounded.get("/search", params={"q": '(agents OU "agences")'}).text


def test_of_too_many_words_the_most_frequent_are_found(bounded: TestClient) -> None:
    assert bounded.get("/api/v1/search", params={"q": "agen*"}).json()["total"] == 2


def test_a_search_without_end_is_given_up_with_a_sentence(library: Library) -> None:
    with client_of(library, Bounds(seconds=0)) as client:
        page = client.get("/search", params={"q": "agents"})
        answer = client.get("/api/v1/search", params={"q": "agents"})

    assert page.status_code == answer.status_code == 503
    assert "Cette recherche prenait trop de temps et a été abandonnée" in page.text
    assert 'value="agents"' in page.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "took too long" in answer.json()["detail"] or "trop de temps" in answer.json()["detail"]
