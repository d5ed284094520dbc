"""Find the labels of a vocabulary in typed text, ignoring case, accents and inflections."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from index import Token, analyze, fold
from kb.model.vocabulary import Concept, Vocabulary
from kb.search.query_syntax import LANGUAGES

_LONGEST = 10
"""Words of a label that is looked for in a text; a longer one is never found."""

_MOST = 10
"""Concepts that the same words may mean; beyond, the first by their URIs."""
_BETWEEN = 2
"""Words that say nothing which one may type in a label beyond its own: `travail de la distance`."""

_EXACT = "="
LabelKey = tuple[str, ...]
"""The language of a label's analysis, or `=` for none, and the terms that come out."""


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """Words from `start` up to `end`, and the concepts of which they are a label."""

    start: int
    end: int
    concepts: tuple[Concept, ...]
    terms: int


@dataclass(frozen=True, slots=True)
class VocabularyMatcher:
    """One group's vocabulary as a look-up table from the terms of labels, so that its size does not matter.

    `spelt` are the visible labels, each folded, as written, and with its concept.
    """

    group_id: str
    vocabulary: Vocabulary
    narrower: dict[str, tuple[str, ...]]
    concepts_by_key: dict[LabelKey, tuple[Concept, ...]]
    longest: int
    spelt: tuple[tuple[str, str, Concept], ...]

    @classmethod
    def of(cls, group_id: str, vocabulary: Vocabulary) -> "VocabularyMatcher":
        """Takes time proportional to the size of the vocabulary: made once for each version of it."""
        by_key: dict[LabelKey, tuple[Concept, ...]] = {}
        longest = 0
        for concept in vocabulary.concepts:
            keys = dict[LabelKey, None]()
            for label in concept.labels:
                if (length := len(label.text.split())) <= _LONGEST:
                    keys.update(dict.fromkeys(label_keys(label.text, label.language)))
                    longest = max(longest, length)
            for key in keys:
                by_key[key] = (*by_key.get(key, ()), concept)
        seen = ((text.text, one) for one in vocabulary.concepts for text in (*one.preferred, *one.alternative))
        spelt = tuple((fold(text), text, one) for text, one in seen)
        return cls(group_id, vocabulary, vocabulary.narrower(), by_key, longest, spelt)

    def find(self, words: tuple[str, ...]) -> tuple[LabelMatch, ...]:
        """The labels in a sequence of words, the longest first; no two overlap.

        Of concepts whose labels have the same terms, only those with the words as typed are returned, if there are any.
        """
        every = sorted(self._all_matches(words), key=lambda found: (-found.terms, found.start, found.end))
        taken: set[int] = set()
        chosen: list[LabelMatch] = []
        for found in every:
            places = set(range(found.start, found.end))
            if taken.isdisjoint(places):
                taken |= places
                chosen.append(found)
        return tuple(sorted(chosen, key=lambda found: found.start))

    def _all_matches(self, words: tuple[str, ...]) -> Iterator[LabelMatch]:
        if not self.concepts_by_key:
            return
        by_language = {
            **{language or "": [text_terms(word, language) for word in words] for language in (*LANGUAGES, None)},
            _EXACT: [_exact_terms(word) for word in words],
        }
        for start in range(len(words)):
            for end in range(start + 1, min(start + self.longest + _BETWEEN, len(words)) + 1):
                keys = [
                    (language, *(term for terms in each[start:end] for term in terms))
                    for language, each in by_language.items()
                    # A label that begins or ends with a stop word is found without it.
                    if each[start] and each[end - 1]
                ]
                held = dict.fromkeys(one for key in keys for one in self.concepts_by_key.get(key, ()))
                if held:
                    yield LabelMatch(
                        start,
                        end,
                        _concepts_spelled_as_typed(words[start:end], tuple(held))[:_MOST],
                        max(map(len, keys)) - 1,
                    )


def label_keys(text: str, language: str) -> Iterator[LabelKey]:
    """The look-up keys of a label: in its language, or in all known languages if it is unknown.

    A label in capitals has one key, its letters, in any language.
    """
    if text.isupper():
        # An acronym has no inflections: PLU is not what “plus” is the plural of.
        yield (_EXACT, *_exact_terms(text))
        return
    code = language.partition("-")[0]
    for known in (code,) if code in LANGUAGES else LANGUAGES if not code else (None,):
        if terms := text_terms(text, known):
            yield (known or "", *terms)


def typed_keys(text: str) -> set[LabelKey]:
    """All look-up keys of typed words."""
    stems = {(code or "", *text_terms(text, code)) for code in (*LANGUAGES, None)}
    return {(_EXACT, *_exact_terms(text)), *stems}


def text_terms(text: str, language: str | None) -> tuple[str, ...]:
    """The terms of a text, in order; a compound gives its parts, however they are joined."""
    tokens = analyze(text, language)
    return tuple(one.term for one, after in pairwise((*tokens, None)) if one and not _contains_token(one, after))


def _exact_terms(text: str) -> tuple[str, ...]:
    return tuple(one.term for one in analyze(text, None, exact=True))


def _contains_token(token: Token, after: Token | None) -> bool:
    return after is not None and token.start <= after.start and after.end <= token.end


def _concepts_spelled_as_typed(words: Iterable[str], concepts: tuple[Concept, ...]) -> tuple[Concept, ...]:
    typed = fold(" ".join(words))
    return tuple(one for one in concepts if any(fold(label.text) == typed for label in one.labels)) or concepts
