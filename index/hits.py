"""The results of an engine."""

from dataclasses import dataclass
from typing import NamedTuple

from index.query import MultiTermQuery


class Snippet(NamedTuple):
    """A part of a text around the matched words, cut into pieces (text, is it marked).

    Marks cover whole words as written. `start` and `end` are the place of the snippet in the text, in characters.
    """

    pieces: tuple[tuple[str, bool], ...]
    start: int
    end: int


class Hit(NamedTuple):
    """A matching document, by its key. Without `by_score` in the plan the score is 0."""

    key: str
    score: float


@dataclass(frozen=True, slots=True)
class Facet:
    """Values and how many documents hold each.

    KEYWORD: by count, the largest first, then `index.analysis.fold(value)`, then value. PERIOD: months ("2014-11"),
    ascending, then "" for the documents that have no period, if there are any.
    """

    field: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """A value of a field, and how many documents hold it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A value that is so many edits away from another one, and the number of documents that hold it."""

    value: str
    distance: int
    count: int


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The number of documents, and how many of them hold each term."""

    documents: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of hits; `total` and the facets count all of them. One facet for each request, in the same order.

    `limited` are the wildcards of the query with more terms than `Bounds.expansions`, in the order of the query.
    """

    total: int
    page: tuple[Hit, ...]
    facets: tuple[Facet, ...] = ()
    limited: tuple[MultiTermQuery, ...] = ()
