"""Expand a search with the vocabularies of groups: other labels of the concepts that its words name.

Only plain words are looked up: quotes and operators are taken to the letter. An added label counts less than a typed
word; a broader concept is only suggested. The weights: docs/decisions/0020-rdflib-and-vocabularies.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from index import AlternativePhrase, fold
from kb.model.search_request import VocabularyMode
from kb.model.vocabulary import Concept, ConceptText
from kb.search.vocabulary.concepts_in_query import LabelMatch, VocabularyMatcher, label_keys, typed_keys

SYNONYM_WEIGHT, NARROWER_WEIGHT = 0.6, 0.4
"""How much another label counts, and a label of a narrower concept, beside the words that were typed."""


@dataclass(frozen=True, slots=True)
class RecognizedConcept:
    """Words of a query that are a label of a group's concept, and their expansion.

    `others` are the labels that were added (or would have been, if expansion is off), `of_narrower` those of narrower
    concepts.
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
    """Add other labels to the words of one query, `most` at most, and record what it `knew`."""

    lexicons: Sequence[VocabularyMatcher]
    use: VocabularyMode
    most: int
    recognized: list[RecognizedConcept] = field(default_factory=list)

    def otherwise(self, words: tuple[str, ...]) -> tuple[AlternativePhrase, ...]:
        """See `index.Syntax`. If labels of two groups overlap, the longest wins, then the first group's."""
        found = [(lexicon, one) for lexicon in self.lexicons for one in lexicon.find(words)]
        found.sort(key=lambda pair: (-pair[1].terms, pair[1].start))
        taken: dict[int, tuple[int, int]] = {}
        for _, one in found:
            span = (one.start, one.end)
            if all(taken.get(place, span) == span for place in range(*span)):
                taken.update(dict.fromkeys(range(*span), span))
        sayings: dict[tuple[int, int], dict[str, float]] = {}
        for lexicon, one in found:
            span = (one.start, one.end)
            if taken.get(one.start) == span and taken.get(one.end - 1) == span:
                self._say(lexicon, one, words, sayings.setdefault(span, {}))
        if self.use is VocabularyMode.OFF:
            return ()
        return tuple(
            AlternativePhrase(*span, tuple(others.items())) for span, others in sorted(sayings.items()) if others
        )

    def _say(
        self, lexicon: VocabularyMatcher, found: LabelMatch, words: tuple[str, ...], said: dict[str, float]
    ) -> None:
        """Add the other labels of the concepts found to `said`, the alternatives of the words."""
        typed = " ".join(words[found.start : found.end])
        seen = {key for text in (typed, *said) for key in typed_keys(text)}
        for concept in found.concepts:
            others = self._new_labels(_visible_labels(concept), seen)
            said.update(dict.fromkeys(others, SYNONYM_WEIGHT))
            below = _all_narrower(lexicon, concept)
            more: tuple[str, ...] = ()
            if self.use is VocabularyMode.NARROWER:
                more = self._new_labels((label for one in below for label in _visible_labels(one)), seen)
                said.update((label, NARROWER_WEIGHT) for label in more if label not in said)
            get = lexicon.vocabulary.get
            self.recognized.append(
                RecognizedConcept(
                    typed,
                    lexicon.group_id,
                    concept,
                    others,
                    more,
                    tuple(one for uri in concept.broader if (one := get(uri))),
                    tuple(one for uri in lexicon.narrower.get(concept.uri, ()) if (one := get(uri))),
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


def _all_narrower(lexicon: VocabularyMatcher, concept: Concept) -> Iterator[Concept]:
    """All narrower concepts, the nearest first."""
    seen, level = {concept.uri}, [concept.uri]
    while level:
        level = [uri for one in level for uri in lexicon.narrower.get(one, ()) if uri not in seen]
        level = list(dict.fromkeys(level))
        seen.update(level)
        yield from (one for uri in level if (one := lexicon.vocabulary.get(uri)))
