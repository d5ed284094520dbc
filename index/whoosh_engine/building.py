"""Documents on their way into a segment: arrays that grow, and that become a file at once.

Nothing is kept of a token but two numbers; one sort at the end makes all postings of a field (`growing`).
"""

from array import array
from dataclasses import dataclass
from typing import BinaryIO

from index.analysis import terms_of
from index.document import Document
from index.engine import require_indexable
from index.schema import Field, Kind, Schema
from index.whoosh_engine.arrays import ArrayWriter
from index.whoosh_engine.columns import write_identities
from index.whoosh_engine.growing import GrowingExtents, GrowingKeywords, GrowingText, Numbers, Words
from index.whoosh_engine.lexicon import to_bytes

TERMS_KEPT = 400_000
"""The words that a pool remembers from one segment to the next, at most."""

_Twofold = tuple[Words, Words]
"""The same piece of text stemmed, and exact."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that fits the schema, analysed."""

    document: Document
    digest: str
    texts: list[tuple[str, list[Words]]]
    tokens: int


class Pool:
    """Documents that will be one segment. Not safe in several threads."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._terms = Numbers()
        self._exact = {field.name: field.exact for field in schema.fields if field.kind is Kind.TEXT}
        self._begin()

    def _begin(self) -> None:
        fields = self._schema.fields
        if len(self._terms) > TERMS_KEPT:
            self._terms = Numbers()
        self.keys: dict[str, int] = {}
        self.dead: set[int] = set()
        self.tokens = 0
        self._all_keys: list[str] = []
        self._digests: list[str] = []
        self._texts = {field.name: GrowingText() for field in fields if field.kind is Kind.TEXT}
        self._keywords = {field.name: GrowingKeywords() for field in fields if field.kind is Kind.KEYWORD}
        extents = {field.name: GrowingExtents() for field in fields if field.kind in (Kind.NUMBER, Kind.PERIOD)}
        self._columns: dict[str, GrowingKeywords | GrowingExtents] = {**self._keywords, **extents}

    def __len__(self) -> int:
        return len(self._all_keys)

    def prepare(self, document: Document) -> Prepared:
        """Check and analyse a document; the pool holds it only after `add`. Raises Unindexable."""
        require_indexable(document, self._schema)
        known: dict[str, _Twofold] = {}
        texts: list[tuple[str, list[Words]]] = []
        tokens = 0
        for name, exact in self._exact.items():
            values = document.values.get(name)
            if values:
                pieces = [self._words(str(text), document.language, known)[exact] for text in values]
                texts.append((name, pieces))
                tokens += sum(len(terms) for terms, _ in pieces)
        return Prepared(document, document.digest(), texts, tokens)

    def _words(self, text: str, language: str | None, known: dict[str, _Twofold]) -> _Twofold:
        # The same piece stands in several fields (a title is also text): it is analysed once.
        found = known.get(text)
        if found is None:
            terms, number = terms_of(text, language), self._terms.__getitem__
            positions = array("I", terms.positions)
            stems, exact = array("i", map(number, terms.stems)), array("i", map(number, terms.exact))
            found = known[text] = ((stems, positions), (exact, positions))
        return found

    def add(self, prepared: Prepared) -> None:
        """Hold a document, in the place of the one that bears its key."""
        document, number = prepared.document, len(self._all_keys)
        if document.key in self.keys:
            self.dead.add(self.keys[document.key])
        self.keys[document.key] = number
        self._all_keys.append(document.key)
        self._digests.append(prepared.digest)
        self.tokens += prepared.tokens
        for name, pieces in prepared.texts:
            self._texts[name].add(number, pieces)
        for name, values in document.values.items():
            column = self._columns.get(name)
            if column is not None and values and name != self._schema.key:
                column.add(number, values)
        self._columns[self._schema.key].add(number, (document.key,))

    def drop(self, field: Field, form: str) -> None:
        """Let go of the documents that hold a value of this compared form."""
        self.dead.update(self._keywords[field.name].holding(field, form).tolist())

    def write(self, stream: BinaryIO) -> None:
        """Write the segment's file, and begin again with no document."""
        file, count = ArrayWriter(stream), len(self)
        terms = list(map(to_bytes, self._terms))
        for name, text in self._texts.items():
            text.write(file, name, terms, count)
        for name, column in self._columns.items():
            column.write(file, self._schema[name], count)
        write_identities(file, map(to_bytes, self._all_keys), self._digests)
        file.finish(count)
        self._begin()
