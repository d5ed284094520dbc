"""From a snapshot and a plan to hits: in each segment what is found, then the page and the counts of all together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from index.engine import Deadline
from index.hits import Hits
from index.plan import Plan
from index.query import And, Everything, Joker, Query
from index.schema import Schema
from index.whoosh_engine.doc_sets.accessible_docs import Reach, reach_of
from index.whoosh_engine.doc_sets.candidates import Among
from index.whoosh_engine.facets.facets import facet
from index.whoosh_engine.facets.global_ordinals import Vocabularies
from index.whoosh_engine.matching.evaluate import Place, all_of, found
from index.whoosh_engine.matching.expansion_limit import cuts_of
from index.whoosh_engine.ranking.bm25 import Scope
from index.whoosh_engine.ranking.top_documents import hits_of
from index.whoosh_engine.storage.array_file import Ids, Ints, Mask
from index.whoosh_engine.storage.cache import Cache
from index.whoosh_engine.storage.doc_sets import Found, mask_of
from index.whoosh_engine.storage.segments import Segment, View


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one commit left: views of segments that never change, and the checkpoint.

    `scopes` keeps what is only true of this commit. It goes with it, and with it the files of segments that are no
    more: a scope that lived on would keep them open.
    """

    number: tuple[str, int]
    views: tuple[View, ...]
    checkpoint: str | None
    vocabularies: Vocabularies
    scopes: Cache


def search(snapshot: Snapshot, plan: Plan, schema: Schema) -> Hits:
    """The answer to a plan that makes sense. Raises OutOfTime."""
    scope = scope_of(snapshot, plan.within)
    deadline = Deadline(plan.bounds.seconds)
    cuts = cuts_of(plan, scope)
    asked = [_Asked(plan, reach, scope, terms, deadline) for reach, terms in zip(scope.reaches, cuts, strict=True)]
    page = hits_of([(one.reach.segment, one.found) for one in asked], plan.sort, plan.start, plan.size)
    facets = []
    for request in plan.facets:
        deadline.check()
        chosen = [(one.reach, one.ids(request.without)) for one in asked]
        facets.append(facet(request, chosen, schema, snapshot.vocabularies))
    return Hits(
        sum(len(one.found.ids) for one in asked),
        tuple(page),
        tuple(facets),
        cut=tuple(cuts[0]) if cuts else (),
    )


class _Asked:
    """A plan asked of one segment: `found` is what the query and all filters find.

    A filter that a facet is counted without is looked up apart; the others narrow the query before it is scored.
    """

    def __init__(self, plan: Plan, reach: Reach, scope: Scope, cuts: Mapping[Joker, Ints], deadline: Deadline) -> None:
        self.reach = reach
        self._documents = reach.segment.documents
        place = Place(reach.segment, scope if plan.by_score else None, reach.among(), cuts, deadline)
        plain = Place(reach.segment, among=place.among, deadline=deadline)
        without = {request.without for request in plan.facets}
        together = [(one.query, plain) for one in plan.filters if one.name not in without]
        base = all_of([(plan.query, place), *together], place) if together else found(plan.query, place)
        self._base = base.ids
        own = Place(reach.segment, among=Among(self._documents, ids=base.ids), deadline=deadline)
        self._apart = [(one.name, found(one.query, own).ids) for one in plan.filters if one.name in without]
        self.found = base if not self._apart else _those(base, self.ids(None), self._documents)

    def ids(self, without: str | None) -> Ids:
        """What the query and the filters find, but for those of one name."""
        kept = sorted((ids for name, ids in self._apart if without is None or name != without), key=len)
        ids = kept[0] if kept else self._base
        for other in kept[1:]:
            ids = ids.take(Among(self._documents, ids=other).places(ids))
        return ids


def _those(found: Found, ids: Ids, documents: int) -> Found:
    """Some of the documents found."""
    if found.scores is None or len(ids) == len(found.ids):
        return Found(ids, found.scores)
    return Found(ids, found.scores.take(Among(documents, ids=ids).places(found.ids)))


def scope_of(snapshot: Snapshot, within: Query) -> Scope:
    """What `within` allows of a snapshot."""
    return snapshot.scopes.get(within, partial(_scope, snapshot, within), lambda scope: scope.nbytes + 2000)


def _scope(snapshot: Snapshot, within: Query) -> Scope:
    # A segment of which nothing is allowed is not looked at.
    reaches = tuple(reach for view in snapshot.views if (reach := _reach(view, within)).documents)
    return Scope(reaches, sum(reach.documents for reach in reaches))


def _reach(view: View, within: Query) -> Reach:
    inside = permitted(view.segment, within)
    return reach_of(view, None if inside is None else within, inside)


def permitted(segment: Segment, within: Query) -> Mask | None:
    """The documents of a segment that `within` finds, deleted ones included; None for all."""
    if within in (Everything(), And(())):
        return None

    def look() -> Mask | None:
        ids = found(within, Place(segment)).ids
        return mask_of(ids, segment.documents) if len(ids) < segment.documents else None

    return segment.kept(("within", within), look, lambda mask: 8 if mask is None else mask.nbytes)
