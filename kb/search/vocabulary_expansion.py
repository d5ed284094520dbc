"""Vocabularies of groups in searches: find their labels in typed words and in texts, and expand a search with them.

Labels are found ignoring case, accents and inflections. In a query, only plain words are looked up: quotes and
operators are taken to the letter. An added label counts less than a typed word; a broader concept is only suggested.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from index import AlternativePhrase, analyze, fold, without_compounds
from kb.model.search_request import VocabularyMode
from kb.model.vocabulary import Concept, ConceptText, Vocabulary
from kb.search.query_syntax import LANGUAGES
from kb.search.ranking_weights import NARROWER_WEIGHT, SYNONYM_WEIGHT

_LONGEST = 10
"""Words of a label that is looked for in a query; a longer one is never found."""
_LONGEST_IN_TEXT = 4
"""Words of a label that is looked for in the text of a page."""
_ANY_LANGUAGE = (None, *LANGUAGES)

_MOST = 10
"""Concepts that the same words may mean; beyond, the first by their URIs."""
_MOST_ALIKE = 200
"""Concepts with the same terms in a label that are told apart by its spelling; beyond, the first by their URIs."""
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
                alike = by_key.get(key, ())
                if len(alike) < _MOST_ALIKE:
                    by_key[key] = (*alike, concept)
        seen = (
            (text.text, concept)
            for concept in vocabulary.concepts
            for text in (*concept.preferred, *concept.alternative)
        )
        spelt = tuple((fold(text), text, concept) for text, concept in seen)
        return cls(group_id, vocabulary, vocabulary.narrower(), by_key, longest, spelt)

    def find(self, words: tuple[str, ...]) -> tuple[LabelMatch, ...]:
        """The labels in a sequence of words, the longest first; no two overlap.

        Of concepts whose labels have the same terms, only those with the words as typed are returned, if there are any.
        """
        every = sorted(self._all_matches(words), key=lambda match: (-match.terms, match.start, match.end))
        taken: set[int] = set()
        chosen: list[LabelMatch] = []
        for match in every:
            positions = set(range(match.start, match.end))
            if taken.isdisjoint(positions):
                taken |= positions
                chosen.append(match)
        return tuple(sorted(chosen, key=lambda match: match.start))

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
                concepts = dict.fromkeys(concept for key in keys for concept in self.concepts_by_key.get(key, ()))
                if concepts:
                    typed = fold(" ".join(words[start:end]))
                    same = [concept for concept in concepts if any(fold(one.text) == typed for one in concept.labels)]
                    yield LabelMatch(start, end, tuple(same or concepts)[:_MOST], max(map(len, keys)) - 1)


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
    return tuple(token.term for token in without_compounds(analyze(text, language)))


def _exact_terms(text: str) -> tuple[str, ...]:
    return tuple(token.term for token in analyze(text, None, exact=True))


@dataclass(frozen=True, slots=True)
class RecognizedConcept:
    """Words of a query that are a label of a group's concept, and their expansion.

    `others` are the labels that were added (or would have been, if expansion is off), `narrower_labels` those of
    narrower concepts.
    """

    words: str
    group_id: str
    concept: Concept
    others: tuple[str, ...]
    narrower_labels: tuple[str, ...]
    broader: tuple[Concept, ...]
    narrower: tuple[Concept, ...]


@dataclass(slots=True)
class VocabularyExpander:
    """Add other labels to the words of one query, `most` at most, and record what it `recognized`."""

    matchers: Sequence[VocabularyMatcher]
    use: VocabularyMode
    most: int
    recognized: list[RecognizedConcept] = field(default_factory=list)

    def otherwise(self, words: tuple[str, ...]) -> tuple[AlternativePhrase, ...]:
        """See `index.Syntax`. If labels of two groups overlap, the longest wins, then the first group's."""
        matches = [(matcher, label_match) for matcher in self.matchers for label_match in matcher.find(words)]
        matches.sort(key=lambda pair: (-pair[1].terms, pair[1].start))
        taken: dict[int, tuple[int, int]] = {}
        for _, match in matches:
            span = (match.start, match.end)
            if all(taken.get(position, span) == span for position in range(*span)):
                taken.update(dict.fromkeys(range(*span), span))
        alternatives: dict[tuple[int, int], dict[str, float]] = {}
        for matcher, match in matches:
            span = (match.start, match.end)
            if taken.get(match.start) == span and taken.get(match.end - 1) == span:
                self._add_labels(matcher, match, words, alternatives.setdefault(span, {}))
        if not self.use.adds_labels:
            return ()
        return tuple(
            AlternativePhrase(*span, tuple(others.items())) for span, others in sorted(alternatives.items()) if others
        )

    def _add_labels(
        self, matcher: VocabularyMatcher, match: LabelMatch, words: tuple[str, ...], labels: dict[str, float]
    ) -> None:
        """Add the other labels of the concepts found to `labels`, the alternatives of the words."""
        typed = " ".join(words[match.start : match.end])
        seen = {key for text in (typed, *labels) for key in typed_keys(text)}
        for concept in match.concepts:
            others = self._new_labels(_visible_labels(concept), seen)
            labels.update(dict.fromkeys(others, SYNONYM_WEIGHT))
            below = _all_narrower(matcher, concept)
            more: tuple[str, ...] = ()
            if self.use is VocabularyMode.NARROWER:
                more = self._new_labels((label for narrower in below for label in _visible_labels(narrower)), seen)
                labels.update((label, NARROWER_WEIGHT) for label in more if label not in labels)
            get = matcher.vocabulary.get
            self.recognized.append(
                RecognizedConcept(
                    typed,
                    matcher.group_id,
                    concept,
                    others,
                    more,
                    tuple(linked for uri in concept.broader if (linked := get(uri))),
                    tuple(linked for uri in matcher.narrower.get(concept.uri, ()) if (linked := get(uri))),
                )
            )

    def _new_labels(self, labels: Iterator[ConceptText], seen: set[tuple[str, ...]]) -> tuple[str, ...]:
        """Labels that match something other than those seen before, up to the limit."""
        chosen: dict[str, str] = {}
        for label in labels:
            keys = set(label_keys(label.text, label.language)) | set(label_keys(label.text, ""))
            if self.most > 0 and keys and not keys <= seen and fold(label.text) not in chosen:
                chosen[fold(label.text)] = label.text
                seen |= keys
                self.most -= 1
        return tuple(chosen.values())


