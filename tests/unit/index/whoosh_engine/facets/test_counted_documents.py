"""All facets of a search count the same documents, so their doc set is computed once."""

from pathlib import Path

import pytest

from index import FacetRequest, open_engine
from index.query import Term
from index.whoosh_engine.facets.facet_counts import CountedDocs
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
