"""Above the results of a question: up to three sentences that answer it, quoted exactly."""

from collections.abc import Iterator
from contextlib import closing
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.embeddings import ThemeEmbedder, a_library_with_embeddings
from tests.factories.items import a_group, an_annotation, an_item

QUESTION = "combien de jours de télétravail pour les agents de la mairie ?"
CLOSED = a_group("direction", "Direction", visible=Visibility.MEMBERS)
SENTENCE = "Les agents de la mairie ont droit à deux jours de télétravail."
KEPT = "À la mairie, chaque agent choisit ses jours de télétravail."
PAGE = f"Accueil. Plan du site.\n{KEPT} Le reste de la page parle d'autre chose, longuement.\n" + "Voirie. " * 300

ITEMS = (
    an_item(
        "Charte",
        id="charte",
        order=1,
        source="Intranet",
        published="2024-03-01",
        language="fr",
        annotations=[an_annotation(f"Préambule sans rapport. {SENTENCE} La suite en annexe.", id="h1")],
    ),
    an_item("Page", id="page", order=2, url="https://exemple.fr/page", language="fr"),
    an_item(
        "Piscine",
        id="piscine",
        order=3,
        language="fr",
        annotations=[an_annotation("La piscine ferme le lundi.", id="h2")],
    ),
    an_item(
        "Secret",
        id="secret",
        order=4,
        group=CLOSED,
        language="fr",
        annotations=[an_annotation(SENTENCE + " Confidentiel.", id="h3")],
    ),
)


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    embedder = ThemeEmbedder(is_down=True)
    with closing(
        a_library_with_embeddings(*ITEMS, pages={"page": PAGE}, groups=(a_group(), CLOSED), embedder=embedder)
    ) as library:
        yield library


@pytest.fixture(scope="module")
def reader(library: Library) -> TestClient:
    return TestClient(create_app(library))


def answers(reader: TestClient, question: str = QUESTION, **parameters: object) -> list[dict[str, Any]]:
    found = reader.get(f"/api/v1/search?{urlencode({'q': question, **parameters})}").json()
    sentences: list[dict[str, Any]] = found.get("answers", [])
    return sentences


def test_sentences_of_passages_and_kept_texts_are_quoted_exactly(reader: TestClient) -> None:
    found = {answer["text"]: (answer["item"], answer["annotation"]) for answer in answers(reader)}
    assert found == {SENTENCE: ("charte", "h1"), KEPT: ("page", None)}


def test_the_page_shows_them_with_their_source_and_a_link(reader: TestClient) -> None:
    page = unescape(reader.get(f"/search?{urlencode({'q': QUESTION, 'lang': 'fr'})}").text)
    section = page.partition('<section class="answers"')[2].partition("</section>")[0]
    assert SENTENCE in section
    assert "Intranet" in section
    assert "2024" in section
    assert "#a-h1" in section
    assert "Dans la page elle-même" in section


def test_a_sentence_of_a_file_says_so(library: Library, reader: TestClient) -> None:
    file = ItemFile("page", FileRole.FILE, "0" * 64, 9, "application/pdf", "f.pdf", 1, TextState.READ, "2024-01-01")
    with library.store.write() as writing:
        writing.item_files.put(file)
    page = unescape(reader.get(f"/search?{urlencode({'q': QUESTION, 'lang': 'fr'})}").text)
    with library.store.write() as writing:
        writing.item_files.drop(["page"])
    assert "Dans le fichier" in page
    assert "Dans la page elle-même" not in page


def test_passages_answer_too(reader: TestClient) -> None:
    assert [answer["annotation"] for answer in answers(reader, view="passages")] == ["h1"]


@pytest.mark.parametrize(
    "question",
    ["télétravail", "jours télétravail agents mairie", '"jours de télétravail" pour les agents', "piscine ET lundi"],
)
def test_keywords_quotes_and_operators_have_no_answer(reader: TestClient, question: str) -> None:
    assert answers(reader, question) == []


def test_nothing_is_shown_for_a_low_score(reader: TestClient) -> None:
    assert answers(reader, "où est la piscine municipale des enfants de maternelle ?") == []


@pytest.mark.parametrize("parameters", [{"page": 2}, {"sort": "recent"}, {"match": "all"}, {"vocabulary": "verbatim"}])
def test_only_the_first_page_by_relevance_has_answers(reader: TestClient, parameters: dict[str, object]) -> None:
    assert answers(reader, **parameters) == []


def test_nothing_of_a_closed_group_answers(reader: TestClient) -> None:
    assert all(answer["item"] != "secret" for answer in answers(reader))
