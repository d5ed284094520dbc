"""A document as the reference engine stores it: analysed once, when it is added."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from index.analysis import analyze
from index.document import Document
from index.schema import Field, Kind, Schema

Piece = tuple[tuple[str, int], ...]
"""One piece of a text: (term, position) for each of its tokens."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One document. `strings`: the KEYWORD values as given; `pieces`, `counts` (how often each term stands there)
    and `lengths` (tokens) of the TEXT fields; `numbers`, `periods` and `vectors`. A field without a value,
    or whose text holds no word, is missing.
    """

    key: str
    digest: str
    strings: Mapping[str, tuple[str, ...]]
    pieces: Mapping[str, tuple[Piece, ...]]
    counts: Mapping[str, Mapping[str, int]]
    lengths: Mapping[str, int]
    numbers: Mapping[str, int]
    periods: Mapping[str, tuple[int, int]]
    vectors: Mapping[str, tuple[bytes, ...]]

    def terms(self, field: Field) -> Iterator[str]:
        """The terms that the document holds in a KEYWORD or TEXT field, in the compared form."""
        if field.kind is Kind.KEYWORD:
            return (field.compared(value) for value in self.strings.get(field.name, ()))
        return iter(self.counts.get(field.name, {}))


def store_document(document: Document, schema: Schema) -> StoredDocument:
    """The stored form of a document, which must fit the schema."""
    values = {name: texts for name, texts in document.values.items() if texts}
    kinds = {name: schema[name].kind for name in values}
    strings = {name: tuple(map(str, texts)) for name, texts in values.items() if kinds[name] is Kind.KEYWORD}
    read = {name: _pieces(document, schema[name]) for name in values if kinds[name] is Kind.TEXT}
    counts = {name: _sum([count for _, count in texts]) for name, texts in read.items()}
    return StoredDocument(
        key=document.key,
        digest=document.digest(),
        strings={**strings, schema.key: (document.key,)},
        pieces={name: tuple(piece for piece, _ in texts) for name, texts in read.items()},
        counts=counts,
        lengths={name: count.total() for name, count in counts.items() if count},
        numbers={name: texts[0] for name, texts in values.items() if isinstance(texts[0], int)},
        periods={name: texts[0] for name, texts in values.items() if isinstance(texts[0], tuple)},
        vectors={name: tuple(map(bytes, texts)) for name, texts in values.items() if kinds[name] is Kind.VECTOR},  # type: ignore[arg-type]
    )


def _pieces(document: Document, field: Field) -> list[tuple[Piece, Counter[str]]]:
    return [analyzed_piece(str(text), document.language, field.exact) for text in document.values[field.name]]


# The documents of an item have its texts in common.
@lru_cache(maxsize=256)
def analyzed_piece(text: str, language: str | None, exact: bool) -> tuple[Piece, Counter[str]]:
    """A piece, and how often each term stands in it."""
    piece = tuple((token.term, token.position) for token in analyze(text, language, exact=exact))
    return piece, Counter(term for term, _ in piece)


def _sum(counts: list[Counter[str]]) -> Counter[str]:
    if len(counts) == 1:
        return counts[0]
    total = Counter[str]()
    for count in counts:
        total.update(count)
    return total
