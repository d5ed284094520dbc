"""The values of one field while documents are added, and the arrays that they become.

Only documents that hold the field leave anything here.
"""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from index.document import Value
from index.schema import Field, Kind
from index.whoosh_engine.arrays import ArrayWriter, Ids, Ints
from index.whoosh_engine.columns import Extents, write_extents
from index.whoosh_engine.keywords import write_column
from index.whoosh_engine.lexicon import to_bytes
from index.whoosh_engine.texts import GAP, in_order, write_lengths, write_tokens

Words = tuple["array[int]", "array[int]"]
"""The terms of a piece of text, as numbers of the pool, and their positions."""


class Numbers(dict[str, int]):
    """Strings, numbered as they are first met."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class GrowingText:
    """A TEXT field."""

    def __init__(self) -> None:
        self._tokens = array("i")
        self._positions = array("I")
        # One entry for each piece: its document, how many tokens it has, where its positions begin.
        self._documents, self._lengths, self._bases = array("I"), array("I"), array("I")

    def add(self, document: int, pieces: Iterable[Words]) -> None:
        """The pieces of a document that comes after all before."""
        base = 0
        for tokens, positions in pieces:
            self._tokens.extend(tokens)
            self._positions.extend(positions)
            self._documents.append(document)
            self._lengths.append(len(tokens))
            self._bases.append(base)
            base += GAP + (positions[-1] + 1 if positions else 0)

    def write(self, file: ArrayWriter, name: str, terms: list[bytes], count: int) -> None:
        """Write the field for `count` documents; `terms` are all that the pool has numbered."""
        lengths = np.array(self._lengths, np.int64)
        owners, bases = np.array(self._documents, np.uint32), np.array(self._bases, np.uint32)
        held = np.bincount(owners, weights=lengths, minlength=count).astype(np.int64)
        write_lengths(file, name, held, (owners[bases > 0], bases[bases > 0]))
        documents = np.repeat(owners, lengths)
        positions = np.array(self._positions, np.uint32) + np.repeat(bases, lengths)
        tokens = np.array(self._tokens, np.int32)
        order = in_order(documents, positions)
        if order is not None:
            tokens, documents, positions = tokens[order], documents[order], positions[order]
        write_tokens(file, name, terms, tokens, (documents, positions))


class GrowingKeywords:
    """A KEYWORD field."""

    def __init__(self) -> None:
        self._numbers = Numbers()
        self._values = array("i")
        self._documents, self._counts = array("I"), array("I")

    def add(self, document: int, values: Sequence[Value]) -> None:
        """The values of a document that comes after all before; the same one twice counts once."""
        numbers = dict.fromkeys([self._numbers[str(value)] for value in values])
        self._values.extend(numbers)
        self._documents.append(document)
        self._counts.append(len(numbers))

    def holding(self, field: Field, form: str) -> Ids:
        """The documents that hold a value of this compared form."""
        spellings = self._numbers if field.folded else ((form,) if form in self._numbers else ())
        chosen = [self._numbers[spelling] for spelling in spellings if field.compared(spelling) == form]
        if not chosen:
            return np.zeros(0, np.int32)
        owners = np.repeat(np.array(self._documents, np.int32), np.array(self._counts, np.int64))
        held: Ids = owners[np.isin(np.array(self._values, np.int32), chosen)]
        return held

    def write(self, file: ArrayWriter, field: Field, count: int) -> None:
        """Write the field for `count` documents."""
        named = sorted((to_bytes(value), number) for value, number in self._numbers.items())
        ranks = np.zeros(len(named), np.int64)
        ranks[[number for _, number in named]] = np.arange(len(named))
        counts = np.zeros(count, np.int64)
        counts[np.array(self._documents, np.int64)] = np.array(self._counts, np.int64)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
        write_column(file, field, [value for value, _ in named], starts, ranks[np.array(self._values, np.int64)])


class GrowingExtents:
    """A NUMBER or PERIOD field."""

    def __init__(self) -> None:
        self._documents = array("I")
        self._first, self._last = array("q"), array("q")

    def add(self, document: int, values: Sequence[Value]) -> None:
        """The one value of a document that comes after all before."""
        match values[0]:
            case (int(first), int(last)):
                self._first.append(first)
                self._last.append(last)
            case int(number):
                self._first.append(number)
        self._documents.append(document)

    def write(self, file: ArrayWriter, field: Field, count: int) -> None:
        """Write the field for `count` documents."""
        has = np.zeros(count, bool)
        has[np.array(self._documents, np.int64)] = True
        first = self._spread(self._first, count)
        last = first if field.kind is Kind.NUMBER else self._spread(self._last, count)
        write_extents(file, field.name, Extents(has, first, last))

    def _spread(self, values: "array[int]", count: int) -> Ints:
        spread = np.zeros(count, np.int64)
        spread[np.array(self._documents, np.int64)] = np.array(values, np.int64)
        return spread
