"""The surface form of a folded word: the index keeps letters without case and accents, the database keeps the texts."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from index import analyze, fold
from kb.model.items.item import Item
from kb.search.completion.completion_input import typed_terms
from kb.search.query_syntax import LANGUAGES

_MOST_TEXTS = 100
_MOST_CHARACTERS = 20_000
"""Texts of one item that are looked at, and characters of them all: for each word proposed, at each letter typed."""
_ENDS = ".!?…:\n"
_BEFORE_SENTENCE = " «\"“'’(\u00a0\u202f-–—"
_MOST_SIGNS = 20
"""Signs that may stand between the end of a sentence and the next word: after more, none begins."""


def surface_form(word: str, items: Iterable[Item]) -> str | None:
    """The most frequent spelling of a folded word in these items; None if no item has one, or if it is no word to
    search for (`l'énergie` is one word in a text of unknown language).

    In lower case, unless it always has a capital inside sentences. Of two equally frequent forms, the one with more
    accents wins, because capitals often lack them.
    """
    inside, first = Counter[str](), Counter[str]()
    for item in items:
        for text in _first_texts_of_item(item):
            for token in analyze(text, item.language, exact=True):
                form = text[token.start : token.end]
                if token.term == word and word in (known.term for known in analyze(form, LANGUAGES[0], exact=True)):
                    (first if _is_sentence_start(text, token.start) else inside)[form] += 1
    forms = inside or first
    if not forms:
        return None
    lower = Counter[str]()
    for form, count in (inside + first).items():
        lower[form.lower()] += count
    best = max(lower, key=lambda form: (lower[form], sum(not char.isascii() for char in form), form))
    same = {form: count for form, count in forms.items() if form.lower() == best}
    if not same or best in same:
        return best
    return max(same, key=lambda form: (same[form], form))


def has_folded_prefix(text: str, start: str) -> bool:
    """Whether a text begins with `start`, ignoring case, accents and the width of spaces."""
    return _folded_text(text).startswith(_folded_text(start))


def has_typed_words(text: str, start: str) -> bool:
    """Whether a text has all words of `start` in any order, the last as a prefix; stop words are ignored."""
    terms = {token.term for token in analyze(text, None, exact=True)}
    whole, prefix = typed_terms(start)
    return terms.issuperset(whole) and any(term.startswith(prefix) for term in terms)


def _folded_text(text: str) -> str:
    return " ".join(fold(text).split())


def _texts_of_item(item: Item) -> Iterator[str]:
    texts = [item.title, item.description, *item.tags, item.source]
    for annotation in item.annotations:
        texts += [annotation.quote, annotation.body, *(reply.body for reply in annotation.replies)]
    return filter(None, texts)


def _first_texts_of_item(item: Item) -> Iterator[str]:
    """The texts of an item, up to the character at which there are too many."""
    remaining = _MOST_CHARACTERS
    for text in islice(_texts_of_item(item), _MOST_TEXTS):
        yield text[:remaining]
        remaining -= len(text)
        if remaining <= 0:
            return


def _is_sentence_start(text: str, position: int) -> bool:
    first = max(position - _MOST_SIGNS, 0)
    before = text[first:position].rstrip(_BEFORE_SENTENCE)
    return before[-1] in _ENDS if before else first == 0
