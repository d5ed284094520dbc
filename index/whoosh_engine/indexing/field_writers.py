"""Write the columns of a pool as fields of a segment: the meaning of a number in a column, and the resulting arrays.

A column gives the number of each document's value in one field, or -1 where the document lacks the field.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, count, islice
from typing import Any, assert_never

import numpy as np

from index.schema import Field, Kind
from index.whoosh_engine.indexing.analysis_cache import string_numbers
from index.whoosh_engine.indexing.row_buffer import Values
from index.whoosh_engine.indexing.text_deduplication import TextLayout
from index.whoosh_engine.storage.array_file import ArrayWriter, Ids, edges_of, ranges, starts_of
from index.whoosh_engine.storage.columns import ValueRanges, write_keyword_column, write_value_ranges
from index.whoosh_engine.storage.postings_writer import GAP, write_lengths, write_token_postings
from index.whoosh_engine.storage.term_dictionary import to_bytes
from index.whoosh_engine.storage.vectors import write_vectors


class DistinctValues(defaultdict[Values, int]):
    """The distinct values of a field, numbered in the order of their first use."""

    def __init__(self) -> None:
        super().__init__(count().__next__)
        self._multi_values: list[Values] = []
        self._scanned = 0

    def holding(self, field: Field, form: str) -> list[int]:
        """The numbers of those that hold a value of this compared form; for a KEYWORD field."""
        self._multi_values += [
            values for values in islice(reversed(self), len(self) - self._scanned) if len(values) > 1
        ]
        self._scanned = len(self)
        # If spellings are their own forms, most look-ups find nothing, and this shows it at once.
        among: Iterable[Values] = self if field.folded else ((form,), *self._multi_values)
        return [
            self[values]
            for values in among
            if values in self and any(field.compared(str(value)) == form for value in values)
        ]


def write_text(file: ArrayWriter, field: Field, layout: TextLayout, terms: list[bytes], column: Ids) -> None:
    """Write a TEXT field; the column gives numbers of texts, `terms` are all those that the texts name, sorted."""
    documents = np.flatnonzero(column >= 0)
    texts = column[documents]
    counts = layout.texts[texts + 1] - layout.texts[texts]
    pieces = layout.pieces[ranges(layout.texts[texts], counts)]
    owners = np.repeat(documents, counts)
    lengths = layout.tokens[pieces + 1] - layout.tokens[pieces]
    # The position of each piece in its document; every document has one piece at least.
    before = starts_of(layout.widths[pieces] + GAP)
    bases = before - np.repeat(before[starts_of(counts[counts > 0])], counts[counts > 0])
    doc_lengths = np.bincount(owners, weights=lengths, minlength=len(column)).astype(np.int64)
    write_lengths(file, field.name, doc_lengths, (owners[bases > 0], bases[bases > 0]))
    which = ranges(layout.tokens[pieces], lengths)
    ranks = layout.exact if field.exact else layout.stems
    occurrences = (np.repeat(owners.astype(np.int32), lengths), np.repeat(bases, lengths) + layout.positions[which])
    write_token_postings(file, field.name, terms, ranks[which], occurrences)


def write_values(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    """Write a field of another kind than TEXT."""
    match field.kind:
        case Kind.KEYWORD:
            _write_keywords(file, field, distinct, column)
        case Kind.NUMBER | Kind.PERIOD:
            _write_numbers(file, field, distinct, column)
        case Kind.VECTOR:
            _write_vectors(file, field, distinct, column)
        case Kind.TEXT:
            raise ValueError(f"{field.name!r} is a TEXT field.")
        case _:
            assert_never(field.kind)


def _write_keywords(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    used_values, indices, documents = _used(distinct, column)
    # A repeated value counts once.
    lists = [values if len(values) == 1 else tuple(dict.fromkeys(values)) for values in used_values]
    spellings = string_numbers()
    numbers = np.fromiter(map(spellings.__getitem__, map(str, chain.from_iterable(lists))), np.int64)
    named = list(map(to_bytes, spellings))
    order = sorted(range(len(named)), key=named.__getitem__)
    ranks = np.zeros(len(named), np.int64)
    ranks[order] = np.arange(len(named))
    sizes = np.fromiter(map(len, lists), np.int64, len(lists))
    counts = np.zeros(len(column), np.int64)
    counts[documents] = sizes[indices]
    ordinals = ranks[numbers[ranges(starts_of(sizes)[indices], sizes[indices])]]
    write_keyword_column(file, field, list(map(named.__getitem__, order)), edges_of(counts), ordinals)


def _write_numbers(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    used_values, indices, documents = _used(distinct, column)
    number = field.kind is Kind.NUMBER
    flat: Iterable[Any] = chain.from_iterable(used_values)
    numbers = np.fromiter(flat if number else chain.from_iterable(flat), np.int64).reshape(-1, 1 if number else 2)
    has = np.zeros(len(column), bool)
    has[documents] = True
    first = np.zeros(len(column), np.int64)
    first[documents] = numbers[indices, 0]
    last = first
    if not number:
        last = np.zeros(len(column), np.int64)
        last[documents] = numbers[indices, 1]
    write_value_ranges(file, field.name, ValueRanges(has, first, last))


def _write_vectors(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    used_values, indices, documents = _used(distinct, column)
    lists = list(map(used_values.__getitem__, indices.tolist()))
    owners = np.repeat(documents, np.fromiter(map(len, lists), np.int64, len(lists)))
    places = [place for values in lists for place in range(len(values))]
    every: Iterable[Any] = chain.from_iterable(lists)
    write_vectors(file, field.name, owners, np.array(places, np.int64), list(every))


def _used(distinct: DistinctValues, column: Ids) -> tuple[list[Values], Ids, Ids]:
    """The values that documents of this segment hold, the index among them of each document's values, and these
    documents. Documents without a value are left out, and so are values that only documents of other segments hold.
    """
    every = list(distinct)
    if every and distinct[every[-1]] != len(every) - 1:
        # A memory error between two steps of a dictionary loses a number.
        raise RuntimeError("the values of a field are not numbered one after another")
    documents = np.flatnonzero((column >= 0) & (column != distinct.get((), -1)))
    numbers = column[documents]
    used = np.zeros(len(every), bool)
    used[numbers] = True
    used_values = list(map(every.__getitem__, np.flatnonzero(used).tolist()))
    return used_values, (np.cumsum(used) - 1)[numbers], documents
