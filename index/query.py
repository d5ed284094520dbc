"""The query tree that engines evaluate. It does not depend on any query syntax.

Values are terms as the index holds them: `index.analysis` must be applied to a text before it becomes a node.
`weight` multiplies the score of the documents that the node matches; it never changes which documents match.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document, with the score 0."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class Term:
    """Documents that hold a term in a field (TEXT: scored by BM25; KEYWORD: as the field compares, score 0)."""

    field: str
    value: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class WeightedField:
    """A TEXT field, and how much a word counts in it beside other fields (more than 0)."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TermInFields:
    """Documents that hold a term in any of several TEXT fields, scored as one field by BM25F.

    The frequencies of the fields, each divided by the length of its text and multiplied by its weight, are added before
    they are saturated; the term is as rare as all documents that hold it in any of the fields (docs/architecture.md).
    """

    fields: tuple[WeightedField, ...]
    value: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Documents whose TEXT field holds the terms in this order, at most `slop` other positions between them in all.

    `offsets` are the terms' positions in the phrase, from 0, never falling: a gap stands for a stop word, two terms at
    one offset for a compound and its part. A piece of the text matches if it has a position for each term such that
    every step from a term to the next is at least as long as the step of their offsets, and all steps together are at
    most `slop` longer: (p[-1] - p[0]) - (offsets[-1] - offsets[0]) <= slop. The score is the sum of the scores of its
    terms, a repeated one each time. Without terms: Nothing.
    """

    field: str
    values: tuple[str, ...]
    offsets: tuple[int, ...]
    slop: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Prefix:
    """Documents that hold a term with this prefix. Each document scores `weight`, however many terms it holds.

    In a KEYWORD field, as for Wildcard and Fuzzy, values are terms, compared as the field compares, and the score is 0.
    """

    field: str
    value: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Documents that hold a term of this pattern: `*` any characters or none, `?` one. Scored as Prefix.

    The pattern is of the whole term; the characters `*` and `?` themselves cannot be searched.
    """

    field: str
    pattern: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Documents that hold a term at most `distance` edits away. Scored as Prefix.

    An edit inserts, removes or replaces a character, or swaps two neighbours; no character is edited twice (the
    optimal string alignment distance).
    """

    field: str
    value: str
    distance: int = 1
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Range:
    """Documents whose NUMBER lies in [low, high], or whose PERIOD overlaps it. None is an open end. Score 0.

    A document without a value never matches, not even a range that is open at both ends. A range whose low end lies
    above its high end matches nothing.
    """

    field: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Documents whose KEYWORD field holds any of the values, compared as the field compares them. Score 0."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Documents that match all parts; the scores add up. Without parts: Everything."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Documents that match any part; the scores of the matching parts add up. Without parts: Nothing."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Documents that do not match the part, with the score 0."""

    part: "Query"


MultiTermQuery = Prefix | Wildcard | Fuzzy
"""A query for all terms that match a pattern."""
Leaf = Everything | Nothing | Term | TermInFields | Phrase | MultiTermQuery | Range | AnyOf
Query = Leaf | And | Or | Not


def multi_term_queries(query: Query) -> tuple[MultiTermQuery, ...]:
    """The wildcards of a query, without repetition, in the order of the query."""
    return tuple(dict.fromkeys(leaf for leaf in leaves(query) if isinstance(leaf, MultiTermQuery)))


def leaves(query: Query, *, excluded: bool = True) -> Iterator[Leaf]:
    """The leaves of a query, in order; without `excluded`, not those inside Not."""
    found: list[Leaf] = []
    _add_leaves(query, excluded, found)
    return iter(found)


def _add_leaves(query: Query, excluded: bool, found: list[Leaf]) -> None:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                _add_leaves(part, excluded, found)
        case Not(part):
            if excluded:
                _add_leaves(part, True, found)
        case _:
            found.append(query)
