"""The content of a segment's file is read back equal."""

import os
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.whoosh_engine.checksums import Damaged
from index.whoosh_engine.storage import postings
from index.whoosh_engine.storage.array_file import ArrayFile, ArrayWriter, ranges
from index.whoosh_engine.storage.postings import Postings, PostingsReader, PostingsWriter
from index.whoosh_engine.storage.term_dictionary import TermDictionary, to_bytes, write_term_dictionary
from index.whoosh_engine.whoosh_adapter.whoosh_schema import fingerprint
from tests.factories.index import SCHEMA

DOCUMENTS = 2**20
words = st.lists(st.text("aeé*?bœ\U0001f30a\n ", max_size=6), unique=True, max_size=30).map(sorted)
# A frequency for each document, and positions for each frequency: small and large numbers, so that all bit widths
# occur.
documents = st.dictionaries(
    st.one_of(st.integers(0, 300), st.integers(0, DOCUMENTS - 1)),
    st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1)), min_size=1, max_size=4),
    min_size=1,
    max_size=8,
)


def dictionary_of(strings: list[str]) -> TermDictionary:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one"
        with path.open("wb") as stream:
            file = ArrayWriter(stream)
            write_term_dictionary(file, "words", [to_bytes(string) for string in strings])
            file.finish(0)
        return TermDictionary.read(ArrayFile(path), "words")


def test_an_array_is_read_whole_though_the_system_reads_a_part_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux reads 2 GiB at most in one call: as much as the terms of 53 million documents take."""
    path = tmp_path / "one"
    with path.open("wb") as stream:
        file = ArrayWriter(stream)
        file.put("numbers", np.arange(1000))
        file.finish(0)
    read = ArrayFile(path)
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, length, offset: pread(fd, min(length, 300), offset))
    assert read.array("numbers").tolist() == list(range(1000))


@settings(deadline=None)
@given(words, st.text("aeéb", max_size=3))
def test_a_term_dictionary_has_its_terms_and_no_others(strings: list[str], other: str) -> None:
    dictionary = dictionary_of(strings)
    assert dictionary.texts() == strings
    assert [dictionary.ordinal(to_bytes(string)) for string in strings] == list(range(len(strings)))
    assert (dictionary.ordinal(to_bytes(other)) >= 0) == (other in strings)


@settings(deadline=None)
@given(st.lists(documents, min_size=1, max_size=12), st.integers(1, 12), st.data())
def test_postings_are_read_one_by_one_and_together(
    term_documents: list[dict[int, list[int]]], cut: int, data: st.DataObject
) -> None:
    terms = [f"t{number:03}".encode() for number in range(len(term_documents))]
    term_documents = [
        {document: sorted(places) for document, places in sorted(documents.items())} for documents in term_documents
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one"
        with path.open("wb") as stream:
            file = ArrayWriter(stream)
            writer = PostingsWriter(file, "f")
            for low in range(0, len(term_documents), cut):
                writer.add(terms[low : low + cut], postings_of(term_documents[low : low + cut]))
            writer.finish()
            file.finish(DOCUMENTS)
        read = ArrayFile(path)
        reader = PostingsReader(read, read.array("f/entries"), DOCUMENTS)
        for ordinal, documents in enumerate(term_documents):
            assert reader.ids(ordinal).tolist() == list(documents)
            _, tfs = reader.frequencies(ordinal)
            assert (np.ones(len(documents)) if tfs is None else tfs).tolist() == list(map(len, documents.values()))
            assert reader.positions(ordinal).tolist() == [place for places in documents.values() for place in places]
        some = np.array(data.draw(st.lists(st.integers(0, len(term_documents) - 1), min_size=1, unique=True)))
        ids, counts = reader.many_ids(some)
        assert ids.tolist() == [document for ordinal in some.tolist() for document in term_documents[ordinal]]
        assert counts.tolist() == [len(term_documents[ordinal]) for ordinal in some.tolist()]
        even = np.arange(DOCUMENTS) % 2 == 0
        with patch.object(postings, "TOGETHER", 5):
            assert np.flatnonzero(reader.holding_any(np.sort(some))).tolist() == sorted(set(ids.tolist()))
            assert reader.counts_in(even, some).tolist() == [
                sum(document % 2 == 0 for document in term_documents[ordinal]) for ordinal in some.tolist()
            ]
        assert reader.many_positions(some).tolist() == [
            place for ordinal in some.tolist() for places in term_documents[ordinal].values() for place in places
        ]


def postings_of(term_documents: list[dict[int, list[int]]]) -> Postings:
    return Postings(
        counts=np.array([len(documents) for documents in term_documents]),
        ids=np.array([document for documents in term_documents for document in documents], np.int64),
        tfs=np.array([len(places) for documents in term_documents for places in documents.values()]),
        positions=np.array(
            [place for documents in term_documents for places in documents.values() for place in places], np.int64
        ),
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=20))
def test_ranges_are_numbers_one_after_another(pairs: list[tuple[int, int]]) -> None:
    starts, counts = [start for start, _ in pairs], [count for _, count in pairs]
    expected = [number for start, count in pairs for number in range(start, start + count)]
    assert ranges(np.array(starts, np.int64), np.array(counts, np.int64)).tolist() == expected


def test_a_foreign_file_is_reported_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "one"
    for content in (b"", b"x", b"x" * 100, bytes(1000)):
        path.write_bytes(content)
        with pytest.raises(Damaged):
            ArrayFile(path)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert fingerprint(SCHEMA) == fingerprint(SCHEMA)
    assert len(fingerprint(SCHEMA)) == 32


def test_pieces_with_their_own_checksums_are_read_together(tmp_path: Path) -> None:
    pieces = [bytes([number]) * 10 for number in range(5)]
    content = b"".join(piece + zlib.crc32(piece).to_bytes(4, "little") for piece in pieces)
    path = tmp_path / "one"
    with path.open("wb") as stream:
        file = ArrayWriter(stream)
        at = file.raw(np.frombuffer(content, np.uint8))
        file.finish(0)
    read = ArrayFile(path).checked_records([at + 14, at + 56], 14)
    assert (read[:10], read[14:24]) == (pieces[1], pieces[4])
    whole = path.read_bytes()
    for damaged in (at + 14, at + 23, at + 27):
        path.write_bytes(whole[:damaged] + bytes([whole[damaged] ^ 1]) + whole[damaged + 1 :])
        with pytest.raises(Damaged):
            ArrayFile(path).checked_records([at + 14, at + 56], 14)
        assert ArrayFile(path).checked_records([at], 14) == whole[at : at + 14]
    with pytest.raises(Damaged):
        ArrayFile(path).checked_records([len(whole) - 5], 14)
