"""Segments for searches: files that never change, read piece by piece into a cache.

A segment outlives many commits: a deletion is a mask over it (`SegmentView`) and changes no byte of its file.
"""

import weakref
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from index.query import Query
from index.schema import Field, Kind, Schema
from index.whoosh_engine.checksums import Damaged
from index.whoosh_engine.storage.array_file import Array, ArrayFile, Ids, Mask, ranges
from index.whoosh_engine.storage.cache import Cache, size_in_bytes
from index.whoosh_engine.storage.columns import (
    DIGESTS,
    HASHES,
    KEY_HASHES,
    KeywordColumn,
    ValueRanges,
    read_keyword_column,
    read_value_ranges,
)
from index.whoosh_engine.storage.postings import FrequencyNorms, PostingsReader, TokenPostings, frequency_norms_of
from index.whoosh_engine.storage.process_shared_values import LEAST
from index.whoosh_engine.storage.term_dictionary import TermDictionary, to_bytes

T = TypeVar("T")
S = TypeVar("S")

Key = tuple[str | int | Query | None, ...]
"""Names a value of a segment in all processes."""
_TERM_BYTES = 8
"""Bytes that a value of a term takes for each document, at least where it is large."""
MOST_ORDINALS = 20_000
"""Terms of which a segment remembers where they stand."""


