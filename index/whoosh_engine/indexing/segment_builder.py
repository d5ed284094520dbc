"""Build a segment: arrays that grow while documents are added, then are written as one file.

A document is a row of numbers (`row_buffer`): one for each value, and one for each text. A text is a list of pieces,
and a piece is a list of chunks (`text_deduplication`, `analysis_cache`). At the end rows become columns, and columns
become fields (`field_writers`); one sort makes all postings of a field (`storage.postings_writer`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from index.analysis import rules_for
from index.document import Document
from index.engine import require_indexable
from index.schema import Field, Kind, Schema
from index.whoosh_engine.indexing.analysis_cache import AnalysisCache
from index.whoosh_engine.indexing.field_writers import DistinctValues, write_text, write_values
from index.whoosh_engine.indexing.row_buffer import Numbering, RowBuffer
from index.whoosh_engine.indexing.text_deduplication import TextLayout, TextPool
from index.whoosh_engine.storage.array_file import Array, ArrayWriter, Ids
from index.whoosh_engine.storage.columns import hashes_of, write_key_hashes

CHUNKS_KEPT = 400_000
"""The chunks that a pool remembers from one segment to the next, at most."""
BYTES = 6
"""About the bytes of a token with the space after it."""


class SegmentBuffer:
    """Documents that will become segments, one for each kind. Not thread-safe."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._texts = frozenset(field.name for field in schema.fields if field.kind is Kind.TEXT)
        self._chunks = AnalysisCache()
        self._begin()

    def _begin(self) -> None:
        if len(self._chunks) > CHUNKS_KEPT:
            self._chunks = AnalysisCache()
        self.keys: dict[str, int] = {}
        self.dead: set[int] = set()
        self._bytes = 0
        self._all_keys: list[str] = []
        self._digests: list[str] = []
        self._hashes = hashes_of(())
        self._corpus = TextPool(self._chunks)
        self._distinct = {field.name: DistinctValues() for field in self._schema.fields if field.kind is not Kind.TEXT}
        self._table = RowBuffer(self._numbering, self._texts)

    def _numbering(self, name: str, rules: str) -> Numbering:
        return self._corpus.texts(rules) if self._schema[name].kind is Kind.TEXT else self._distinct[name]

    def __len__(self) -> int:
        return len(self._all_keys)

    @property
    def tokens(self) -> int:
        """About how many tokens the documents have in their largest fields, because fields are written one by one.

        In any script, this many bytes are two or three tokens at most.
        """
        return self._bytes // BYTES

    def add(self, document: Document) -> None:
        """Add a document, in place of the one with the same key.

        Raises Unindexable, or an error of the analysis, and then keeps nothing of the document.
        """
        require_indexable(document, self._schema)
        key, number = document.key, len(self._all_keys)
        digest = document.digest()
        vectors = [sum(map(len, values)) for name, values in document.values.items() if name in self._schema.vectors]  # type: ignore[arg-type]
        texts = self._table.add(rules_for(document.language), document.values)
        if key in self.keys:
            self.dead.add(self.keys[key])
        self.keys[key] = number
        self._all_keys.append(key)
        self._digests.append(digest)
        self._bytes += max((*map(self._corpus.sizes.__getitem__, texts), *vectors), default=0)

    def drop(self, field: Field, form: str) -> None:
        """Remove the documents that hold a value of this compared form."""
        if field.name == self._schema.key:
            self.dead.update({self.keys[form]} if form in self.keys else ())
            return
        chosen = self._distinct[field.name].holding(field, form)
        if chosen:
            column = self._table.columns((field.name,))[field.name]
            self.dead.update(np.flatnonzero(np.isin(column, chosen)).tolist())

    def hashes(self) -> Array:
        """The hash of the key of each document, removed ones included."""
        if len(self._hashes) < len(self):
            self._hashes = hashes_of(self._all_keys)
        return self._hashes

    def segments(self) -> Iterator["SegmentContent"]:
        """The documents as segments, one for each value of the field `apart`; the buffer is then empty."""
        terms, rows = self._chunks.ranked()
        layout = self._corpus.layout(rows)
        columns = self._table.columns(field.name for field in self._schema.fields)
        digests = np.frombuffer(bytes.fromhex("".join(self._digests)), ">u8")
        kinds = columns[self._schema.apart] if self._schema.apart else np.zeros(len(self), np.int32)
        for kind in np.unique(kinds):
            chosen = np.flatnonzero(kinds == kind)
            keys = tuple(map(self._all_keys.__getitem__, chosen.tolist()))
            some = {name: column[chosen] for name, column in columns.items()}
            hashed = (self.hashes()[chosen], digests[chosen])
            yield SegmentContent(self._schema, chosen, keys, terms, layout, some, self._distinct, hashed)
        self._begin()


@dataclass(frozen=True, slots=True)
class SegmentContent:
    """Documents of a pool that become one segment: `documents` are their numbers in the pool.

    `columns` give the contents of each field, as numbers in `layout` or `distinct`; `terms` are those that `layout`
    names; `hashed` are the hash and the digest of each document.
    """

    schema: Schema
    documents: Ids
    keys: tuple[str, ...]
    terms: list[bytes]
    layout: TextLayout
    columns: Mapping[str, Ids]
    distinct: Mapping[str, DistinctValues]
    hashed: tuple[Array, Array]

    def write(self, stream: BinaryIO) -> None:
        """Write the segment's file."""
        file = ArrayWriter(stream)
        for field in self.schema.fields:
            if field.kind is Kind.TEXT:
                write_text(file, field, self.layout, self.terms, self.columns[field.name])
            elif field.name != self.schema.key:
                write_values(file, field, self.distinct[field.name], self.columns[field.name])
        keys = DistinctValues()
        column = np.fromiter(map(keys.__getitem__, zip(self.keys, strict=True)), np.int32)
        write_values(file, self.schema[self.schema.key], keys, column)
        write_key_hashes(file, *self.hashed)
        file.finish(len(self.documents))
