"""Find the documents whose vectors are nearest to a question.

Signatures choose candidates among the accessible vectors, in two steps; the candidates are then compared exactly. How
many there are depends on the number of accessible vectors, and which ones on these and on the question, so that no
other document has an effect, nor the way in which documents are spread over segments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.engine import Deadline
from index.vectors import QUESTION_UNIT, NearestHit, NearestPlan, question_numbers
from index.whoosh_engine.candidate_docs import AccessibleDocs
from index.whoosh_engine.matching.evaluate import EvaluationContext, evaluate_all
from index.whoosh_engine.storage.array_file import Array, Floats, Ids, Mask, run_starts
from index.whoosh_engine.storage.scored_docs import NONE, mask_of
from index.whoosh_engine.storage.vector_signatures import coarse_distances, fine_distances, signatures_of
from index.whoosh_engine.storage.vectors import SegmentVectors, numbers_of, scales_of, segment_vectors

LEAST = 2000
"""Candidates that are compared exactly, at least; fewer vectors all are."""
EACH = 20
"""Candidates for each document of the answer, at least."""
SHARE = 500
"""One candidate more for so many accessible vectors."""
FINE = 10
"""So many times the candidates are left by the coarse signatures, for the fine ones."""
MORE = 4
"""So many times more candidates are compared if the vectors of too few documents were among them."""
FEW = 4
"""The signatures of fewer vectors than one in FEW of a chunk are taken out of it before they are compared."""
FAR = 2**16 - 1
"""A distance greater than that of any vector."""
AT_ONCE = 4096
"""Vectors that are compared exactly between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The vectors of a segment that a question may find: `rows`, ascending, or, if these are most, all but `hidden`."""

    stored: SegmentVectors
    rows: Ids | None
    hidden: Ids

    def __len__(self) -> int:
        return len(self.stored) - len(self.hidden) if self.rows is None else len(self.rows)

    def at(self, indices: Ids) -> Ids:
        """The rows of these distances."""
        return indices if self.rows is None else self.rows.take(indices)

    def all(self) -> Ids:
        """All rows that may be found."""
        return np.delete(np.arange(len(self.stored)), self.hidden) if self.rows is None else self.rows


@dataclass(frozen=True, slots=True)
class _Near:
    """The nearest vectors of documents of a segment, one of each: rows and similarities."""

    stored: SegmentVectors
    rows: Ids
    similarities: Floats


def nearest_hits(segment_docs: Sequence[AccessibleDocs], plan: NearestPlan) -> tuple[NearestHit, ...]:
    """The answer to a valid plan among the accessible documents of each segment. Raises OutOfTime."""
    deadline = Deadline(plan.bounds.seconds)
    deadline.check()
    question = np.array(question_numbers(plan.vector), np.float64)
    every = [some for docs in segment_docs if plan.limit and (some := _accessible(docs, plan, deadline)) is not None]
    total = sum(map(len, every))
    wanted = max(LEAST, EACH * plan.limit) + total // SHARE
    distances: list[Array] = []
    while True:
        if wanted >= total:
            candidates = [some.all() for some in every]
        else:
            signature = signatures_of(question[np.newaxis])
            distances = distances or [_coarse(some, signature[0], deadline) for some in every]
            candidates = _candidates(every, distances, signature[1], wanted)
        pairs = zip(every, candidates, strict=True)
        near = [_compared(some.stored, rows, question, deadline) for some, rows in pairs if len(rows)]
        if wanted >= total or sum(len(each.rows) for each in near) >= plan.limit:
            return tuple(_first(near, plan.limit))
        wanted *= MORE


def _accessible(docs: AccessibleDocs, plan: NearestPlan, deadline: Deadline) -> _Vectors | None:
    """The vectors of a segment that the question may find; None if there are none."""
    stored = segment_vectors(docs.segment, plan.field, len(plan.vector))
    if stored is None:
        return None
    if plan.filters:
        context = EvaluationContext(docs.segment, candidates=docs.candidates(), deadline=deadline)
        ids = evaluate_all([(condition.query, context) for condition in plan.filters], context).ids
        parts = _divided(mask_of(ids, docs.segment.documents), stored)
    elif (allowed := docs.allowed) is not None:
        # A deletion is final, so the number of deletions identifies a state of a segment.
        key = (plan.field, "accessible", len(plan.vector), docs.within, len(docs.deleted))
        parts = docs.segment.cached_here(key, lambda: _divided(allowed, stored))
    else:
        parts = None, NONE
    some = _Vectors(stored, *parts)
    return some if len(some) else None


def _divided(allowed: Mask, stored: SegmentVectors) -> tuple[Ids | None, Ids]:
    """The vectors of these documents, as `_Vectors` holds them."""
    accessible = allowed[stored.documents]
    if np.count_nonzero(accessible) * 2 > len(accessible):
        return None, (~accessible).nonzero()[0]
    return accessible.nonzero()[0], NONE


def _coarse(some: _Vectors, question: Array, deadline: Deadline) -> Array:
    """The coarse distance of each vector that may be found, FAR for others."""
    edges = some.stored.edges()
    distances = np.empty(edges[-1] if some.rows is None else len(some.rows), np.uint16)
    cuts = edges if some.rows is None else some.rows.searchsorted(edges)
    for chunk, (low, high) in enumerate(zip(cuts.tolist(), cuts[1:].tolist(), strict=False)):
        if low == high:
            continue
        deadline.check()
        words = some.stored.coarse(chunk)
        if some.rows is None:
            coarse_distances(words, question, distances[low:high])
            continue
        indices = some.rows[low:high] - edges[chunk]
        if len(indices) * FEW < words.shape[1]:
            coarse_distances(words.take(indices, axis=1), question, distances[low:high])
        else:
            whole = np.empty(words.shape[1], np.uint16)
            coarse_distances(words, question, whole)
            distances[low:high] = whole.take(indices)
    distances[some.hidden] = FAR
    return distances


def _candidates(every: Sequence[_Vectors], distances: Sequence[Array], question: Array, wanted: int) -> list[Ids]:
    """The rows of the nearest vectors by their signatures, `wanted` of them and those equally near, in each segment."""
    near = _smallest(distances, min(wanted * FINE, sum(map(len, every))))
    rows = [some.at(indices) for some, indices in zip(every, near, strict=True)]
    summed = [
        fine_distances(some.stored.fine(own), question) + coarse.take(indices)
        for some, own, coarse, indices in zip(every, rows, distances, near, strict=True)
    ]
    return [own.take(indices) for own, indices in zip(rows, _smallest(summed, wanted), strict=True)]


def _smallest(values: Sequence[Array], number: int) -> list[Ids]:
    """The indices, in each of several arrays, of the smallest values of all, and of those equal to the greatest."""
    every = np.concatenate(values)
    index = min(number, len(every)) - 1
    cut = np.partition(every, index)[index]
    return [(some <= cut).nonzero()[0] for some in values]


def _compared(stored: SegmentVectors, rows: Ids, question: Floats, deadline: Deadline) -> _Near:
    """The nearest of some vectors of a segment, ascending, one of each document.

    A similarity is a sum of whole numbers, which is exact, and so the same in any order of its terms.
    """
    parts = []
    for start in range(0, len(rows), AT_ONCE):
        deadline.check()
        records = stored.records(rows[start : start + AT_ONCE])
        sums = np.einsum("ij,j->i", numbers_of(records), question)
        parts.append(sums * scales_of(records).astype(np.float64) / QUESTION_UNIT)
    similarities = np.concatenate(parts)
    documents = stored.documents.take(rows)
    starts = run_starts(documents).nonzero()[0]
    greatest = np.maximum.reduceat(similarities, starts).repeat(np.diff(starts, append=len(rows)))
    best = (similarities == greatest).nonzero()[0]
    best = best[run_starts(documents.take(best))]
    return _Near(stored, rows.take(best), similarities.take(best))


def _first(near: Sequence[_Near], limit: int) -> list[NearestHit]:
    """The nearest documents of all segments."""
    nearest = _smallest([-each.similarities for each in near], limit) if near else []
    hits: list[NearestHit] = []
    for each, indices in zip(near, nearest, strict=True):
        hits += _hits(each.stored, each.rows.take(indices), each.similarities.take(indices))
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.key))[:limit]


def _hits(stored: SegmentVectors, rows: Ids, similarities: Floats) -> Iterator[NearestHit]:
    keys = stored.segment.some_keys(stored.documents.take(rows))
    return map(NearestHit, keys, similarities.tolist(), stored.places.take(rows).tolist())
