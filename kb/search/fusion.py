"""Fuse the ranking of a question by words with its ranking by embeddings.

The score of a document by words, as a share of what one that holds all words would have, and how near its embedding is
are added. Measured: docs/decisions/0057-fusion.md.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from index import NearestHit, has_only_stop_words, texts_in, word_runs
from kb.search.documents import id_from_key
from kb.search.embedder import EmbeddedQuestion
from kb.search.index_search import IndexAnswer, IndexHit, IndexSearch, index_errors_translated
from kb.search.known_words import KnownWords
from kb.search.query_planning import SearchPlan
from kb.search.query_syntax import LANGUAGES
from kb.search.question_words import QuestionWords

FUSED = 100
"""The first hits of each ranking that are fused. Later hits keep the order of words."""
FEWEST_WORDS = 4
"""Words of a sentence, at least. Keywords are ranked better by words alone."""
NEARNESS_WEIGHT = 0.5
"""How much the nearest document gains, where one that holds all words has about 1."""
LEAST_NEARNESS = 0.3
"""How near a document without words of the query must be: 1 is the nearest of all, 0 the last that is fused."""


def is_sentence(texts: Iterable[str]) -> bool:
    """Whether the plain words of a query are a sentence: several words, and words among them that keywords lack."""
    runs = [run for text in texts for run in word_runs(text)]
    return len(runs) >= FEWEST_WORDS and any(
        has_only_stop_words(run, language) for run in runs for language in LANGUAGES
    )


def is_question(planned: SearchPlan) -> bool:
    """Whether a search is for a sentence of plain words, without quoted parts, sorted by relevance."""
    is_plain = planned.may_expand and planned.sentence is None
    return is_plain and planned.tree is not None and is_sentence(texts_in(planned.tree, ()))


def fused_answer(search: IndexSearch, question: EmbeddedQuestion, key_of: Callable[[str], str]) -> IndexAnswer:
    """The answer of a search that is sorted by relevance, fused with the ranking by the embedding of its question.

    `key_of` gives the key of a document of the searched view. Every hit of the search is on one page, and each page has
    the same hits whatever the size of the pages before it. Raises Unavailable.
    """
    nearest = search.nearest(question, FUSED)
    if not nearest:
        return search.answer()
    plan = search.planned.plan
    first = search.page(0, FUSED).answer()
    have_words = {hit.id for hit in first.hits}
    others = [hit.key for hit in nearest if id_from_key(hit.key) not in have_words]
    if others:
        have_words.update(search.filter("key", others).first_ids(len(others)))
    fused = _fused_hits(first.hits, nearest, have_words, _score_of_all_words(search))
    page = fused[plan.start : plan.start + plan.size]
    if len(page) < plan.size:
        later = search.exclude("key", [key_of(hit.id) for hit in fused])
        hits = later.hits(max(plan.start - len(fused), 0), plan.size - len(page))
        page += [replace(hit, score=0.0) for hit in hits]
    without_words = sum(not hit.has_words for hit in fused)
    return replace(first, hits=tuple(page), planned=search.planned, without_words=without_words, is_fused=True)


def _score_of_all_words(search: IndexSearch) -> float:
    """About the score of a document that holds all words of the question."""
    planned = search.planned
    texts = texts_in(planned.tree, ()) if planned.tree else ()
    known = KnownWords(search.engine, planned.plan.within)
    with index_errors_translated():
        return QuestionWords.of(" ".join(texts), planned.corrections, known, LANGUAGES[0]).total


def _fused_hits(
    by_words: Sequence[IndexHit], nearest: Sequence[NearestHit], have_words: set[str], score_of_all: float
) -> list[IndexHit]:
    """The hits of both rankings, the best first."""
    hits = {hit.id: replace(hit, score=(hit.score or 0.0) / score_of_all if score_of_all else 0.0) for hit in by_words}
    first, last = nearest[0].similarity, nearest[-1].similarity
    for near in nearest:
        id_ = id_from_key(near.key)
        nearness = (near.similarity - last) / (first - last) if first > last else 1.0
        if id_ in have_words or nearness >= LEAST_NEARNESS:
            hit = hits.get(id_, IndexHit(id_, 0.0, has_words=id_ in have_words))
            hits[id_] = replace(hit, score=(hit.score or 0.0) + NEARNESS_WEIGHT * nearness, nearest=near.number)
    return sorted(hits.values(), key=lambda hit: -(hit.score or 0.0))
