"""The sentences that answer a question, from passages and kept texts, quoted exactly."""

from collections.abc import Iterator, Sequence

from kb.model.items.annotation import Annotation
from kb.model.search_request import SearchRequest
from kb.search.answering_sentences import best_sentence
from kb.search.fusion import is_question
from kb.search.index_search import Catalogue, IndexAnswer, index_errors_translated
from kb.search.known_words import KnownWords
from kb.search.question_words import QuestionWords
from kb.services.search.result_types import AnswerSentence, SearchHit
from kb.store import ReadSnapshot

Fields = tuple[str, ...]

MOST_ANSWERS = 3
MOST_ROWS = 5
"""First results whose texts are read for answers."""
MOST_CHARACTERS = 300_000
"""Characters of kept texts that are read for one page."""
MOST_PASSAGES = 100
"""Passages of one result that are read."""
LEAST_SCORE = 0.6
"""Judged: docs/decisions/0058-answering-sentences.md."""
_PASSAGE, _PAGE = ("text", "exact"), ("page", "page_exact")
"""The fields that hold these texts in the index."""


def answers_of(
    catalogue: Catalogue, reading: ReadSnapshot, request: SearchRequest, answer: IndexAnswer, rows: Sequence[SearchHit]
) -> tuple[AnswerSentence, ...]:
    """Up to MOST_ANSWERS sentences, each of another item, the best first; none for what is no question.

    The score is the share of the words of the question that a sentence holds, times the score of its result as a share
    of the best one. Raises Unavailable.
    """
    planned = answer.planned
    if request.page > 1 or request.is_verbatim or answer.marker is None or not is_question(planned):
        return ()
    best = rows[0].score if rows else None
    if not best:
        return ()
    known = KnownWords(catalogue.engine, planned.plan.within)
    words: dict[str, QuestionWords] = {}
    found: list[AnswerSentence] = []
    remaining = MOST_CHARACTERS
    for row in rows[:MOST_ROWS]:
        language = row.item.language or "fr"
        if language not in words:
            with index_errors_translated():
                words[language] = QuestionWords.of(request.q, planned.corrections, known, language)
        candidates: list[AnswerSentence] = []
        for annotation, text, fields in _texts(reading, row, remaining):
            remaining -= len(text) if annotation is None else 0
            sentence = best_sentence(words[language], text, answer.marker, fields)
            if sentence is not None and (score := sentence.score * (row.score or 0.0) / best) >= LEAST_SCORE:
                shown = text[sentence.start : sentence.end]
                candidates.append(AnswerSentence(shown, row.item, row.group, annotation, score))
        if candidates:
            found.append(max(candidates, key=lambda candidate: candidate.score))
    return tuple(sorted(found, key=lambda sentence: -sentence.score)[:MOST_ANSWERS])


def _texts(reading: ReadSnapshot, row: SearchHit, most: int) -> Iterator[tuple[Annotation | None, str, Fields]]:
    """The passages of a result, and the kept text of its page if that is not too long."""
    passages = (row.annotation,) if row.annotation else row.item.annotations[:MOST_PASSAGES]
    yield from ((passage, passage.quote, _PASSAGE) for passage in passages if passage.quote)
    if row.annotation is None and most > 0 and (text := reading.page_texts.of_item(row.item.id)):
        yield None, text[:most], _PAGE
