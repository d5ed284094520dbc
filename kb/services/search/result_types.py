"""The results of a search: one value used by the page, the API and the command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.index_search import IgnoredPart
from kb.search.marks import MatchedText
from kb.search.vocabulary_expansion import RecognizedConcept


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One hit: an item, or, with view=passages, one annotation of it. No `score` if the order is not by relevance.

    Of an item with many or long texts it has the beginning only (`Item.annotation_count`).
    `is_in_file`: a match in the text of its page is in that of its file. Without `has_words`, only its
    embeddings are near that of the question: `matches` has the beginning of the nearest text. `has_text`: its page or
    file has a text.
    """

    item: Item
    group: Group
    annotation: Annotation | None
    score: float | None
    matches: tuple[MatchedText, ...]
    is_in_file: bool = False
    has_words: bool = True
    has_text: bool = False


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence that answers a question, as it stands in a passage (`annotation`) or in the kept text of an item.

    `score` is from 0 to 1. `is_in_file`: the kept text is that of the item's file.
    """

    text: str
    item: Item
    group: Group
    annotation: Annotation | None
    score: float
    is_in_file: bool = False


class FacetValue(NamedTuple):
    """A value of a facet; `imported`: it is an imported author, who has no account.

    A named tuple and not a dataclass, which takes three times as long to make: results have hundreds of months.
    """

    value: str
    label: str
    count: int  # type: ignore[assignment] # it replaces the method of tuples
    selected: bool
    imported: bool = False


@dataclass(frozen=True, slots=True)
class QueryInterpretation:
    """The words that were searched instead of query words that no document contains.

    `query` is the whole query with the likeliest words, `others` are further words that were searched; `literal` is a
    query for exactly what was typed, if it is not too long. `unquoted`: quoted parts of a sentence were
    searched as plain words.
    """

    query: str
    others: tuple[str, ...]
    literal: str | None
    unquoted: bool = False


@dataclass(frozen=True, slots=True)
class SearchResults:
    """One page of a search.

    `facets`: tag, author, source, language, kind, group, date (months, "" for none) and year (years that have hits).
    `left_out` are the parts of the query that were not searched as typed; `suggestion` is another spelling of the whole
    query, or None: the one that was searched, if there is an `interpretation`. `known` are the words that vocabularies
    of groups contain, each with the group. `is_behind`: the index does not have the actor's last change yet.
    `missing`: words of the query that no readable document has; empty if nothing was found. `is_strict`: the search
    page would have expanded the query, or tried it without its quotation marks; this search followed the letter.
    `total` and the facets count what holds words of the query; `without_words` counts the hits beside them, on all
    pages. `is_fused`: the order is also by the embedding of the question. `answers` are sentences that answer a
    question, the best first.
    """

    request: SearchRequest
    total: int
    rows: tuple[SearchHit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    left_out: tuple[IgnoredPart, ...]
    suggestion: str | None
    took_ms: float
    interpretation: QueryInterpretation | None = None
    known: tuple[tuple[Group, RecognizedConcept], ...] = ()
    is_behind: bool = False
    missing: tuple[str, ...] = ()
    is_strict: bool = False
    without_words: int = 0
    is_fused: bool = False
    answers: tuple[AnswerSentence, ...] = ()

    @property
    def listed(self) -> int:
        """The number of hits on all pages."""
        return self.total + self.without_words

    @property
    def range(self) -> tuple[int, int] | None:
        """The first and last hit of this page, from 1; None for an empty page."""
        return result_range(self.request, len(self.rows))


def result_range(request: SearchRequest, shown: int) -> tuple[int, int] | None:
    """The positions, from 1, of the first and the last hit on a page; None for an empty page."""
    first = (request.page - 1) * request.per_page + 1
    return (first, first + shown - 1) if shown else None
