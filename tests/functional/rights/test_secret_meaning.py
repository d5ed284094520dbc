"""Vectors and page texts of what one may not read change nothing that one sees: results, scores, counts, answers."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from kb.model.items.item import Item
from kb.model.people.group import Visibility
from kb.site import create_app
from tests.factories.embeddings import a_library_with_embeddings
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import MEMORY

CLOSED = a_group("direction", "Direction", visible=Visibility.MEMBERS)
WORDS = ("paperasse", "formulaires", "réduire", "cantine", "repas", "vélo", "cyclable", "agents", "mairie", "budget")
QUESTIONS = (
    "comment réduire la paperasse des agents ?",
    "est-ce que la mairie allège les tâches administratives",
    "quel repas pour la cantine de la mairie",
    "où passe la piste cyclable du budget",
)


def an_article(number: int, group: str, *, secret: bool = False) -> Item:
    words = " ".join(WORDS[(number * step) % len(WORDS)] for step in (1, 3, 7))
    name = f"{'s' if secret else 'o'}{number}"
    # What is secret answers each question best.
    quote = " ".join(QUESTIONS) if secret else f"On parle de {words} le {number}."
    return an_item(
        f"Article {number}",
        id=name,
        group=group,
        order=number,
        language="fr",
        url=f"https://exemple.fr/{name}",
        annotations=[an_annotation(quote, id=f"a-{name}")],
    )


OPEN = tuple(an_article(number, a_group().id) for number in range(12))
SECRET = tuple(an_article(100 + number, CLOSED.id, secret=True) for number in range(8))
PAGES = {item.id: f"Un rapport. {QUESTIONS[number % 4]} Fin." for number, item in enumerate((*OPEN[:6], *SECRET))}


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def readers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[TestClient]]:
    """One without and one with the secret items."""
    with ExitStack() as stack:
        clients = []
        for items in (OPEN, (*OPEN, *SECRET)):
            index: Path = tmp_path_factory.mktemp("index")
            library = a_library_with_embeddings(
                *items,
                pages={item.id: PAGES[item.id] for item in items if item.id in PAGES},
                groups=(a_group(), CLOSED),
                index_url=MEMORY if request.param == "memory" else f"whoosh:{index}",
            )
            clients.append(TestClient(create_app(stack.enter_context(closing(library)))))
        yield clients


def shown(reader: TestClient, parameters: dict[str, object]) -> dict[str, Any]:
    answer: dict[str, Any] = reader.get(f"/api/v1/search?{urlencode(parameters)}").json()
    del answer["took_ms"]
    return answer


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("others", [{}, {"view": "passages"}, {"meaning": "off"}, {"per_page": 3, "page": 2}])
def test_the_same_is_found_with_and_without_what_is_secret(
    readers: list[TestClient], question: str, others: dict[str, object]
) -> None:
    first, second = (shown(reader, {"q": question, **others}) for reader in readers)
    assert first["items"]
    assert first == second
