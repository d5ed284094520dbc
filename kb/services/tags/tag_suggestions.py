"""Tag suggestions for an item before it is saved, taken only from the item's group.

Four facts rank a tag: the page's text contains a term of the group's vocabulary, the page lists it as a keyword, its
words are in the page, or similar items have it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import log1p

from kb.access.actor import AccessScope, Action, Actor, ReadableGroups
from kb.access.permissions import require_permission
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.index_search import label_sort_key
from kb.search.more_like_this import items_similar_to_unsaved
from kb.search.vocabulary_expansion import LabelOccurrences, VocabularyMatcher
from kb.services.core.library import Library, require_current_index

MOST_SUGGESTED_TAGS = 12
_MOST_CHARACTERS_READ = 8_000
"""Characters of a page that are analysed: the beginning says what it is about."""
_MOST_TAGS_READ = 2_000
"""Tags of a group that are looked for in the page: the most used ones."""
_FEWEST_ITEMS = 2
"""Items that must have a tag which is suggested for its words alone."""
_MOST_SIMILAR_ITEMS = 10
_FEWEST_SIMILAR_ITEMS = 2
"""Similar items that must have a tag which is suggested because of them alone."""
_TERM, _KEYWORD, _TITLE, _TEXT, _LIKE = 4.0, 3.0, 3.0, 1.0, 2.5
"""The weight of each reason. A term of the vocabulary comes first: that is what a vocabulary is for."""


TagWeights = dict["SuggestionReason", defaultdict[str, float]]


class SuggestionReason(StrEnum):
    """The strongest reason why a tag is suggested."""

    TERM = "term"
    PAGE = "page"
    LIKE = "like"


@dataclass(frozen=True, slots=True)
class PageToTag:
    """The data of a page before it is saved: `keywords` are the page's own, `selected` its tags already."""

    title: str = ""
    description: str = ""
    text: str = ""
    quotes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is no data for suggestions."""
        return not any((self.title, self.description, self.text, *self.quotes, *self.keywords))


@dataclass(frozen=True, slots=True)
class TagSuggestion:
    """A tag in the group's spelling, and the reason."""

    label: str
    reason: SuggestionReason


def suggested_tags(library: Library, actor: Actor, slug: str, about: PageToTag) -> tuple[TagSuggestion, ...]:
    """Suggested tags for a page, terms of the vocabulary first. Raises NotFound, Forbidden, Unavailable."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        if about.is_empty:
            return ()
        require_current_index(library, reading)
        matchers = library.vocabulary_cache.of(reading, [group])
    readable = ReadableGroups.of([group])
    counts = library.catalogue.search(SearchRequest(), readable).values("tag")
    known = {label_sort_key(tag): tag for tag, _ in reversed(counts)}
    weights: TagWeights = {reason: defaultdict(float) for reason in SuggestionReason}
    title = LabelOccurrences.of(about.title)
    body = LabelOccurrences.of(_page_text(about))
    for label, times in _terms_in_page(matchers, about, library.settings.language):
        weights[SuggestionReason.TERM][known.get(label_sort_key(label).strip(), label)] += _TERM + log1p(times)
    for keyword in about.keywords:
        if (tag := known.get(label_sort_key(keyword).strip())) is not None:
            weights[SuggestionReason.PAGE][tag] += _KEYWORD
    for tag, count in counts[:_MOST_TAGS_READ]:
        if count >= _FEWEST_ITEMS and (in_title := title.times(tag)) + (in_body := body.times(tag)):
            weights[SuggestionReason.PAGE][tag] += _TITLE * bool(in_title) + _TEXT * log1p(in_body)
    for tag, share in _tags_of_similar_items(library, readable.scope, group, about):
        weights[SuggestionReason.LIKE][tag] += _LIKE * share
    return tuple(_ranked_suggestions(weights, about.selected))


def _page_text(about: PageToTag) -> str:
    return "\n".join((about.description, *about.quotes, *about.keywords, about.text))[:_MOST_CHARACTERS_READ]


def _terms_in_page(matchers: Iterable[VocabularyMatcher], about: PageToTag, language: str) -> Iterator[tuple[str, int]]:
    words = tuple(f"{about.title}\n{_page_text(about)}".split())
    for matcher in matchers:
        named = Counter(concept.label(language) for match in matcher.find(words) for concept in match.concepts)
        yield from named.items()


def _tags_of_similar_items(
    library: Library, scope: AccessScope, group: Group, about: PageToTag
) -> Iterator[tuple[str, float]]:
    item = Item("", group.id, 0, title=about.title or None, description=_page_text(about) or None)
    items = items_similar_to_unsaved(library.catalogue, item, scope, _MOST_SIMILAR_ITEMS)
    with library.store.read() as reading:
        alike = [similar for similar in reading.items.beginnings(items.ids, scope).values() if items.holds(similar)]
    votes, written = Counter[str](), dict[str, str]()
    for similar in alike:
        for tag in similar.tags:
            votes[label_sort_key(tag)] += 1
            written.setdefault(label_sort_key(tag), tag)
    for form, count in votes.items():
        if count >= _FEWEST_SIMILAR_ITEMS:
            yield written[form], count / len(alike)


def _ranked_suggestions(weights: TagWeights, selected: Iterable[str]) -> Iterator[TagSuggestion]:
    """Terms of the vocabulary, then the others, each kind by weight, without the tags chosen already."""
    total, reasons, written = defaultdict[str, float](float), dict[str, SuggestionReason](), dict[str, str]()
    for reason in SuggestionReason:
        for tag, weight in weights[reason].items():
            form = label_sort_key(tag)
            total[form] += weight
            reasons.setdefault(form, reason)
            written.setdefault(form, tag)
    taken = {label_sort_key(tag).strip() for tag in selected}
    best = sorted(
        (form for form in total if form not in taken),
        key=lambda form: (reasons[form] is not SuggestionReason.TERM, -total[form], form),
    )
    for form in best[:MOST_SUGGESTED_TAGS]:
        yield TagSuggestion(written[form], reasons[form])
