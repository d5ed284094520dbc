"""Example searches: what a process caches of them, for whom and for how long."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from index import Engine, Hits, Plan
from kb.access.actor import ANONYMOUS, OPERATOR
from kb.indexer import catch_up
from kb.model.search_request import SearchRequest
from kb.services.core.library import MOST_KNOWN_ANSWERS, AnswerCache, Library
from kb.services.search.example_searches import query_check
from kb.services.search.help_examples import with_examples
from kb.services.search.search import run_search
from tests.checkers.recorded_queries import recorded_queries, selects
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library, add_items

LECTURES = a_group("lectures", "Lectures")


@dataclass
class CountingEngine:
    """An engine that counts its searches."""

    engine: Engine
    searches: list[Plan] = field(default_factory=list)

    def search(self, plan: Plan) -> Hits:
        self.searches.append(plan)
        return self.engine.search(plan)

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library(an_item("La rivière", group=LECTURES), groups=[LECTURES])) as library:
        yield replace(library, catalogue=replace(library.catalogue, engine=CountingEngine(library.catalogue.engine)))


def test_an_answer_is_remembered_until_the_index_or_the_readable_groups_change(library: Library) -> None:
    searches = library.catalogue.engine.searches
    assert [query_check(library, ANONYMOUS)(query) for query in ("rivière", "fleuve") * 2] == [True, False] * 2
    first = len(searches)
    assert query_check(library, ANONYMOUS)("rivière")
    assert len(searches) == first
    assert query_check(library, OPERATOR)("rivière")
    assert len(searches) > first
    add_items(library, an_item("Le fleuve", group=LECTURES))
    catch_up(library)
    assert query_check(library, ANONYMOUS)("fleuve")


def test_the_help_reads_the_readable_groups_for_its_examples_once(library: Library) -> None:
    with_examples(library, ANONYMOUS, "[`{a}`]()", "fr")
    with recorded_queries() as queries:
        run_search(library, ANONYMOUS, SearchRequest())
    of_search = len(readings_of_groups(queries))
    with recorded_queries() as queries:
        with_examples(library, ANONYMOUS, "[`{a}`]()", "fr")
    assert len(readings_of_groups(queries)) == of_search + 1


def readings_of_groups(queries: list[str]) -> list[str]:
    return [query for query in selects(queries) if " FROM groups" in " ".join(query.split())]


def test_few_answers_are_remembered() -> None:
    cache = AnswerCache()
    for number in range(MOST_KNOWN_ANSWERS + 1):
        cache.remember(number, answer=bool(number % 2))
        cache.known(0)
    assert (cache.known(0), cache.known(1), cache.known(2)) == (False, None, False)
