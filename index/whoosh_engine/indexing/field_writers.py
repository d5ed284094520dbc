"""Write the columns of a pool as fields of a segment: the meaning of a number in a column, and the resulting arrays.

A column gives the number of each document's value in one field, or -1 where the document lacks the field.
"""

from collections.abc import Iterable
from itertools import chain

import numpy as np

from index.schema import Field, Kind
from index.whoosh_engine.indexing.analysis_cache import StringNumbers
from index.whoosh_engine.indexing.document_rows import Values
from index.whoosh_engine.indexing.text_pieces import TextLayout
from index.whoosh_engine.storage.array_file import ArrayWriter, Ids, Ints, edges_of, ranges, starts_of
from index.whoosh_engine.storage.columns import Extents, write_extents, write_keyword_column
from index.whoosh_engine.storage.term_dictionary import to_bytes
from index.whoosh_engine.storage.token_postings import GAP, write_lengths, write_token_postings


class DistinctValues(dict[Values, int]):
    """The distinct values of a field, numbered in the order of their first use; `several` are those with more than one
    value.
    """

    def __init__(self) -> None:
        super().__init__()
        self.several: list[Values] = []

    def __missing__(self, values: Values) -> int:
        if len(values) > 1:
            self.several.append(values)
        number = self[values] = len(self)
        return number

    def holding(self, field: Field, form: str) -> list[int]:
        """The numbers of those that hold a value of this compared form; for a KEYWORD field."""
        # If spellings are their own forms, most look-ups find nothing, and this shows it at once.
        among: Iterable[Values] = self if field.folded else ((form,), *self.several)
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
    bases = _bases(layout.widths[pieces], counts[counts > 0])
    held = np.bincount(owners, weights=lengths, minlength=len(column)).astype(np.int64)
    write_lengths(file, field.name, held, (owners[bases > 0], bases[bases > 0]))
    which = ranges(layout.tokens[pieces], lengths)
    ranks = layout.exact if field.exact else layout.stems
    places = (np.repeat(owners.astype(np.int32), lengths), np.repeat(bases, lengths) + layout.places[which])
    write_token_postings(file, field.name, terms, ranks[which], places)


def _bases(widths: Ints, counts: Ints) -> Ints:
    """The position of each piece in its document; every document has one piece at least."""
    before = starts_of(widths + GAP)
    return before - np.repeat(before[starts_of(counts)], counts)


def write_values(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    """Write a field of another kind than TEXT."""
    if field.kind is Kind.KEYWORD:
        _write_keywords(file, field, distinct, column)
    else:
        _write_numbers(file, field, distinct, column)


def _write_keywords(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    spellings = StringNumbers()
    # A repeated value counts once; the row of documents without the field, number -1, is last and empty.
    # Values that only documents of other segments hold are not in this dictionary.
    used = set(column.tolist())
    held = [
        list(map(spellings.__getitem__, dict.fromkeys(map(str, values)))) if number in used else []
        for number, values in enumerate((*distinct, ()))
    ]
    named = list(map(to_bytes, spellings))
    order = sorted(range(len(named)), key=named.__getitem__)
    ranks = np.zeros(len(named), np.int64)
    ranks[order] = np.arange(len(named))
    sizes = np.fromiter(map(len, held), np.int64, len(held))
    which = ranges(starts_of(sizes)[column], sizes[column])
    ordinals = ranks[np.fromiter(chain.from_iterable(held), np.int64)[which]]
    write_keyword_column(file, field, list(map(named.__getitem__, order)), edges_of(sizes[column]), ordinals)


def _write_numbers(file: ArrayWriter, field: Field, distinct: DistinctValues, column: Ids) -> None:
    number = field.kind is Kind.NUMBER
    nothing = (0,) if number else (0, 0)
    held = (*distinct, ())
    numbers = np.array([(values if number else values[0]) if values else nothing for values in held], np.int64)
    first = numbers[column, 0]
    has = np.fromiter(map(bool, held), bool, len(held))[column]
    write_extents(file, field.name, Extents(has, first, first if number else numbers[column, 1]))
