"""Find the sentence of a text that answers a question best: that with the rarest words of the question."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from index import Marker
from kb.search.question_words import QuestionWords
from kb.search.text_pieces import sentences_of

LONGEST = 400
"""Characters of a sentence that is shown whole; longer ones are left out, since nothing is cut from an answer."""
FEWEST_WORDS = 2
"""Different words of the question that a sentence must hold."""


@dataclass(frozen=True, slots=True)
class AnsweringSentence:
    """A sentence, by its place in its text. `score`: the share of the words of the question that it holds, from 0 to 1;
    rare words count more.
    """

    start: int
    end: int
    score: float


def best_sentence(
    question: QuestionWords, text: str, marker: Marker, fields: tuple[str, ...]
) -> AnsweringSentence | None:
    """The sentence of a text with the largest share; None if none holds enough words."""
    total = question.total
    best = None
    for start, end, terms in _marked_sentences(text, marker, fields, question.language):
        held = terms.intersection(question.rarities)
        score = sum(question.rarities[term] for term in held) / total if total else 0.0
        if len(held) >= FEWEST_WORDS and end - start <= LONGEST and (best is None or score > best.score):
            best = AnsweringSentence(start, end, score)
    return best


def _marked_sentences(
    text: str, marker: Marker, fields: tuple[str, ...], language: str
) -> Iterator[tuple[int, int, set[str]]]:
    """The sentences of a text that hold words of the query, with their stems."""
    spans = marker.spans(text, fields, language)
    if not spans:
        return
    starts = [span.start for span in spans]
    for begin, end in sentences_of(text):
        first, last = bisect_left(starts, begin), bisect_left(starts, end)
        if first < last:
            yield begin, end, {span.term for span in spans[first:last]}
