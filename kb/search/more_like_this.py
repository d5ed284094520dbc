"""Find items that resemble an item: those that hold its most characteristic words.

A word is characteristic of an item if it is frequent in the item and rare in others (tf-idf; Lucene's MoreLikeThis
chooses words the same way).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from math import inf, log
from operator import or_

from index import Engine, Hit, Or, Phrase, Plan, Query, SortKey, Term, analyze, fold
from kb.access.actor import AccessScope
from kb.model.items.item import Item
from kb.model.search_request import View
from kb.search.documents import id_from_key, item_key
from kb.search.index_search import Catalogue, index_errors_translated
from kb.search.query_planning import accessible_documents
from kb.search.query_syntax import LANGUAGES

_ANY_LANGUAGE = (None, *LANGUAGES)
_MOST_TEXTS = 100
_MOST_CHARACTERS = 20_000
"""Texts of an item that are looked at, and characters of them all: this is done at each visit of its page."""
_MOST_TERMS = 300
"""Words of an item of which one asks how rare they are: those that it says most."""
_MOST_WORDS = 12
_TITLE_WEIGHT = 3
"""How often a word of the title counts."""
_TAG_WEIGHT = 2.0
"""How much more the words of a tag weigh."""
_COMMON, _SHARE = 100, 10
"""A word tells nothing that more items hold than so many, and than one in so many."""
_LEAST_SHARE_OF_OWN_SCORE = 0.25
"""The least share of an item's own score: on real pages, items below it have rare words in common by chance."""
_LEAST_SHARE_OF_BEST_SCORE = 0.5
"""The same for what is in no library: what it must have of the score of the one that is most like it."""
_MOST_TAG_WORDS = 5
"""Words of a tag that are looked for one after the other: a longer tag is found by its first ones."""
_MOST_PHRASE_WORDS = 120
"""Words of all tags that are looked for, in all languages: the first tags are."""
_MOST_SHARE_IN_PHRASE = 4
"""A tag of several words tells nothing if more than one item in so many holds each of them. To look for it would take
as long as there are places where its words stand."""
_IN_COMMON = 2
"""Words and tags that it must have in common with it."""


@dataclass(frozen=True, slots=True)
class SimilarItems:
    """The characteristic words and folded tags of an item, and the ids of similar items, most similar first."""

    words: frozenset[str]
    tags: Mapping[str, frozenset[str]]
    ids: tuple[str, ...]

    def holds(self, item: Item) -> bool:
        """Whether an item in its present state has enough in common with it; a word that is also a tag counts once."""
        tags = [words for tag, words in self.tags.items() if tag in map(fold, item.tags)]
        words = self.words.intersection(_count_terms(item)).difference(*tags)
        return len(words) + len(tags) >= _IN_COMMON


def items_similar_to_unsaved(catalogue: Catalogue, item: Item, scope: AccessScope, limit: int) -> SimilarItems:
    """Items that resemble an unsaved item, by the words of the most similar ones. Raises Unavailable."""
    words, hits = _similar_hits(catalogue, item, (), scope, limit)
    alike = tuple(id_from_key(hit.key) for hit in hits if hit.score >= _LEAST_SHARE_OF_BEST_SCORE * hits[0].score)
    return SimilarItems(words, {}, alike)


def items_similar_to_saved(catalogue: Catalogue, item: Item, scope: AccessScope, limit: int) -> SimilarItems:
    """Items that resemble a saved item, in a scope that holds it. Raises Unavailable."""
    words, hits = _similar_hits(catalogue, item, item.tags, scope, limit + 1)
    own = next((hit.score for hit in hits if hit.key == item_key(item.id)), inf)
    alike = tuple(
        id_from_key(hit.key)
        for hit in hits
        if hit.key != item_key(item.id) and hit.score >= _LEAST_SHARE_OF_OWN_SCORE * own
    )
    tags = {
        fold(tag): frozenset(term for language in _ANY_LANGUAGE for term in _tag_terms(tag, language)[0])
        for tag in item.tags
    }
    return SimilarItems(words, tags, alike)


