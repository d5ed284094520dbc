"""Searches that a group keeps under a name, for its readers to follow."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from urllib.parse import parse_qsl

from kb.access.actor import Action, Actor
from kb.access.permissions import may, reach_of, require, sight_of
from kb.errors import Conflict, Invalid, NotFound
from kb.model.dates import instant_of
from kb.model.ids import new_id
from kb.model.people.group import Group, Visibility
from kb.model.saved_search import SavedSearch, name_of, request_of
from kb.model.search_request import SearchRequest, is_parameter
from kb.search.index_search import label_order
from kb.services.core.audit_log import Done, note
from kb.services.core.library import Library, require_own_index
from kb.store import Reading, Writing
from kb.store.database.clock import this_instant

WEEK = 7
"""Days in which something is new: today and the six before."""
MOST_SAVED = 500
"""Searches of one group: they are listed on one page."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search and the group that keeps it. `is_new`: it has just been saved."""

    search: SavedSearch
    group: Group
    is_new: bool = field(default=False, compare=False)


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
        every = reading.saved_searches.of_groups(groups)
        known = _readable_slugs(reading, actor, (slug for search in every for slug in search.request.group))
        found = [Saved(search, groups[search.group_id]) for search in every if known.issuperset(search.request.group)]
    return tuple(sorted(found, key=lambda one: (label_order(one.search.name), one.search.name, one.group.slug)))


def saved_search(library: Library, actor: Actor, search_id: str) -> Saved:
    """The saved search with this id. Raises NotFound, in the same words for one that the actor may not read."""
    with library.store.read() as reading:
        return _readable(reading, actor, reading.saved_searches.by_id(search_id))


def save_search(library: Library, actor: Actor, group_slug: str, name: str, parameters: str) -> Saved:
    """Keep a search, as the parameters of an address spell it, under a name. Done again, it gives what is there.

    Raises Invalid for parameters that spell no search or that tell of a group which not all who read the keeping one
    may know, Conflict when the group keeps another search of this name or too many, NotFound or Refused for a group
    where the actor may not.
    """
    _check_names(parameters)
    request, name = request_of(parameters), name_of(name)
    with library.store.write() as writing:
        group = require(actor, Action.CONTRIBUTE, writing.groups.by_slug(group_slug))
        kept = writing.saved_searches.of_groups([group.id])
        held = next((one for one in kept if one.name == name and one.request == request), None)
        if held:
            return Saved(held, group)
        _check_name(kept, name)
        if len(kept) >= MOST_SAVED:
            raise Conflict("The group keeps %(count)s searches already: remove one first.", count=MOST_SAVED)
        _check_groups(writing, actor, group, request)
        saved = SavedSearch(new_id(), group.id, name, request, this_instant())
        writing.saved_searches.add(saved)
        _note(writing, actor, Done.SEARCH_SAVED, group, saved)
    return Saved(saved, group, is_new=True)


def rename_saved(library: Library, actor: Actor, search_id: str, name: str) -> Saved:
    """Keep a search under another name. Raises NotFound, Refused, Invalid, Conflict for a name that is taken."""
    with library.store.write() as writing:
        before = _changeable(writing, actor, search_id)
        name = name_of(name)
        if name == before.search.name:
            return before
        _check_name(writing.saved_searches.of_groups([before.group.id]), name)
        after = replace(before.search, name=name)
        writing.saved_searches.rename(after)
        _note(writing, actor, Done.SEARCH_SAVED, before.group, after)
    return Saved(after, before.group)


def forget_saved(library: Library, actor: Actor, search_id: str) -> Saved:
    """Forget the saved search with this id; give what it was. Raises NotFound, Refused."""
    with library.store.write() as writing:
        saved = _changeable(writing, actor, search_id)
        writing.saved_searches.remove(saved.search)
        _note(writing, actor, Done.SEARCH_REMOVED, saved.group, saved.search)
    return saved


