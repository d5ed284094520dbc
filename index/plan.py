"""A plan: everything that an engine needs to know to answer one search; and `Bounds`, the limits of one search."""

from dataclasses import dataclass

from index.query import Query, TermInFields


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that a user chose, under the name of the facet that shows it. Several may have one name."""

    name: str
    query: Query


@dataclass(frozen=True, slots=True)
class FacetRequest:
    """Count the values of a KEYWORD field, or the months that a PERIOD field overlaps.

    Counted over what the query and the filters find, but for the filters named `without` (a facet whose values are
    alternatives is counted without its own selection). The first `limit` values (None: all), and the `selected` ones
    always, in their place in the order, beyond the limit and even at 0. A value at 0 is spelled as `selected` says.
    Months are never cut nor added: `limit` and `selected` are for KEYWORD.
    """

    field: str
    without: str | None = None
    limit: int | None = 50
    selected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    """Sort by a field: KEYWORD by its first value, NUMBER, PERIOD by its first day. Documents without a value come
    last.

    Strings are sorted by the code points of their compared form (`Field.compared`).
    """

    field: str
    descending: bool = False


MULTI_TERM_WORDS = 10
"""A wildcard costs about as much as this many words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much one question may take. What lies beyond is left out, and the answer says so.

    Of `parse_query`, which names what is beyond in `ParsedQuery.left_out`:

    `words`: the words of a text, those of its phrases among them; a wildcard counts for MULTI_TERM_WORDS. Later
    ones are left out.
    `multi_terms`: wildcards, that is patterns (`mot*`) and misspelt words (`mot~`); `leading_wildcards`: those of them
    that begin with a sign (`*mot`), for which every term of a field is compared. One of these without two letters side
    by side (`*e*`), which stands for most terms, takes the place of all. Wildcards beyond are searched as words.
    `depth`: brackets inside brackets. Deeper ones are ignored.

    Of the callers that set `Syntax.otherwise`:

    `alternatives`: the alternative phrases that are searched for the words of a text, all together.

    Of an engine:

    `expansions`: the different terms that one wildcard of `Plan.query` may stand for, among the documents of
    `Plan.within`. Of more, only those are looked for that most of these documents hold, the first ones by code points
    among equals; `Hits.limited` names the wildcard. It is the same in every engine.
    `window_documents`, `window_occurrences`: the documents whose windows are scored (`Plan.windows`), and how often
    they hold the words of windows, all together. Beyond either, the documents with the best texts as a whole are taken.
    It is the same in every engine.
    `seconds`: how long a search may last, by the clock (None: no limit); it then ends in OutOfTime, unless other
    processes kept the processor in that time. An engine reads the clock between two steps, so that a search may last
    one step longer.

    Neither bounds `Plan.within` nor the filters: programs made these.
    """

    words: int = 300
    multi_terms: int = 10
    leading_wildcards: int = 3
    depth: int = 40
    alternatives: int = 40
    expansions: int = 200_000
    window_documents: int = 400
    window_occurrences: int = 40_000
    seconds: float | None = 10.0


DEFAULT_BOUNDS = Bounds()

K1, B = 0.7, 0.5
"""BM25: how soon more occurrences of a term stop to count, and how much a long text counts less."""


WINDOWS = (30, 100)
"""Lengths of windows, in positions of a text: about a sentence, and about a paragraph."""
WINDOW_SHARE, WHOLE_SHARE = 0.45, 0.1
"""How much the best window of each length counts, and how much that the whole text holds a word."""
WINDOWS_WEIGHT = 1.1
"""How much all of it counts beside the score of the query, times n / (n + 1) for n words: the fewer words, the likelier
some window holds all of them by chance.
"""
WINDOW_K1 = 0.15
"""K1 in a window, where a word that is repeated says little."""
WINDOW_FIRST_K1 = 0.2
"""K1 of the texts as a whole, where they are compared to choose those whose windows are scored: a text that holds more
of the words comes before one that repeats them."""


@dataclass(frozen=True, slots=True)
class WindowField:
    """A TEXT field, and the terms that are looked for in its windows. Each is as rare as in all its fields; all weights
    are more than 0.
    """

    name: str
    terms: tuple[TermInFields, ...]


@dataclass(frozen=True, slots=True)
class Windows:
    """Score documents by the best part of a long text too: the text may be about many things.

    A document scores the sum of the best windows of the fields, as in `docs/architecture.md`, if that is more than its
    score for the query.
    """

    fields: tuple[WindowField, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One search.

    The hits match `query`, every filter and `within`; only `query` scores. `within` selects the accessible documents:
    no other document is found or counted, and document frequencies, average lengths and expansions come from these
    documents alone.

    With `by_score`, hits are sorted by score first, then by `sort`; else by `sort`. The key breaks the last tie,
    ascending. BM25 as in `docs/architecture.md`: `K1`, `B`, one average length per field, and
    idf = log(1 + (N - n + 0.5) / (n + 0.5)) (Lucene's BM25Similarity, since 8.0 without the factor K1 + 1).
    With `by_score`, each of `windows` may raise scores, and changes nothing else.
    The page holds the hits from `start`, from 0, `size` of them at most: none past the end.
    """

    query: Query
    within: Query
    filters: tuple[Filter, ...] = ()
    facets: tuple[FacetRequest, ...] = ()
    sort: tuple[SortKey, ...] = ()
    by_score: bool = True
    start: int = 0
    size: int = 20
    bounds: Bounds = DEFAULT_BOUNDS
    windows: tuple[Windows, ...] = ()
