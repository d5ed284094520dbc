"""Searching: the act that everything else stands around."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from time import perf_counter

from kb.access.actor import Actor, Scope
from kb.access.permissions import reach_of, sight_of
from kb.model.dates import days_of
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View, Widening
from kb.search.index_search import Found, FoundHit, label_order, same_value
from kb.search.marks import MOST_TEXTS, Mark, marks_of, marks_of_page
from kb.services.core.library import Library, require_own_index
from kb.services.core.write_transaction import follows
from kb.services.search.feed_freshness import followed_of
from kb.services.search.page_text_marks import with_page_marks
from kb.services.search.results import FacetValue, Match, Results, Row
from kb.services.search.spelling import read_as, spelling
from kb.store import Reading

Counts = tuple[tuple[str, int], ...]

_NAMED = ("author", "group")
"""Facets whose values are shown under a name that the base knows."""
_LABELLED = ("tag", "author", "source", "language", "kind", "group")


def find(
    library: Library,
    actor: Actor,
    request: SearchRequest,
    *,
    whole: bool = False,
    as_typed: bool = False,
    followed: bool = False,
) -> Results:
    """What a request finds of what the actor may read: a page of rows, the total, and the facets.

    The vocabularies of groups add to it, as the request says, and where relevance sorts, plain words are searched as
    the readable documents know them (`kb.search.query_expansion`); never `as_typed`, which is for what is kept and
    followed
    (feeds, saved searches, alerts): it would move with each change of a vocabulary.

    `whole`: a row has all its texts that hold words found, uncut, and not only the best parts of some. `followed`: what
    is found goes into a feed, so that groups that are not to be followed are left out.
    A group that does not exist, or that may not be read, finds nothing. Raises Unavailable when the index must be
    rebuilt.
    """
    started = perf_counter()
    is_behind = not follows(library, actor)
    with library.store.read() as reading:
        require_own_index(library, reading)
        scope, groups = reach_of(actor, reading.groups.in_sight(sight_of(actor)))
        if followed:
            scope, groups = followed_of(groups)
        # What is not to be widened, and says so, can still be told that a vocabulary knows its words.
        knowing = not as_typed or request.vocabulary is Widening.OFF
        lexicons = library.lexicons.for_search(reading, request, groups) if knowing else ()
    found = library.catalogue.search(request, scope, groups, lexicons, as_typed=as_typed)
    # A snapshot taken after the search: what the index has just learnt is in it.
    with library.store.read() as reading:
        by_id = {group.id: group for group in groups}
        rows = tuple(_rows(reading, request.view, scope, found, by_id, whole=whole))
        if not whole and request.view is View.ITEMS:
            rows = with_page_marks(reading, rows, found)
        facets = _facets(reading, request, found, groups)
    taken_for = read_as(library, request, scope, groups, found)
    return Results(
        request=request,
        total=found.total,
        rows=rows,
        facets=facets,
        left_out=found.left_out,
        suggestion=taken_for.query if taken_for else spelling(library, request, scope, groups, found),
        known=tuple((by_id[one.group_id], one) for one in found.known),
        took_ms=round((perf_counter() - started) * 1000, 3),
        read_as=taken_for,
        is_behind=is_behind,
    )


def total_of(library: Library, actor: Actor, request: SearchRequest) -> int:
    """How many hits a request has in what the actor may read, as `find` finds them. Raises Unavailable."""
    follows(library, actor)
    with library.store.read() as reading:
        require_own_index(library, reading)
        scope, groups = reach_of(actor, reading.groups.in_sight(sight_of(actor)))
        lexicons = library.lexicons.for_search(reading, request, groups)
    return library.catalogue.count(request, scope, groups, lexicons=lexicons)


def _rows(
    reading: Reading, view: View, scope: Scope, found: Found, groups: Mapping[str, Group], *, whole: bool
) -> Iterator[Row]:
    """The hits as rows, from the truth: what is gone, or may no longer be read, is left out."""
    ids = [hit.id for hit in found.hits]
    of = reading.items.visible if view is View.ITEMS else reading.items.of_annotations
    items = of(ids, scope)
    for hit in found.hits:
        item = items.get(hit.id)
        if item is not None and item.group_id in groups:
            yield from _row(view, hit, item, groups[item.group_id], found, whole=whole)


def _row(view: View, hit: FoundHit, item: Item, group: Group, found: Found, *, whole: bool) -> Iterator[Row]:
    annotation = None
    if view is View.PASSAGES:
        annotation = next((one for one in item.annotations if one.id == hit.id), None)
        if annotation is None:
            return
    marks: tuple[Mark, ...] = ()
    if found.marker and whole:
        marks = marks_of_page(
            replace(item, annotations=(annotation,)) if annotation else item, found.marker, MOST_TEXTS
        )
    elif found.marker:
        marks = marks_of(item, annotation, found.marker)
    matches = tuple(Match(mark.field, mark.annotation, mark.pieces) for mark in marks)
    yield Row(item, group, annotation, hit.score, matches)


def _facets(
    reading: Reading, request: SearchRequest, found: Found, groups: Iterable[Group]
) -> Mapping[str, tuple[FacetValue, ...]]:
    """The counts with labels, in the order of INTERFACE: count, then folded label; months ascending."""
    by_id = {group.id: group for group in groups}
    slugs = tuple((by_id[id_].slug, count) for id_, count in found.facets["group"] if id_ in by_id)
    counts = {name: _in_reach(name, values, request) for name, values in {**found.facets, "group": slugs}.items()}
    # Only those who are counted: the name of an author who was asked for would tell that there is one.
    names = reading.users.by_logins(login for login, count in counts["author"] if count)
    labels: Mapping[str, Mapping[str, str]] = {
        "author": {login: user.name for login, user in names.items()},
        "group": {group.slug: group.name for group in by_id.values()},
    }
    return {
        **{name: _values(name, counts[name], request, labels.get(name, {})) for name in _LABELLED},
        "date": _periods(counts["date"], request),
        "year": _periods(sorted(counts["year"]), request),
    }


def _in_reach(name: str, counts: Counts, request: SearchRequest) -> Counts:
    """Of the values that the index gave without a limit, those that can be shown once labels have ordered them."""
    if name not in _NAMED or len(counts) <= request.facet_limit:
        return counts
    least = sorted((count for _, count in counts), reverse=True)[request.facet_limit - 1]
    chosen: tuple[str, ...] = getattr(request, name)
    return tuple((value, count) for value, count in counts if count >= least or value in chosen)


def _values(name: str, counts: Counts, request: SearchRequest, labels: Mapping[str, str]) -> tuple[FacetValue, ...]:
    """The values of one facet, cut after they are ordered by what people see; those chosen are always there."""
    chosen: tuple[str, ...] = getattr(request, name)
    values = [
        FacetValue(value, labels.get(value, value), count, _is_among(name, value, chosen)) for value, count in counts
    ]
    missing = [one for one in chosen if not any(same_value(name, one, value.value) for value in values)]
    values += [FacetValue(one, labels.get(one, one), 0, selected=True) for one in dict.fromkeys(missing)]
    values.sort(key=lambda value: (-value.count, label_order(value.label), value.value))
    return tuple(value for place, value in enumerate(values) if place < request.facet_limit or value.selected)


def _is_among(name: str, value: str, chosen: tuple[str, ...]) -> bool:
    return bool(chosen) and any(same_value(name, value, one) for one in chosen)


def _periods(counts: Iterable[tuple[str, int]], request: SearchRequest) -> tuple[FacetValue, ...]:
    """Months or years with their counts: a library of years has hundreds, of which few are ever chosen."""
    chosen = bool(request.date_from or request.date_to)
    return tuple(
        [
            FacetValue(one, one, count, selected=chosen and bool(one) and _in_period(one, request))
            for one, count in counts
        ]
    )


def _in_period(date: str, request: SearchRequest) -> bool:
    """Whether a month or a year overlaps the period that was chosen."""
    first, last = days_of(date)
    after = request.date_from is None or last >= days_of(request.date_from)[0]
    return after and (request.date_to is None or first <= days_of(request.date_to)[1])
