"""Bylines and sharers: both engines give the same answers to the same searches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.access.actor import ANONYMOUS
from kb.model.search_request import SearchRequest, View
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_user, an_annotation, an_item
from tests.factories.library import a_library

NAMES = ("Élodie Château", "élodie château", "Jean-Paul Roux", "Roux, Élodie", "La rédaction", None, "")
SHARERS = (a_user("elodie-roux", "Élodie Roux"), a_user("jean", "Jean-Paul"), a_user("chateau", "CD63"))
ITEMS = tuple(
    an_item(
        f"Page {number}",
        id=f"i{number}",
        byline=NAMES[number % len(NAMES)],
        author=SHARERS[number % len(SHARERS)],
        description="Élodie en parle" if number % 4 == 0 else None,
        annotations=[an_annotation("Un passage", id=f"p{number}", author=SHARERS[(number + 1) % len(SHARERS)])],
        language="en" if number % 5 == 0 else "fr",
    )
    for number in range(21)
)
QUERIES = [
    *(f"{field}:{value}" for field in ("auteur", "partagé-par") for value in
      ("elodie", "élodie-roux", '"Elodie Roux"', "jean-paul", "chat*", "elodi~", "(roux OU CD63)", "jean")),
    "elodie", '"élodie château"', "jean-paul roux", "roux SAUF auteur:jean", "redactio", "-partagé-par:jean page",
]  # fmt: skip
FILTERS: list[dict[str, Any]] = [
    {},
    {"byline": ("ÉLODIE CHÂTEAU",)},
    {"byline": ("La rédaction", "Roux, Élodie"), "author": ("jean",)},
    {"byline": ("personne",)},
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, Library]]:
    reference = a_library(*ITEMS, index_url="memory:")
    tested = a_library(*ITEMS, index_url=f"whoosh:{Path(tmp_path_factory.mktemp('index'))}")
    yield reference, tested
    reference.close()
    tested.close()


@pytest.mark.parametrize("view", list(View))
@pytest.mark.parametrize("request_fields", FILTERS, ids=str)
def test_both_engines_agree_on_writers_and_sharers(
    both: tuple[Library, Library], view: View, request_fields: dict[str, Any]
) -> None:
    for q in ("", *QUERIES):
        request = SearchRequest(q=q, view=view, per_page=100, **request_fields)
        first, other = (run_search(library, ANONYMOUS, request) for library in both)
        assert [(row.item.id, row.matches) for row in first.rows] == [
            (row.item.id, row.matches) for row in other.rows
        ], q
        assert first.facets == other.facets, q


def test_writers_are_found_beside_sharers(both: tuple[Library, Library]) -> None:
    for library in both:
        totals = [
            run_search(library, ANONYMOUS, SearchRequest(q=q, per_page=100)).total
            for q in ('auteur:"Élodie Château"', "auteur:jean-paul", "partagé-par:jean-paul")
        ]
        wrote = {number for number in range(21) if number % 7 == 2}
        shared = {number for number in range(21) if number % 3 == 1}
        assert totals == [6, len(wrote | shared), len(shared)]
