"""Fields and schemas, free of any engine."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a field holds, and so what can be asked of it."""

    KEYWORD = "keyword"
    """Whole strings, any number of them: Term, AnyOf, facets, sorting by the first."""
    TEXT = "text"
    """Analysed text, any number of pieces: Term, Phrase, Prefix, Wildcard, Fuzzy; scored by BM25."""
    NUMBER = "number"
    """At most one signed 64-bit integer: Range, sorting."""
    PERIOD = "period"
    """At most one (first day, last day), in days since 1970-01-01: Range (overlap), month facets, sorting by first day."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema.

    `folded` (KEYWORD): values that differ only by case are the same value; a facet shows the spelling that most of
    the counted documents use, the smallest one among equals. `exact` (TEXT): words are folded, not stemmed.
    """

    name: str
    kind: Kind
    folded: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of an index. `key` names the KEYWORD field that identifies a document."""

    key: str
    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        """The field of that name; KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)
