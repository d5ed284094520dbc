"""All facets of a search count the same documents, so their doc set is computed once. They read tables, and no columns
once these are made.
"""

from pathlib import Path

import pytest

from index import FacetRequest, open_engine
from index.query import Term
from index.whoosh_engine.facets.facet_counts import CountedDocs
from index.whoosh_engine.storage.segments import Segment
from tests.factories.index import SCHEMA, a_document, ask, fill


def test_the_facets_of_a_search_share_the_documents_that_they_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"whoosh:{tmp_path}", SCHEMA)
    fill(engine, *(a_document(str(place), author=("ali",), tag=("rare",) * (place == 0)) for place in range(10)))
    chosen_docs: list[CountedDocs] = []
    make = CountedDocs.__init__

    def count(self: CountedDocs, *arguments: object) -> None:
        chosen_docs.append(self)
        make(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(CountedDocs, "__init__", count)
    facets = (FacetRequest("author"), FacetRequest("tag"))
    hits = ask(engine, Term("author", "ali"), facets=facets)
    assert [facet.counts for facet in hits.facets] == [(("ali", 10),), (("rare", 1),)]
    assert len(chosen_docs) == 1
    engine.close()


def test_a_search_does_without_the_columns_once_their_tables_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns take more memory than the tables of large segments: they leave the cache."""
    engine = open_engine(f"whoosh:{tmp_path}", SCHEMA)
    fill(
        engine,
        *(a_document(str(place), author=("ali",), tag=("rare", "red") if place % 2 else ()) for place in range(10)),
    )
    facets = (FacetRequest("author"), FacetRequest("tag"))
    queries = (Term("author", "ali"), Term("tag", "rare"), Term("id", "1"))
    answers = [ask(engine, query, facets=facets) for query in queries]
    monkeypatch.delattr(Segment, "column")
    assert [ask(engine, query, facets=facets) for query in queries] == answers
    assert [hits.total for hits in answers] == [10, 5, 1]
    assert answers[0].facets[1].counts == (("rare", 5), ("red", 5))
    engine.close()
