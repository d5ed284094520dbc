"""Fields and schemas, independent of any engine."""

import unicodedata
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """The kind of a field: its values and the possible queries."""

    KEYWORD = "keyword"
    """Whole strings, any number of them: Term, AnyOf, Prefix, Wildcard, Fuzzy; facets; sorting by the first."""
    TEXT = "text"
    """Analysed text, any number of pieces: Term, Phrase, Prefix, Wildcard, Fuzzy; scored."""
    NUMBER = "number"
    """At most one signed 64-bit integer: Range, sorting."""
    PERIOD = "period"
    """At most one (first day, last day), in days since 1970-01-01, from year 1 to 9999: Range (overlap), month facets,
    sorting by first day."""
    VECTOR = "vector"
    """Any number of embeddings, as `index.quantize` makes them: a little-endian float32, the scale, then a signed byte
    for each dimension, to be multiplied by the scale. `b""` takes the place of a vector that does not exist yet.
    Vectors of different dimensions may meet: `Engine.nearest` compares those of the question's dimension."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema.

    `folded` (KEYWORD): values that differ only by case are equal; a facet shows the spelling of most of the counted
    documents, the smallest one of equals. `exact` (TEXT): words are folded, not stemmed.
    """

    name: str
    kind: Kind
    folded: bool = False
    exact: bool = False

    def compared(self, value: str) -> str:
        """The form in which values are compared and sorted; terms of a TEXT field do not change."""
        return unicodedata.normalize("NFC", value).casefold() if self.folded else value


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of an index. `key` names the KEYWORD field that identifies a document: it holds `Document.key`.

    `apart` names a KEYWORD field that divides the documents into kinds that are seldom searched together: an engine may
    store them apart, so that a search of one kind costs nothing for the others. No answer depends on it. Raises
    ValueError if two fields have one name, or if `key` or `apart` is not a case-sensitive KEYWORD field.
    """

    key: str
    fields: tuple[Field, ...]
    apart: str | None = None
    texts: frozenset[str] = field(init=False, repr=False, compare=False)
    numbers: frozenset[str] = field(init=False, repr=False, compare=False)
    periods: frozenset[str] = field(init=False, repr=False, compare=False)
    vectors: frozenset[str] = field(init=False, repr=False, compare=False)
    """The names of the fields that hold strings (KEYWORD, TEXT), numbers, periods and vectors."""
    _named: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        object.__setattr__(self, "_named", dict(zip(names, self.fields, strict=True)))
        object.__setattr__(self, "texts", self._of(Kind.KEYWORD, Kind.TEXT))
        object.__setattr__(self, "numbers", self._of(Kind.NUMBER))
        object.__setattr__(self, "periods", self._of(Kind.PERIOD))
        object.__setattr__(self, "vectors", self._of(Kind.VECTOR))
        if len(set(names)) < len(names):
            raise ValueError("Two fields of the schema have the same name.")
        for name in (self.key, self.apart or self.key):
            if name not in names or self[name].kind is not Kind.KEYWORD or self[name].folded:
                raise ValueError(f"The field {name!r} must be a KEYWORD field, not folded.")

    def _of(self, *kinds: Kind) -> frozenset[str]:
        return frozenset(field.name for field in self.fields if field.kind in kinds)

    def __getitem__(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        return self._named[name]
