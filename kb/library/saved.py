"""Searches that a group keeps under a name, for its readers to follow."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import parse_qsl

from kb.access.actor import Action, Actor
from kb.access.rules import may, reach_of, require, sight_of
from kb.catalogue.searching import label_order
from kb.errors import Conflict, Invalid, NotFound
from kb.library.opening import Library, require_own_index
from kb.model.group import Group
from kb.model.ids import new_id
from kb.model.saved_search import SavedSearch, name_of, request_of
from kb.model.search import is_parameter
from kb.store import Reading
from kb.store.instants import this_instant

WEEK = 7
"""Days in which something is new: today and the six before."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search and the group that keeps it."""

    search: SavedSearch
    group: Group


def saved_searches(library: Library, actor: Actor, group_slug: str | None = None) -> tuple[Saved, ...]:
    """The searches kept by one group, or by all that the actor may read, by folded name.

    Raises NotFound for a group that is not there for the actor.
    """
    with library.store.read() as reading:
        if group_slug is None:
            readable = [group for group in reading.groups.in_sight(sight_of(actor)) if may(actor, Action.READ, group)]
        else:
            readable = [require(actor, Action.READ, reading.groups.by_slug(group_slug))]
        groups = {group.id: group for group in readable}
        found = [Saved(search, groups[search.group_id]) for search in reading.saved_searches.of_groups(groups)]
    return tuple(sorted(found, key=lambda one: (label_order(one.search.name), one.search.name, one.group.slug)))


def saved_search(library: Library, actor: Actor, search_id: str) -> Saved:
    """The saved search with this id. Raises NotFound, in the same words for one that the actor may not read."""
    with library.store.read() as reading:
        return _readable(reading, actor, reading.saved_searches.by_id(search_id))


def save_search(library: Library, actor: Actor, group_slug: str, name: str, parameters: str) -> Saved:
    """Keep a search, as the parameters of an address spell it, under a name. Done again, it gives what is there.

    Raises Invalid for parameters that spell no search, Conflict when the group keeps another search of this name,
    NotFound or Refused for a group where the actor may not.
    """
    _check_names(parameters)
    request, name = request_of(parameters), name_of(name)
    with library.store.write() as writing:
        group = require(actor, Action.CONTRIBUTE, writing.groups.by_slug(group_slug))
        for held in writing.saved_searches.of_groups([group.id]):
            if held.name == name and held.request == request:
                return Saved(held, group)
            if held.name == name:
                raise Conflict(
                    "The group keeps another search named “%(name)s”: choose another name, or remove that one first.",
                    name=name,
                )
        saved = SavedSearch(new_id(), group.id, name, request, this_instant())
        writing.saved_searches.add(saved)
    return Saved(saved, group)


def remove_saved(library: Library, actor: Actor, id_or_name: str, group_slug: str | None = None) -> Saved:
    """Forget a saved search, known by its id or by its name, in one group or in any; give what it was.

    Raises NotFound when there is none, Conflict when several groups keep one of this name, Refused where the actor may
    not.
    """
    named = [
        one for one in saved_searches(library, actor, group_slug) if id_or_name in (one.search.id, one.search.name)
    ]
    chosen = [one for one in named if one.search.id == id_or_name] or named
    if len(chosen) > 1:
        raise Conflict("Several groups keep a search named “%(name)s”: say which group.", name=id_or_name)
    with library.store.write() as writing:
        saved = _readable(writing, actor, chosen[0].search if chosen else None)
        require(actor, Action.CONTRIBUTE, saved.group)
        writing.saved_searches.remove(saved.search)
    return saved


def new_this_week(library: Library, actor: Actor, search: SavedSearch, today: date) -> int:
    """How much of what a search finds for the actor was added in the seven days that end today (UTC).

    Passages are counted where the search asks for passages. Raises Unavailable when the index must be rebuilt.
    """
    with library.store.read() as reading:
        require_own_index(library, reading)
        every = reading.groups.in_sight(sight_of(actor))
    scope, groups = reach_of(actor, every)
    first = today - timedelta(days=WEEK - 1)
    whole = replace(search.request, page=1)
    return library.catalogue.count(whole, scope, groups, first.isoformat(), as_typed=True)


def _readable(reading: Reading, actor: Actor, search: SavedSearch | None) -> Saved:
    group = reading.groups.by_ids([search.group_id]).get(search.group_id) if search else None
    if search is None or group is None or not may(actor, Action.READ, group):
        raise NotFound("This saved search does not exist, or you may not read it.")
    return Saved(search, group)


def _check_names(parameters: str) -> None:
    """Raise Invalid for a name that is no parameter of a search: what was meant by it would be lost."""
    pairs = parse_qsl(parameters.strip().removeprefix("?"), keep_blank_values=True)
    for name, _ in pairs:
        if not is_parameter(name):
            raise Invalid("“%(name)s” is no parameter of a search.", name=name)
    if not pairs:
        raise Invalid("The parameters of the search cannot be read: q=words&tag=name was expected.")