def _similar_hits(
    catalogue: Catalogue, item: Item, tags: Sequence[str], scope: AccessScope, size: int
) -> tuple[frozenset[str], Sequence[Hit]]:
    """The characteristic words of an item, and the documents that hold most of them and of its tags."""
    within = accessible_documents(View.ITEMS, scope)
    with index_errors_translated():
        words = _significant_terms(catalogue.engine, _count_terms(item), within)
        phrases = distinctive_phrases(catalogue.engine, tag_phrases(tags), within) if tags else ()
        query = Or((*(Term("text", word) for word in words), *phrases))
        plan = Plan(query, within, sort=(SortKey("order"),), size=size)
        return frozenset(words), catalogue.engine.search(plan).page if query.parts else ()


def _significant_terms(engine: Engine, terms: Counter[str], within: Query) -> list[str]:
    """The most characteristic words of an item; a word that only this item holds is useless."""
    often = dict(terms.most_common(_MOST_TERMS))
    frequencies = engine.frequencies("text", tuple(often), within)
    most = max(_COMMON, frequencies.documents // _SHARE)
    weights = {
        term: (1 + log(times)) * log(frequencies.documents / count)
        for (term, times), count in zip(often.items(), frequencies.counts, strict=True)
        if 1 < count <= most
    }
    return sorted(weights, key=lambda term: (-weights[term], term))[:_MOST_WORDS]


def _count_terms(item: Item) -> Counter[str]:
    """The stemmed words of an item, with their weights.

    In the language of the item; if that is unknown, in each that it may be in.
    """
    terms = Counter[str]()
    languages = (item.language,) if item.language else _ANY_LANGUAGE
    remaining = _MOST_CHARACTERS
    for text, times in islice(_texts(item), _MOST_TEXTS):
        part = text[:remaining]
        remaining -= len(part)
        each = (Counter(token.term for token in analyze(part, language)) for language in languages)
        for term, count in reduce(or_, each).items():
            if len(term) > 1 and not term.isdigit():
                terms[term] += times * count
    return terms


def _texts(item: Item) -> Iterator[tuple[str, int]]:
    """The texts that say what an item is about, with their weights."""
    if item.title:
        yield item.title, _TITLE_WEIGHT
    if item.description:
        yield item.description, 1
    for annotation in item.annotations:
        if annotation.quote:
            yield annotation.quote, 1


def tag_phrases(tags: Iterable[str]) -> tuple[Phrase, ...]:
    """The words of each tag as a phrase, in any language; without repetition."""
    every = (_tag_terms(tag, language) for tag in tags for language in _ANY_LANGUAGE)
    phrases: list[Phrase] = []
    remaining = _MOST_PHRASE_WORDS
    for terms, positions in dict.fromkeys((each[0][:_MOST_TAG_WORDS], each[1][:_MOST_TAG_WORDS]) for each in every):
        remaining -= len(terms)
        if terms and remaining >= 0:
            offsets = tuple(position - positions[0] for position in positions)
            phrases.append(Phrase("text", terms, offsets, weight=_TAG_WEIGHT))
    return tuple(phrases)


def distinctive_phrases(engine: Engine, phrases: Sequence[Phrase], within: Query) -> tuple[Phrase, ...]:
    """The phrases of one word, and those with a word that is not in too many items."""
    words = tuple(dict.fromkeys(word for phrase in phrases for word in phrase.values))
    frequencies = engine.frequencies("text", words, within)
    counts = dict(zip(words, frequencies.counts, strict=True))
    most = max(_COMMON, frequencies.documents // _MOST_SHARE_IN_PHRASE)
    return tuple(
        phrase for phrase in phrases if len(phrase.values) == 1 or min(counts[word] for word in phrase.values) <= most
    )


def _tag_terms(tag: str, language: str | None) -> tuple[tuple[str, ...], tuple[int, ...]]:
    tokens = analyze(tag, language)
    return tuple(token.term for token in tokens), tuple(token.position for token in tokens)
