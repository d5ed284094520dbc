"""Our index files are a Whoosh index: Whoosh's own searcher finds the same documents as ours."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

from index.query import And, AnyOf, Not, Or, Phrase, Query, Range, Term
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.index_folder import INDEX, Storage, current_generation
from index.whoosh_engine.whoosh_adapter.codec import ArrayCodec
from tests.factories.index import SCHEMA, a_document, fill, found_keys

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import query as whoosh_query
    from whoosh.index import FileIndex
    from whoosh.scoring import BM25F


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    engine = WhooshEngine(tmp_path, SCHEMA)
    words = "énergie marée vent courant houle sel eau".split()
    for block in range(3):
        fill(
            engine,
            *(
                a_document(
                    f"d{block}-{number}",
                    title=" ".join(words[(number * step) % 7] for step in range(1, 3 + number % 5)),
                    tag=("Mer", f"t{number % 4}"),
                    views=number,
                )
                for number in range(30)
            ),
        )
    with engine.write() as writer:
        for number in range(0, 30, 4):
            writer.drop("id", f"d1-{number}")
    engine.close()
    return tmp_path


def in_whoosh(query: Query) -> whoosh_query.Query:
    match query:
        case Term(field, value):
            return whoosh_query.Term(field, value.encode())
        case Phrase(field, values):
            return whoosh_query.Phrase(field, [value.encode() for value in values])
        case And(parts):
            return whoosh_query.And([in_whoosh(part) for part in parts])
        case Or(parts):
            return whoosh_query.Or([in_whoosh(part) for part in parts])
        case Not(part):
            return whoosh_query.Not(in_whoosh(part))
    raise AssertionError(query)


ASKED = (
    Term("title", "maree"),
    Term("title", "absente"),
    Term("tag", "mer"),
    Or((Term("title", "vent"), Term("title", "sel"))),
    And((Term("title", "vent"), Term("title", "sel"), Not(Term("tag", "t1")))),
    Phrase("title", ("maree", "courant"), (0, 1)),
)


@pytest.mark.parametrize("query", ASKED, ids=repr)
def test_whoosh_finds_what_we_find(folder: Path, query: Query) -> None:
    ours = found_keys(WhooshEngine(folder, SCHEMA), query)
    with FileIndex(Storage(current_generation(folder)), indexname=INDEX).searcher(weighting=BM25F()) as searcher:
        theirs = {hit["id"] for hit in searcher.search(in_whoosh(query), limit=None)}
    assert theirs == ours
    assert bool(ours) == (query != ASKED[1])


def test_whoosh_reads_the_counts_of_terms_and_documents(folder: Path) -> None:
    engine = WhooshEngine(folder, SCHEMA)
    with FileIndex(Storage(current_generation(folder)), indexname=INDEX).reader() as reader:
        assert reader.doc_count() == len(found_keys(engine, Range("views"))) == 82
        assert {text.decode() for text in reader.lexicon("tag")} == {"mer", "t0", "t1", "t2", "t3"}
        assert reader.doc_frequency("tag", b"mer") == 90
        assert reader.frequency("title", b"maree") >= reader.doc_frequency("title", b"maree")
        assert [text.decode() for text in reader.expand_prefix("title", "ener")] == ["energie"]
        assert reader.field_length("title") > 90
    assert found_keys(engine, AnyOf("tag", ("MER",))) == found_keys(engine, Term("tag", "mer"))


@pytest.mark.parametrize("deleted", [(), (3,), (9, 3, 3, 999), tuple(range(0, 1000, 2)), tuple(range(1000))])
def test_the_deleted_documents_of_a_segment_are_pickled(deleted: tuple[int, ...]) -> None:
    segment = ArrayCodec("id").new_segment(None, INDEX)
    segment.set_doc_count(1000)
    for some in (deleted[: len(deleted) // 2], deleted):
        segment.delete(np.array(some, np.int32))
    read = pickle.loads(pickle.dumps(segment, 2))
    assert list(read.deleted_docs()) == sorted(set(deleted))
    assert (read.doc_count(), read.doc_count_all(), read.has_deletions()) == (
        1000 - len(set(deleted)),
        1000,
        bool(deleted),
    )
    assert read.segment_id() == segment.segment_id()
    read.delete_document(5)
    assert read.is_deleted(5)
    read.delete_document(5, delete=False)
    assert not read.is_deleted(5)
