"""Notices above the results: vocabulary terms that were added to the query, and links to turn that off."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, VocabularyMode
from kb.model.vocabulary import Concept
from kb.search.index_search import label_sort_key
from kb.search.vocabulary_expansion import RecognizedConcept
from kb.services.search.result_types import SearchResults
from kb.web.ui.display_text import Link, ListingContext

MOST_VOCABULARY_LINES = 5
MOST_NEAR = 8
"""Broader or narrower concepts in a notice; the vocabulary's page has all of them."""


@dataclass(frozen=True, slots=True)
class VocabularyLine:
    """`others` are synonyms of the `words`, or narrower terms that were searched too. `ways` are links that change the
    search.
    """

    intro: str
    words: str
    others: tuple[str, ...]
    narrower_too: tuple[str, ...]
    ways: tuple[Link, ...]
    broader: tuple[Link, ...]
    narrower: tuple[Link, ...]


def vocabulary_lines(results: SearchResults, listing: ListingContext) -> tuple[VocabularyLine, ...]:
    """A notice for each recognised concept; the last one has the links to search otherwise."""
    # The same words may stand in a query several times.
    useful = {
        (group.id, concept.words, concept.concept.uri): (group, concept)
        for group, concept in results.known
        if concept.others or concept.broader or concept.narrower
    }.values()
    lines = [_line(group, concept, listing) for group, concept in islice(useful, MOST_VOCABULARY_LINES)]
    if lines:
        lines[-1] = replace(lines[-1], ways=_ways([concept for _, concept in useful], listing))
    return tuple(lines)


def _line(group: Group, concept: RecognizedConcept, listing: ListingContext) -> VocabularyLine:
    _ = listing.translator.gettext
    if not listing.request.vocabulary.adds_labels:
        intro = _("Not used, the vocabulary of “%(group)s”:", group=group.name)
    elif listing.scope.group == group.slug:
        intro = _("Vocabulary of the group:")
    else:
        intro = _("Vocabulary of “%(group)s”:", group=group.name)
    near = (_near(concept, concepts, listing) for concepts in (concept.broader, concept.narrower))
    return VocabularyLine(intro, concept.words, concept.others, concept.narrower_labels, (), *near)


def _near(recognized: RecognizedConcept, concepts: Sequence[Concept], listing: ListingContext) -> tuple[Link, ...]:
    """The same query with the name of another concept instead of the words."""
    labels = sorted({concept.label(listing.translator.language) for concept in concepts}, key=label_sort_key)
    return tuple(
        Link(label, _search(listing, _replace_words(listing.request, recognized.words, label)))
        for label in labels[:MOST_NEAR]
    )


def _replace_words(request: SearchRequest, typed: str, label: str) -> SearchRequest:
    pattern = r"\s+".join(re.escape(word) for word in typed.split())
    query = re.sub(rf"(?<!\S){pattern}(?!\S)", lambda _: label, request.q, count=1)
    return replace(request, q=query if query != request.q else label, page=1)


def _ways(concepts: Sequence[RecognizedConcept], listing: ListingContext) -> tuple[Link, ...]:
    use = listing.request.vocabulary
    _ = listing.translator.gettext
    without = (_("search without"), VocabularyMode.OFF)
    usual = (_("search with it"), VocabularyMode.ON)
    narrower = (_("search narrower terms too"), VocabularyMode.NARROWER)
    match use:
        case VocabularyMode.OFF | VocabularyMode.VERBATIM | VocabularyMode.LABELS:
            offered = [usual]
        case VocabularyMode.NARROWER:
            offered = [without, (_("search without narrower terms"), VocabularyMode.ON)]
        case _:
            # No link for words without another label: it would change nothing.
            offered = [without] if any(concept.others for concept in concepts) else []
            offered += [narrower] if any(concept.narrower for concept in concepts) else []
    return tuple(Link(label, _search(listing, listing.request.with_vocabulary(to))) for label, to in offered)


def _search(listing: ListingContext, request: SearchRequest) -> str:
    """The address of a search; from a saved search, on the search page, because a saved search is never expanded."""
    return listing.addresses.search(request) if listing.scope.saved else listing.link(request)