def restore_saved(library: Library, actor: Actor, group_slug: str, gone: SavedSearch) -> Saved:
    """Keep again, under its id, a search that its group has just forgotten: who follows it need not know.

    Raises NotFound when that group has forgotten none of this id, Conflict when its name is taken meanwhile, Invalid,
    Refused.
    """
    with library.store.write() as writing:
        group = require(actor, Action.CONTRIBUTE, writing.groups.by_slug(group_slug))
        held = writing.saved_searches.by_id(gone.id)
        if held is not None and held.group_id == group.id:
            return Saved(held, group)
        last = writing.moderation.last_act(group.id, gone.id)
        if last is None or last.act != Done.SEARCH_REMOVED:
            raise NotFound("This saved search does not exist, or you may not read it.")
        _check_name(writing.saved_searches.of_groups([group.id]), gone.name)
        _check_groups(writing, actor, group, gone.request)
        saved = replace(gone, group_id=group.id, created_at=_past(gone.created_at))
        writing.saved_searches.add(saved)
        _note(writing, actor, Done.SEARCH_SAVED, group, saved)
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
    return forget_saved(library, actor, chosen[0].search.id if chosen else "")


def changeable_saved(library: Library, actor: Actor, search_id: str) -> Saved:
    """The saved search with this id, for who may rename and remove it. Raises NotFound, SignInNeeded, Refused."""
    with library.store.read() as reading:
        return _changeable(reading, actor, search_id)


def may_change(actor: Actor, group: Group) -> bool:
    """Whether somebody may save searches for a group, rename and remove them."""
    return may(actor, Action.CONTRIBUTE, group)


def keepers(library: Library, actor: Actor) -> tuple[Group, ...]:
    """The groups for which somebody may save a search: one's own library first, then by folded name."""
    if actor.user_id is None or actor.read_only:
        return ()
    with library.store.read() as reading:
        found = [group for group in reading.groups.in_sight(sight_of(actor)) if may_change(actor, group)]
    return tuple(sorted(found, key=lambda one: (not one.is_personal, label_order(one.name), one.slug)))


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
    named = search.request.group
    if not _readable_slugs(reading, actor, named).issuperset(named):
        raise NotFound("This saved search does not exist, or you may not read it.")
    return Saved(search, group)


def _readable_slugs(reading: Reading, actor: Actor, slugs: Iterable[str]) -> set[str]:
    """Of these slugs, those of groups that the actor may read: a search that names another one is not there for them.

    Else it would name a group that was closed to its readers since it was saved.
    """
    groups = (reading.groups.by_slug(slug) for slug in set(slugs))
    return {group.slug for group in groups if group is not None and may(actor, Action.READ, group)}


def _changeable(reading: Reading, actor: Actor, search_id: str) -> Saved:
    saved = _readable(reading, actor, reading.saved_searches.by_id(search_id))
    require(actor, Action.CONTRIBUTE, saved.group)
    return saved


def _note(writing: Writing, actor: Actor, done: Done, group: Group, search: SavedSearch) -> None:
    # What somebody looks for in their own library is nobody else's business.
    detail = None if group.is_personal else search.name
    note(writing, actor, done, group_id=group.id, subject=search.id, detail=detail)


def _past(instant: str) -> str:
    """An instant that somebody gives back, if it is one and not to come; else this one."""
    try:
        known = instant_of(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except ValueError:
        return this_instant()
    return min(known, this_instant())


def _check_name(kept: Iterable[SavedSearch], name: str) -> None:
    if any(one.name == name for one in kept):
        raise Conflict(
            "The group keeps another search named “%(name)s”: choose another name, or remove that one first.",
            name=name,
        )


def _check_groups(reading: Reading, actor: Actor, keeper: Group, request: SearchRequest) -> None:
    """Raise Invalid for a search that names a group which the actor, or readers of the keeping group, may not know."""
    for slug in request.group:
        named = reading.groups.by_slug(slug)
        if named is None or not may(actor, Action.READ, named):
            raise Invalid("This group does not exist, or you may not read it.")
        if keeper.is_personal or named.id == keeper.id:
            continue
        hidden = named.visible is Visibility.MEMBERS
        if hidden or (named.visible is Visibility.SIGNED_IN and keeper.visible is Visibility.EVERYONE):
            raise Invalid(
                "This search names the group “%(group)s”, which not all readers of “%(keeper)s” may read: save it for "
                "that group, or in your own library.",
                group=named.name,
                keeper=keeper.name,
            )


def _check_names(parameters: str) -> None:
    """Raise Invalid for a name that is no parameter of a search: what was meant by it would be lost."""
    pairs = parse_qsl(parameters.strip().removeprefix("?"), keep_blank_values=True)
    for name, _ in pairs:
        if not is_parameter(name):
            raise Invalid("“%(name)s” is no parameter of a search.", name=name)
    if not pairs:
        raise Invalid("The parameters of the search cannot be read: q=words&tag=name was expected.")
