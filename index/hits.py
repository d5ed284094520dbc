"""The results of an engine."""

from dataclasses import dataclass

from index.query import MultiTermQuery


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a text around the words found, cut into (text, is it marked) pieces.

    Marks cover whole words as written. `start` and `end` say which characters of the text are shown.
    """

    pieces: tuple[tuple[str, bool], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found, by its key. Without `by_score` in the plan the score is 0."""

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
    """The same of a value that is so many edits away from another one."""

    value: str
    distance: int
    count: int


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How many documents there are, and how many of them hold each term."""

    documents: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of hits; `total` and the facets speak of all of them. One facet for each request, in the same order.

    `cut` are the jokers of the query that stand for more terms than `Bounds.expansions`, in the order of the query.
    """

    total: int
    page: tuple[Hit, ...]
    facets: tuple[Facet, ...] = ()
    cut: tuple[MultiTermQuery, ...] = ()
