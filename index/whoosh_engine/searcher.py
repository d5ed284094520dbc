"""Run a plan on a snapshot: match the documents of each segment, then build the page of hits and all counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from index.engine import Deadline
from index.hits import Hits
from index.plan import Plan
from index.query import And, Everything, MultiTermQuery, Query
from index.schema import Schema
from index.whoosh_engine.candidate_docs import AccessibleDocs, Candidates, accessible_docs_of
from index.whoosh_engine.facets.facet_counts import CountedDocs, facet_of
from index.whoosh_engine.facets.global_ordinals import GlobalOrdinalsCache
from index.whoosh_engine.matching.best_windows import raised_scores
from index.whoosh_engine.matching.evaluate import EvaluationContext, evaluate_all, evaluate_query
from index.whoosh_engine.matching.multi_term_expansion import limited_expansions
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.ranking.top_documents import top_hits
from index.whoosh_engine.storage.array_file import Ids, Ints, Mask
from index.whoosh_engine.storage.cache import Cache
from index.whoosh_engine.storage.scored_docs import ScoredDocs, mask_of
from index.whoosh_engine.storage.segments import Segment, SegmentView


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one commit: views of segments that never change, and the checkpoint.

    `scopes` caches what is only true for this commit. It is freed with it, and so are the files of deleted segments: a
    scope that lived longer would keep them open.
    """

    number: tuple[str, int]
    views: tuple[SegmentView, ...]
    checkpoint: str | None
    global_ordinals: GlobalOrdinalsCache
    scopes: Cache


def search(snapshot: Snapshot, plan: Plan, schema: Schema) -> Hits:
    """The answer to a valid plan. Raises OutOfTime."""
    scope = scope_of(snapshot, plan.within)
    deadline = Deadline(plan.bounds.seconds)
    limited = limited_expansions(plan, scope)
    pairs = zip(scope.segment_docs, limited, strict=True)
    searches = [_SegmentSearch(plan, docs, scope, terms, deadline) for docs, terms in pairs]
    found = [(segment_search.docs.segment, segment_search.found) for segment_search in searches]
    if plan.by_score and plan.size:
        for windows in plan.windows:
            found = raised_scores(found, windows, scope, plan.bounds, deadline)
    page = top_hits(found, plan.sort, plan.start, plan.size)
    facets = []
    chosen: dict[str | None, list[CountedDocs]] = {}
    for request in plan.facets:
        deadline.check()
        # Facets that leave out no selected filter count the same documents.
        without = request.without if any(filter_.name == request.without for filter_ in plan.filters) else None
        if without not in chosen:
            chosen[without] = [
                CountedDocs(segment_search.docs, segment_search.ids(without)) for segment_search in searches
            ]
        facets.append(facet_of(request, chosen[without], schema, snapshot.global_ordinals))
    return Hits(
        sum(len(segment_search.found.ids) for segment_search in searches),
        tuple(page),
        tuple(facets),
        limited=tuple(limited[0]) if limited else (),
    )


class _SegmentSearch:
    """A plan in one segment: `found` are the matches of the query and all filters.

    A filter that a facet leaves out is evaluated separately; the others narrow the query before it is scored.
    """

    def __init__(
        self,
        plan: Plan,
        docs: AccessibleDocs,
        scope: ScopeStatistics,
        limited: Mapping[MultiTermQuery, Ints],
        deadline: Deadline,
    ) -> None:
        self.docs = docs
        self._documents = docs.segment.documents
        context = EvaluationContext(
            docs.segment, scope if plan.by_score else None, docs.candidates(), limited, deadline
        )
        plain = EvaluationContext(docs.segment, candidates=context.candidates, deadline=deadline)
        without = {request.without for request in plan.facets}
        together = [(filter_.query, plain) for filter_ in plan.filters if filter_.name not in without]
        base = (
            evaluate_all([(plan.query, context), *together], context)
            if together
            else evaluate_query(plan.query, context, ordered=bool(plan.filters))
        )
        self._base = base.ids
        self._filter_ids: list[tuple[str, Ids]] = []
        self.found = base
        if len(together) < len(plan.filters):
            own = plain.with_candidates(Candidates(self._documents, ids=base.ids))
            self._filter_ids = [
                (filter_.name, evaluate_query(filter_.query, own).ids)
                for filter_ in plan.filters
                if filter_.name in without
            ]
            self.found = _restricted(base, self.ids(None), self._documents)

    def ids(self, without: str | None) -> Ids:
        """The matches of the query and the filters, without the filters of one name."""
        id_lists = sorted((ids for name, ids in self._filter_ids if without is None or name != without), key=len)
        ids = id_lists[0] if id_lists else self._base
        for other in id_lists[1:]:
            ids = ids.take(Candidates(self._documents, ids=other).indices_in(ids))
        return ids


def _restricted(docs: ScoredDocs, ids: Ids, documents: int) -> ScoredDocs:
    """Some of the documents found."""
    if docs.scores is None or len(ids) == len(docs.ids):
        return ScoredDocs(ids, docs.scores)
    return ScoredDocs(ids, docs.scores.take(Candidates(documents, ids=ids).indices_in(docs.ids)))


def scope_of(snapshot: Snapshot, within: Query) -> ScopeStatistics:
    """The accessible documents of a snapshot."""
    return snapshot.scopes.get(within, partial(_scope, snapshot, within), lambda scope: scope.nbytes + 2000)


def _scope(snapshot: Snapshot, within: Query) -> ScopeStatistics:
    # A segment without accessible documents is left out.
    masks = ((view, accessible_mask(view.segment, within)) for view in snapshot.views)
    every = (accessible_docs_of(view, within if mask is not None else None, mask) for view, mask in masks)
    segment_docs = tuple(docs for docs in every if docs.documents)
    return ScopeStatistics(segment_docs, sum(docs.documents for docs in segment_docs))


def accessible_mask(segment: Segment, within: Query) -> Mask | None:
    """The documents of a segment that match `within`, deleted ones included; None for all."""
    if within in (Everything(), And(())):
        return None

    def look() -> Mask | None:
        ids = evaluate_query(within, EvaluationContext(segment)).ids
        return mask_of(ids, segment.documents) if len(ids) < segment.documents else None

    return segment.cached(("within", within), look)
