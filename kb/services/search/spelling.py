"""Suggest another spelling for a query that finds few results."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kb.access.actor import AccessScope, ReadableGroups
from kb.model.search_request import MATCH_ALL, SearchRequest, View
from kb.search.completion.completion import suggester_for
from kb.search.completion.surface_forms import surface_form
from kb.search.index_search import IndexAnswer
from kb.search.spelling_correction import SpellingCorrection, correct_spelling, literal_query, query_of_any_word
from kb.services.core.library import Library, require_current_index
from kb.services.search.result_types import QueryInterpretation
from kb.services.search.suggestions import narrowed_scope

FEW_RESULTS = 3
"""The most hits of a query that finds few: then even words that some items contain may be misspelt."""
_MOST_EXAMPLES = 3


def spelling_suggestion(
    library: Library, request: SearchRequest, readable: ReadableGroups, answer: IndexAnswer
) -> str | None:
    """The whole query with corrected words, if it finds more; None if there is none.

    Computed for the first page only. `answer` are the results of the request. Raises Unavailable.
    """
    if request.page > 1 or answer.planned.tree is None:
        return None
    total, inside = answer.total, narrowed_scope(readable, request)
    # If the search covers exactly these items, it has already shown for most words that some item contains them.
    known_terms = (
        answer.planned.existing if request.view is View.ITEMS and inside == readable.scope else frozenset[str]()
    )
    other = correct_spelling(library.catalogue, answer.planned.tree, inside, known_terms, rare=total <= FEW_RESULTS)
    if other is None:
        return None
    query = other.query(_surface_forms(library, other.corrections.values(), inside))
    return query if query != request.q and _finds_more(library, replace(request, q=query), readable, total) else None


def query_interpretation(
    library: Library, request: SearchRequest, readable: ReadableGroups, answer: IndexAnswer
) -> QueryInterpretation | None:
    """The words searched instead of the request's unknown words; None if no hit has any of these. `answer` are its
    results. Raises Unavailable.
    """
    used = {
        word: near
        for word, near in answer.planned.corrections.items()
        if library.catalogue.search(replace(request, q=query_of_any_word(near)), readable).count()
    }
    if not used or answer.planned.tree is None:
        return None
    forms = _surface_forms(library, {word for near in used.values() for word in near}, readable.scope)
    other = SpellingCorrection(answer.planned.tree, frozenset(), {word: near[0] for word, near in used.items()})
    others = dict.fromkeys(forms[word] for near in used.values() for word in near[1:])
    return QueryInterpretation(other.query(forms), tuple(others), literal_query(answer.planned.tree))


def _surface_forms(library: Library, words: Iterable[str], scope: AccessScope) -> Mapping[str, str]:
    index = suggester_for(library.catalogue, scope)
    holders = {word: index.holders(word, _MOST_EXAMPLES) for word in words}
    with library.store.read() as reading:
        require_current_index(library, reading)
        items = reading.items.beginnings({item_id for ids in holders.values() for item_id in ids}, scope)
    return {
        word: surface_form(word, (items[item_id] for item_id in ids if item_id in items)) or word
        for word, ids in holders.items()
    }


def _finds_more(library: Library, request: SearchRequest, readable: ReadableGroups, total: int) -> bool:
    """Whether the request finds as much or more, and one result has all the words."""
    count = library.catalogue.search(request, readable).count()
    if count != total:
        return count > total
    return total > 0 and library.catalogue.search(replace(request, match=MATCH_ALL), readable).count() > 0
