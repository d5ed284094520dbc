"""From a snapshot and a plan to hits."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from index.engine import Deadline
from index.hits import Facet, Hit, Hits
from index.plan import FacetRequest, Plan
from index.query import And, Everything, Query
from index.schema import Schema
from index.whoosh_engine.arrays import Mask
from index.whoosh_engine.cache import Cache
from index.whoosh_engine.cutting import cuts_of
from index.whoosh_engine.facets import Chosen, facet
from index.whoosh_engine.matching import Place, found
from index.whoosh_engine.scoring import Scope
from index.whoosh_engine.segments import Segment, View
from index.whoosh_engine.sets import Found, both, mask_of
from index.whoosh_engine.sorting import best, merged
from index.whoosh_engine.vocabularies import Vocabularies


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one commit left: views of segments that never change, and the checkpoint."""

    number: tuple[str, int]
    views: tuple[View, ...]
    checkpoint: str | None
    vocabularies: Vocabularies


def search(snapshot: Snapshot, plan: Plan, schema: Schema, cache: Cache) -> Hits:
    """The answer to a plan that makes sense. Raises OutOfTime."""
    scope = scope_of(snapshot, plan.within, cache)
    deadline = Deadline(plan.bounds.seconds)
    cuts = cuts_of(plan, scope)
    asked = [
        _Asked(plan, Place(view.segment, scope if plan.by_score else None, terms, deadline), allowed)
        for view, allowed, terms in zip(snapshot.views, scope.allowed, cuts, strict=True)
    ]
    chosen = [one.matching(None) for one in asked]
    size = plan.start + plan.size
    rows = [
        row
        for one, part in zip(asked, chosen, strict=True)
        for row in best(one.segment, part.ids, part.scores if plan.by_score else None, plan.sort, size)
    ]
    page = merged(rows, plan.sort)[plan.start : size]
    counted = {request.without: _chosen(asked, chosen, request.without) for request in plan.facets}
    # Without a question, the same is counted at every visit of a library's first page.
    again = plan.query == Everything() and not plan.filters

    def count(request: FacetRequest) -> Facet:
        deadline.check()
        make = partial(facet, request, counted[request.without], schema, snapshot.vocabularies)
        if not again:
            return make()
        return cache.get((snapshot.number, plan.within, request), make, lambda made: 100 * len(made.counts))

    return Hits(
        sum(len(part.ids) for part in chosen),
        tuple(Hit(row.key, row.score) for row in page),
        tuple(map(count, plan.facets)),
        cut=tuple(cuts[0]) if cuts else (),
    )


class _Asked:
    """A plan asked of one segment; each part is looked up once."""

    def __init__(self, plan: Plan, place: Place, allowed: Mask | None) -> None:
        self.segment = place.segment
        self._filters = [(one.name, found(one.query, Place(place.segment)).ids) for one in plan.filters]
        everything = found(plan.query, place)
        self._query = everything if allowed is None else _narrowed(everything, np.flatnonzero(allowed[everything.ids]))

    def matching(self, without: str | None) -> Found:
        """What is allowed and matches the query and the filters, but for those of one name."""
        matched = self._query
        ids = matched.ids
        for name, kept in sorted(self._filters, key=lambda one: len(one[1])):
            if without is None or name != without:
                ids = both(ids, kept, self.segment.documents)
        if len(ids) == len(matched.ids):
            return matched
        return _narrowed(matched, np.searchsorted(matched.ids, ids))

    def has(self, name: str) -> bool:
        """Whether a filter bears this name."""
        return any(name == other for other, _ in self._filters)


def _narrowed(matched: Found, places: "np.typing.NDArray[np.intp]") -> Found:
    return Found(matched.ids[places], None if matched.scores is None else matched.scores[places])


def _chosen(asked: list[_Asked], chosen: list[Found], without: str | None) -> Chosen:
    return [
        (one.segment, one.matching(without).ids if without is not None and one.has(without) else part.ids)
        for one, part in zip(asked, chosen, strict=True)
    ]


def scope_of(snapshot: Snapshot, within: Query, cache: Cache) -> Scope:
    """What `within` allows of a snapshot."""
    return cache.get((snapshot.number, within), partial(_scope, snapshot, within), lambda scope: scope.nbytes + 2000)


def _scope(snapshot: Snapshot, within: Query) -> Scope:
    allowed = [_allowed(view, within) for view in snapshot.views]
    documents = sum(
        view.segment.documents if mask is None else int(np.count_nonzero(mask))
        for view, mask in zip(snapshot.views, allowed, strict=True)
    )
    return Scope(snapshot.views, allowed, documents)


def _allowed(view: View, within: Query) -> Mask | None:
    """The documents of a segment that are not deleted and that `within` finds; None for all."""
    mask = permitted(view.segment, within)
    if mask is None:
        return view.live
    if view.live is not None:
        mask = mask & view.live
    return None if mask.all() else mask


def permitted(segment: Segment, within: Query) -> Mask | None:
    """The documents of a segment that `within` finds, deleted ones included; None for all."""
    if within in (Everything(), And(())):
        return None
    return segment.kept(
        ("within", within),
        lambda: mask_of(found(within, Place(segment)).ids, segment.documents),
        lambda mask: mask.nbytes,
    )