def _visible_labels(concept: Concept) -> Iterator[ConceptText]:
    """The labels that are shown: a hidden label is recognized, and never added."""
    yield from concept.preferred
    yield from concept.alternative


def _all_narrower(matcher: VocabularyMatcher, concept: Concept) -> Iterator[Concept]:
    seen, level = {concept.uri}, [concept.uri]
    while level:
        level = [uri for parent in level for uri in matcher.narrower.get(parent, ()) if uri not in seen]
        level = list(dict.fromkeys(level))
        seen.update(level)
        yield from (narrower for uri in level if (narrower := matcher.vocabulary.get(uri)))


@dataclass(frozen=True, slots=True)
class LabelOccurrences:
    """The words of a text, and how often each sequence of words occurs."""

    term_sequences: Counter[LabelKey]

    @classmethod
    def of(cls, text: str) -> "LabelOccurrences":
        """Takes time proportional to the length of the text."""
        sequences = Counter[LabelKey]()
        for language in _ANY_LANGUAGE:
            terms = text_terms(text, language)
            for length in range(1, _LONGEST_IN_TEXT + 1):
                sequences.update(
                    (language or "", *run) for run in zip(*(terms[start:] for start in range(length)), strict=False)
                )
        return cls(sequences)

    def times(self, label: str) -> int:
        """How often a label occurs in the text, in the language with the most matches."""
        return max((self.term_sequences[key] for key in _keys_in_text(label)), default=0)


# The same tags are looked up for many pages.
@lru_cache(maxsize=8192)
def _keys_in_text(label: str) -> tuple[LabelKey, ...]:
    keys = ((language or "", *text_terms(label, language)) for language in _ANY_LANGUAGE)
    return tuple(key for key in keys if len(key) > 1)