class Segment:
    """The file of one segment. Thread-safe: all that it returns is read-only."""

    def __init__(self, path: Path, schema: Schema, cache: Cache) -> None:
        self.path = path
        self._mark = str(path)
        self.schema = schema
        self.file = ArrayFile(path)
        self.documents = self.file.documents
        self._cache = cache
        # The cache of a segment is freed with it: a busy index makes and drops several a second.
        weakref.finalize(self, cache.leave, self._mark)
        self._ordinals: dict[tuple[str, str], int] = {}

    def cached(self, key: Key, make: Callable[[], T], size: Callable[[T], int] = size_in_bytes) -> T:
        """A cached value that is computed from this segment and the key alone: other processes may share it."""
        return self._cache.get(key, make, size, self._mark, is_shared=_always)

    @property
    def room(self) -> int:
        """Bytes of values that stay in the cache together, with those of other segments."""
        return self._cache.room

    def cached_here(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """A cached value that only this process can use."""
        return self._cache.get(key, make, owner=self._mark)

    def cached_of_term(self, name: str, part: str, ordinal: int, make: Callable[[], T]) -> T:
        """A cached value that is computed from the postings of one term. To look for those of rare terms among shared
        values would take longer than to make them.
        """
        return self._cache.get(
            (name, part, ordinal),
            make,
            owner=self._mark,
            is_shared=lambda: _TERM_BYTES * self.frequency(name, ordinal) >= LEAST,
        )

    def array(self, name: str) -> Array:
        """A whole array of the file."""
        return self.cached((name,), lambda: self.file.array(name))

    def term_dictionary(self, name: str) -> TermDictionary:
        """The terms of a field (its compared forms, when it is folded)."""
        return self.cached((name, "term_dictionary"), lambda: TermDictionary.read(self.file, f"{name}/terms"))

    def spellings(self, field: Field) -> TermDictionary:
        """The values of a KEYWORD field as given."""
        if not field.folded:
            return self.term_dictionary(field.name)
        return self.cached(
            (field.name, "spellings"),
            lambda: TermDictionary.read(self.file, f"{field.name}/spellings"),
        )

    def postings(self, name: str) -> PostingsReader:
        """The postings of a field."""
        return PostingsReader(self.file, self.array(f"{name}/entries"), self.documents)

    def column(self, field: Field) -> KeywordColumn:
        """The KEYWORD values of each document."""
        return self.cached((field.name, "column"), lambda: read_keyword_column(self.file, field))

    def second_spellings(self, field: Field) -> tuple[Array, Array]:
        """`KeywordColumn.twice` alone: a facet needs it after its table is made."""
        return self.cached((field.name, "twice"), lambda: self.column(field).twice)

    def value_ranges(self, name: str) -> ValueRanges:
        """The NUMBER or PERIOD of each document."""
        return self.cached((name, "value_ranges"), lambda: read_value_ranges(self.file, name))

    def lengths(self, name: str) -> Array:
        """The number of tokens of a TEXT field in each document; 0 where it is not held."""
        return self.array(f"{name}/lengths")

    @property
    def side(self) -> bytes:
        """The kind of its documents: their value of the field `apart`; empty without such a field."""
        name = self.schema.apart
        return next(iter(self.term_dictionary(name)), b"") if name else b""

    def ordinal(self, name: str, term: str) -> int:
        """The ordinal of a term of a field, -1 if no document holds it."""
        ordinal = self._ordinals.get((name, term))
        if ordinal is None:
            ordinal = self.term_dictionary(name).ordinal(to_bytes(term))
            if len(self._ordinals) >= MOST_ORDINALS:
                self._ordinals.clear()
            self._ordinals[name, term] = ordinal
        return ordinal

    def occurrences(self, name: str, ordinal: int) -> int:
        """How often a term of a TEXT field occurs."""
        return int(self.array(f"{name}/entries")["occurrences"][ordinal])

    def frequency(self, name: str, ordinal: int) -> int:
        """How many documents hold a term."""
        return int(self.array(f"{name}/entries")["documents"][ordinal])

    def everything(self) -> Ids:
        """All documents."""
        return self.cached(("everything",), lambda: np.arange(self.documents, dtype=np.intp))

    def ids(self, name: str, ordinal: int) -> Ids:
        """The documents that hold a term, ascending."""
        if self.schema[name].kind is Kind.TEXT:
            return self.frequency_norms(name, ordinal).ids
        return self.cached_of_term(name, "ids", ordinal, lambda: self.postings(name).ids(ordinal))

    def frequency_norms(self, name: str, ordinal: int) -> FrequencyNorms:
        """The documents of a term of a TEXT field, with the numbers that scores depend on."""

        def look() -> FrequencyNorms:
            ids, tfs = self.postings(name).frequencies(ordinal)
            return frequency_norms_of(ids, tfs, self.lengths(name), self.width(name))

        return self.cached_of_term(name, "norms", ordinal, look)

    def width(self, name: str) -> int:
        """One more than the number of tokens of the longest text of a field."""
        return self.cached_here((name, "width"), lambda: int(self.lengths(name).max(initial=0)) + 1)

    def tfs(self, name: str, ordinal: int) -> Array | None:
        """How often each document that holds a term of a TEXT field does; None when each does once."""
        return self.frequency_norms(name, ordinal).tfs

    def tokens(self, name: str, ordinal: int) -> TokenPostings:
        """The postings of a term of a TEXT field, with positions."""
        return self.cached_of_term(
            name, "tokens", ordinal, lambda: self.postings(name).tokens(ordinal, self.token_ids(name, ordinal))
        )

    def token_ids(self, name: str, ordinal: int) -> Ids:
        """The documents of `tokens`, which can be known before their frequencies and positions are read."""
        return self.cached_of_term(name, "token ids", ordinal, lambda: self.postings(name).ids(ordinal))

    def position_starts(self, name: str, ordinal: int) -> Array:
        """Where in the positions of a term those of each document begin, if some document holds it several times."""

        def look() -> Array:
            tfs = self.tokens(name, ordinal).tfs
            if tfs is None:
                return np.zeros(0, np.uint32)
            starts: Array = np.cumsum(tfs, dtype=np.uint32)
            starts -= tfs
            return starts

        return self.cached_of_term(name, "starts", ordinal, look)

    def keys(self) -> list[str]:
        """The key of every document."""
        texts = self.term_dictionary(self.schema.key).texts()
        return [texts[ordinal] for ordinal in self.key_ordinals().tolist()]

    def key_ordinals(self) -> Array:
        """The key of every document, as its ordinal: each has one key, so that this is all of the column."""
        return self.array(f"{self.schema.key}/ordinals")

    def some_keys(self, documents: Array) -> list[str]:
        return self.term_dictionary(self.schema.key).some(self.key_ordinals().take(documents).astype(np.intp))

    def documents_with_keys(self, keys: Container[str], hashes: Array) -> Ids:
        """The documents that bear one of these keys, given with the keys' hashes."""
        known = self.array(HASHES)
        low = np.searchsorted(known, hashes, "left")
        counts = np.searchsorted(known, hashes, "right") - low
        ids = self.array(KEY_HASHES)[ranges(low, counts)].astype(np.int32)
        pairs = zip(ids.tolist(), self.some_keys(ids), strict=True)
        return np.array([document for document, key in pairs if key in keys], np.int32)


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A segment without its deleted documents: `deleted`, ascending. `live` is None if there are none."""

    segment: Segment
    live: Mask | None
    deleted: Ids

    @property
    def count(self) -> int:
        """The number of documents left."""
        return self.segment.documents if self.live is None else int(np.count_nonzero(self.live))

    def entries(self) -> Iterator[tuple[str, str]]:
        """Key and digest of each document that is left."""
        pairs = zip(self.segment.keys(), self.segment.array(DIGESTS).tolist(), strict=True)
        alive = [True] * self.segment.documents if self.live is None else self.live.tolist()
        return ((key, f"{digest:016x}") for (key, digest), lives in zip(pairs, alive, strict=True) if lives)


def segment_view(segment: Segment, deleted: Ids) -> SegmentView:
    """The segment without the deleted documents, which are given ascending."""
    deleted = deleted.astype(np.intp)
    if not len(deleted):
        return SegmentView(segment, None, deleted)
    if deleted[-1] >= segment.documents:
        raise Damaged(f"{segment.path.name} has fewer documents than were deleted")
    live = np.ones(segment.documents, bool)
    live[deleted] = False
    live.flags.writeable = False
    return SegmentView(segment, live, deleted)


def segments_by_kind(segments: Iterable[S], side: Callable[[S], bytes]) -> list[list[S]]:
    """Segments by the kind of their documents, as `side` gives it: only segments of one kind are merged."""
    kinds: dict[bytes, list[S]] = {}
    for segment in segments:
        kinds.setdefault(side(segment), []).append(segment)
    return list(kinds.values())


def _always() -> bool:
    return True
