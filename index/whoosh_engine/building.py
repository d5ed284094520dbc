"""Documents on their way into a segment: arrays that grow, and that become a file at once.

Nothing is kept of a token but two numbers; one sort at the end makes all postings of a field.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from index.analysis import analyse
from index.document import Document
from index.engine import require_indexable
from index.schema import Field, Kind, Schema
from index.whoosh_engine.arrays import ArrayWriter, Ids
from index.whoosh_engine.columns import write_identities, write_numbers, write_periods
from index.whoosh_engine.keywords import write_column
from index.whoosh_engine.lexicon import to_bytes
from index.whoosh_engine.texts import GAP, in_order, write_lengths, write_tokens

TERMS_KEPT = 400_000
"""The words that a pool remembers from one segment to the next, at most."""

Words = tuple["array[int]", "array[int]"]
"""The terms of a piece of text, as numbers of the pool, and their positions."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that fits the schema, analysed."""

    key: str
    digest: str
    texts: Mapping[str, tuple[Words, ...]]
    keywords: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]
    periods: Mapping[str, tuple[int, int]]


class _Numbers(dict[str, int]):
    """Strings, numbered as they are first met."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class _TextPool:
    def __init__(self) -> None:
        self.tokens = array("i")
        self.positions = array("I")
        self.documents, self.lengths, self.bases = array("I"), array("I"), array("I")

    def add(self, document: int, pieces: tuple[Words, ...]) -> None:
        base = 0
        for tokens, positions in pieces:
            self.tokens.extend(tokens)
            self.positions.extend(positions)
            self.documents.append(document)
            self.lengths.append(len(tokens))
            self.bases.append(base)
            base += GAP + (positions[-1] + 1 if positions else 0)

    def write(self, file: ArrayWriter, name: str, terms: list[bytes], count: int) -> None:
        lengths = np.frombuffer(self.lengths, np.uint32).astype(np.int64)
        owners, bases = np.frombuffer(self.documents, np.uint32), np.frombuffer(self.bases, np.uint32)
        held = np.bincount(owners, weights=lengths, minlength=count).astype(np.int64)
        write_lengths(file, name, held, (owners[bases > 0], bases[bases > 0]))
        documents = np.repeat(owners, lengths)
        positions = np.frombuffer(self.positions, np.uint32) + np.repeat(bases, lengths)
        tokens = np.frombuffer(self.tokens, np.int32)
        order = in_order(documents, positions)
        if order is not None:
            tokens, documents, positions = tokens[order], documents[order], positions[order]
        write_tokens(file, name, terms, tokens, (documents, positions))


class _KeywordPool:
    def __init__(self) -> None:
        self.numbers = _Numbers()
        self.values, self.counts = array("i"), array("I")

    def add(self, values: tuple[str, ...]) -> None:
        numbers = dict.fromkeys(map(self.numbers.__getitem__, values))
        self.values.extend(numbers)
        self.counts.append(len(numbers))

    def holding(self, field: Field, form: str) -> Ids:
        """The documents that hold a value of this compared form."""
        spellings = self.numbers if field.folded else ((form,) if form in self.numbers else ())
        chosen = [self.numbers[spelling] for spelling in spellings if field.compared(spelling) == form]
        if not chosen:
            return np.zeros(0, np.int32)
        owners = np.repeat(np.arange(len(self.counts), dtype=np.int32), np.array(self.counts, np.int64))
        return owners[np.isin(np.array(self.values, np.int32), chosen)]

    def write(self, file: ArrayWriter, field: Field) -> None:
        named = sorted((to_bytes(value), number) for value, number in self.numbers.items())
        ranks = np.zeros(len(named), np.int64)
        ranks[[number for _, number in named]] = np.arange(len(named))
        starts = np.concatenate(([0], np.cumsum(np.array(self.counts, np.int64))))
        ordinals = ranks[np.frombuffer(self.values, np.int32)] if len(self.values) else np.zeros(0, np.int64)
        write_column(file, field, [value for value, _ in named], starts, ordinals)


class Pool:
    """Documents that will be one segment. Not safe in several threads."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._terms = _Numbers()
        self._begin()

    def _begin(self) -> None:
        fields = self._schema.fields
        if len(self._terms) > TERMS_KEPT:
            self._terms = _Numbers()
        self.keys: dict[str, int] = {}
        self.dead: set[int] = set()
        self.tokens = 0
        self._count = 0
        self._keys: list[str] = []
        self._digests: list[str] = []
        self._texts = {field.name: _TextPool() for field in fields if field.kind is Kind.TEXT}
        self._keywords = {field.name: _KeywordPool() for field in fields if field.kind is Kind.KEYWORD}
        self._numbers: dict[str, list[int | None]] = {f.name: [] for f in fields if f.kind is Kind.NUMBER}
        self._periods: dict[str, list[tuple[int, int] | None]] = {f.name: [] for f in fields if f.kind is Kind.PERIOD}

    def __len__(self) -> int:
        return self._count

    def prepare(self, document: Document) -> Prepared:
        """Check and analyse a document; the pool holds it only after `add`. Raises Unindexable."""
        require_indexable(document, self._schema)
        texts: dict[str, tuple[Words, ...]] = {}
        keywords: dict[str, tuple[str, ...]] = {}
        numbers: dict[str, int] = {}
        periods: dict[str, tuple[int, int]] = {}
        known: dict[tuple[str, bool], Words] = {}
        for name, values in document.values.items():
            field = self._schema[name]
            match field.kind, values:
                case Kind.TEXT, _:
                    texts[name] = tuple(self._words(str(text), document.language, field, known) for text in values)
                case Kind.KEYWORD, _:
                    keywords[name] = tuple(map(str, values))
                case Kind.NUMBER, (int(number),):
                    numbers[name] = int(number)
                case Kind.PERIOD, ((int(first), int(last)),):
                    periods[name] = (int(first), int(last))
        keywords[self._schema.key] = (document.key,)
        return Prepared(document.key, document.digest(), texts, keywords, numbers, periods)

    def _words(self, text: str, language: str | None, field: Field, known: dict[tuple[str, bool], Words]) -> Words:
        # The same piece stands in several fields (a title is also text): it is analysed once.
        place = (text, field.exact)
        if place not in known:
            tokens = analyse(text, language, exact=field.exact)
            terms = self._terms
            known[place] = (
                array("i", [terms[token.term] for token in tokens]),
                array("I", [token.position for token in tokens]),
            )
        return known[place]

    def add(self, document: Prepared) -> None:
        """Hold a document, in the place of the one that bears its key."""
        number = self._count
        if document.key in self.keys:
            self.dead.add(self.keys[document.key])
        self.keys[document.key] = number
        self._count += 1
        self._keys.append(document.key)
        self._digests.append(document.digest)
        for name, pieces in document.texts.items():
            self._texts[name].add(number, pieces)
            self.tokens += sum(len(tokens) for tokens, _ in pieces)
        for name, keyword in self._keywords.items():
            keyword.add(document.keywords.get(name, ()))
        for name, numbers in self._numbers.items():
            numbers.append(document.numbers.get(name))
        for name, periods in self._periods.items():
            periods.append(document.periods.get(name))

    def drop(self, field: Field, form: str) -> None:
        """Let go of the documents that hold a value of this compared form."""
        self.dead.update(self._keywords[field.name].holding(field, form).tolist())

    def write(self, stream: BinaryIO) -> None:
        """Write the segment's file, and begin again with no document."""
        file = ArrayWriter(stream)
        terms = list(map(to_bytes, self._terms))
        for field in self._schema.fields:
            match field.kind:
                case Kind.TEXT:
                    self._texts[field.name].write(file, field.name, terms, self._count)
                case Kind.KEYWORD:
                    self._keywords[field.name].write(file, field)
                case Kind.NUMBER:
                    write_numbers(file, field.name, self._numbers[field.name])
                case Kind.PERIOD:
                    write_periods(file, field.name, self._periods[field.name])
        write_identities(file, [to_bytes(key) for key in self._keys], self._digests)
        file.finish(self._count)
        self._begin()
