"""Each writer of a page is a value of the facet and a filter of its own."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import OPERATOR
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import an_item
from tests.factories.library import a_library

BOTH, ALONE = "Jeanne Roux et Paul Blanc", "Roux, Jeanne"


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with closing(
        a_library(
            an_item("Un", id="i1", order=1, byline=BOTH),
            an_item("Deux", id="i2", order=2, byline=ALONE),
            an_item("Trois", id="i3", order=3, byline="Anne Noir"),
        )
    ) as filled:
        yield filled


def test_each_writer_is_counted(library: Library) -> None:
    values = run_search(library, OPERATOR, SearchRequest()).facets["byline"]
    assert {value.value: value.count for value in values} == {"Jeanne Roux": 2, "Paul Blanc": 1, "Anne Noir": 1}


@pytest.mark.parametrize(
    ("chosen", "found"),
    [("Jeanne Roux", {"i1", "i2"}), ("Paul Blanc", {"i1"}), (ALONE, {"i1", "i2"}), (BOTH, {"i1", "i2"})],
)
def test_a_writer_or_a_whole_byline_is_a_filter(library: Library, chosen: str, found: set[str]) -> None:
    results = run_search(library, OPERATOR, SearchRequest(byline=(chosen,)))
    assert {row.item.id for row in results.rows} == found
