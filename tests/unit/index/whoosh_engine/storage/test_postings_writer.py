"""Tokens become sorted postings, with numbers of any size."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.whoosh_engine.storage import postings_writer
from index.whoosh_engine.storage.array_file import ArrayFile, ArrayWriter
from index.whoosh_engine.storage.postings import PostingsReader
from index.whoosh_engine.storage.postings_writer import write_token_postings

TERMS = [f"t{number:05}".encode() for number in range(3000)]
LARGE = (2**20, 2**32)
"""Numbers of documents and positions that do not fit into 64 bits beside a term."""


@pytest.mark.parametrize("most", [(40, 40), LARGE])
@settings(deadline=None)
@given(st.data())
def test_tokens_in_any_order_become_postings(most: tuple[int, int], data: st.DataObject) -> None:
    few = st.sampled_from([0, 1, 2, 7, 2999])
    places = st.tuples(*(st.one_of(st.integers(0, 3), st.integers(0, limit - 1)) for limit in most))
    tokens = data.draw(st.lists(st.tuples(few, places), max_size=40))
    if most == LARGE:
        tokens.append((0, (most[0] - 1, most[1] - 1)))
    ranks = np.array([rank for rank, _ in tokens], np.int32)
    documents = np.array([document for _, (document, _) in tokens], np.int32)
    positions = np.array([position for _, (_, position) in tokens], np.int64)
    with TemporaryDirectory() as folder, patch.object(postings_writer, "STRETCH", 3):
        path = Path(folder) / "one"
        with path.open("wb") as stream:
            file = ArrayWriter(stream)
            write_token_postings(file, "body", TERMS, ranks, (documents, positions))
            file.finish(most[0])
        whole = ArrayFile(path)
        reader = PostingsReader(whole, whole.array("body/entries"), most[0])
        read = [
            (rank, document, position)
            for ordinal, rank in enumerate(sorted(set(ranks.tolist())))
            for document, position in zip(_documents(reader, ordinal), reader.positions(ordinal).tolist(), strict=True)
        ]
    assert read == sorted((rank, document, position) for rank, (document, position) in tokens)


def _documents(reader: PostingsReader, ordinal: int) -> list[int]:
    ids, tfs = reader.frequencies(ordinal)
    repeated: list[int] = np.repeat(ids, 1 if tfs is None else tfs).tolist()
    return repeated
