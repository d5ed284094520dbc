"""Saved searches: a group stores a search under a name, and its readers follow it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate
from urllib.parse import parse_qsl

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import Conflict, Invalid, NotFound
from kb.model.dates import instant_of
from kb.model.ids import new_id
from kb.model.people.group import Group, Visibility
from kb.model.saved_search import SavedSearch, checked_search_name, saved_request
from kb.model.search_request import AddedSince, SearchRequest, is_parameter
from kb.search.index_search import label_sort_key
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library, require_current_index
from kb.services.core.readable_groups import readable_groups
from kb.services.search.note_copies import without_note_copies
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now, timestamp_of

NEW = AddedSince.WEEK
"""The days of new results."""
MOST_SAVED = 500
"""Saved searches of one group: one page lists all of them."""
MOST_SAVED_CHARACTERS = 250_000
"""Characters of the names and parameters of the saved searches of one group."""
MOST_LISTED_CHARACTERS = 1_000_000
"""Characters of the saved searches of all groups that one answer lists."""


class SearchNameTaken(Conflict):
    """Another saved search of the group, `search`, has the name."""

    def __init__(self, search: SavedSearch) -> None:
        super().__init__("“%(name)s” is the name of another search there: choose another name.", name=search.name)
        self.search = search


@dataclass(frozen=True, slots=True)
class SavedSearchView:
    """A saved search and its group. `is_new`: it has just been saved."""

    search: SavedSearch
    group: Group
    is_new: bool = field(default=False, compare=False)


def readable_saved_searches(
    library: Library, actor: Actor, group_slug: str | None = None
) -> tuple[SavedSearchView, ...]:
    """The saved searches of one group, or of all readable groups, by folded name.

    If those of all groups have more than MOST_LISTED_CHARACTERS, those of groups of which the actor is no member are
    left out first. Raises NotFound for a group that the actor may not read.
    """
    with library.store.read() as reading:
        if group_slug is None:
            readable = readable_groups(reading, actor).groups
        else:
            readable = (require_permission(actor, Action.READ, reading.groups.by_slug(group_slug)),)
        groups = {group.id: group for group in readable}
        every = reading.saved_searches.of_groups(groups)
        known = _readable_slugs(reading, actor, (slug for search in every for slug in search.request.group))
        views = [
            SavedSearchView(search, groups[search.group_id])
            for search in every
            if known.issuperset(search.request.group)
        ]
    memberships = {membership.group_id for membership in actor.memberships}
    views.sort(key=lambda view: view.group.id not in memberships)
    sizes = accumulate(_character_count((view.search,)) for view in views)
    listed = [view for view, size in zip(views, sizes, strict=True) if size <= MOST_LISTED_CHARACTERS]
    return tuple(sorted(listed, key=lambda view: (label_sort_key(view.search.name), view.search.name, view.group.slug)))


def readable_saved_search(library: Library, actor: Actor, search_id: str) -> SavedSearchView:
    """The saved search with this id. Raises NotFound, with the same message for one that the actor may not read."""
    with library.store.read() as reading:
        return _readable_view(reading, actor, reading.saved_searches.by_id(search_id))


def create_saved_search(library: Library, actor: Actor, group_slug: str, name: str, parameters: str) -> SavedSearchView:
    """Save a search, given as the parameters of an address, under a name. The same call again returns the existing one.

    Raises Invalid for parameters that are not a search, or that name a group unknown to some readers of the saving
    group; SearchNameTaken if the group has another search of this name; Conflict if it has too many; NotFound or
    Forbidden for the group.
    """
    _check_parameter_names(parameters)
    request, name = saved_request(parameters), checked_search_name(name)
    with library.store.write() as writing:
        group = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(group_slug))
        searches = writing.saved_searches.of_groups([group.id])
        search = next((search for search in searches if search.name == name and search.request == request), None)
        if search:
            return SavedSearchView(search, group)
        _check_unique_name(searches, name)
        if len(searches) >= MOST_SAVED:
            raise Conflict("The group keeps %(count)s searches already: remove one first.", count=MOST_SAVED)
        _check_readable_groups(writing, actor, group, request)
        saved = SavedSearch(new_id(), group.id, name, request, timestamp_now())
        _check_characters(searches, saved)
        writing.saved_searches.add(saved)
        _log_saved_search(writing, actor, AuditEvent.SEARCH_SAVED, group, saved)
    return SavedSearchView(saved, group, is_new=True)


def rename_saved_search(library: Library, actor: Actor, search_id: str, name: str) -> SavedSearchView:
    """Rename a saved search. Raises NotFound, Forbidden, Invalid, Conflict for a name in use."""
    with library.store.write() as writing:
        before = _changeable_search(writing, actor, search_id)
        name = checked_search_name(name)
        if name == before.search.name:
            return before
        searches = writing.saved_searches.of_groups([before.group.id])
        _check_unique_name((search for search in searches if search.id != search_id), name)
        after = replace(before.search, name=name)
        _check_characters(searches, after)
        writing.saved_searches.rename(after)
        _log_saved_search(writing, actor, AuditEvent.SEARCH_SAVED, before.group, after)
    return SavedSearchView(after, before.group)


def change_saved_search(library: Library, actor: Actor, search_id: str, parameters: str) -> SavedSearchView:
    """Give a saved search other parameters; its address, name and followers stay.

    Raises NotFound, Forbidden; Invalid, as `create_saved_search` does.
    """
    _check_parameter_names(parameters)
    request = saved_request(parameters)
    with library.store.write() as writing:
        before = _changeable_search(writing, actor, search_id)
        _check_readable_groups(writing, actor, before.group, request)
        after = replace(before.search, request=request)
        _check_characters(writing.saved_searches.of_groups([before.group.id]), after)
        writing.saved_searches.update_parameters(after)
        _log_saved_search(writing, actor, AuditEvent.SEARCH_SAVED, before.group, after)
    return SavedSearchView(after, before.group)


def drop_saved_search(library: Library, actor: Actor, search_id: str) -> SavedSearchView:
    """Delete the saved search with this id; returns it. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        saved = _changeable_search(writing, actor, search_id)
        writing.saved_searches.remove(saved.search)
        _log_saved_search(writing, actor, AuditEvent.SEARCH_REMOVED, saved.group, saved.search)
    return saved


def restore_saved_search(library: Library, actor: Actor, group_slug: str, search: SavedSearch) -> SavedSearchView:
    """Restore a saved search that its group has just deleted, with its id, so that its followers notice nothing.

    Raises NotFound if the group has deleted no search with this id, Conflict if its name is in use meanwhile, Invalid,
    Forbidden.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(group_slug))
        saved_search = writing.saved_searches.by_id(search.id)
        if saved_search is not None and saved_search.group_id == group.id:
            return SavedSearchView(saved_search, group)
        last = writing.moderation.last_log_entry(group.id, search.id)
        if last is None or last.action != AuditEvent.SEARCH_REMOVED:
            raise NotFound("This saved search does not exist, or you may not read it.")
        _check_unique_name(writing.saved_searches.of_groups([group.id]), search.name)
        _check_readable_groups(writing, actor, group, search.request)
        saved = replace(search, group_id=group.id, created_at=_past_timestamp(search.created_at))
        writing.saved_searches.add(saved)
        _log_saved_search(writing, actor, AuditEvent.SEARCH_SAVED, group, saved)
    return SavedSearchView(saved, group)


def remove_saved_search_by_name(
    library: Library, actor: Actor, id_or_name: str, group_slug: str | None = None
) -> SavedSearchView:
    """Delete a saved search, given by its id or its name, in one group or in any; returns it.

    Raises NotFound if there is none, Conflict if several groups have one of this name, Forbidden.
    """
    named = [
        saved_search
        for saved_search in readable_saved_searches(library, actor, group_slug)
        if id_or_name in (saved_search.search.id, saved_search.search.name)
    ]
    selected = [view for view in named if view.search.id == id_or_name] or named
    if len(selected) > 1:
        raise Conflict("Several groups keep a search named “%(name)s”: say which group.", name=id_or_name)
    return drop_saved_search(library, actor, selected[0].search.id if selected else "")


def changeable_saved_search(library: Library, actor: Actor, search_id: str) -> SavedSearchView:
    """The saved search with this id, for an actor who may change it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        return _changeable_search(reading, actor, search_id)


def may_change_saved_searches(actor: Actor, group: Group) -> bool:
    """Whether the actor may save searches for a group, rename and delete them."""
    return is_allowed(actor, Action.CONTRIBUTE, group)


def saved_search_groups(library: Library, actor: Actor) -> tuple[Group, ...]:
    """The groups for which the actor may save a search: the actor's own library first, then by folded name."""
    if actor.user_id is None or actor.read_only:
        return ()
    with library.store.read() as reading:
        groups = [group for group in readable_groups(reading, actor).groups if may_change_saved_searches(actor, group)]
    return tuple(sorted(groups, key=lambda group: (not group.is_personal, label_sort_key(group.name), group.slug)))


def new_result_count(library: Library, actor: Actor, search: SavedSearch, today: date) -> int:
    """The number of the search's results for the actor that were added in the seven days up to today (UTC).

    Annotations are counted if the search is for passages. Raises Unavailable if the index must be rebuilt.
    """
    with library.store.read() as reading:
        require_current_index(library, reading)
        readable = readable_groups(reading, actor)
    new = library.catalogue.search(search.request.verbatim(), readable).added_from(NEW.first_day(today).isoformat())
    return without_note_copies(library, actor, search.request, readable, new).count()


def _readable_view(reading: ReadSnapshot, actor: Actor, search: SavedSearch | None) -> SavedSearchView:
    group = reading.groups.by_id(search.group_id) if search else None
    if search is not None and group is not None and is_allowed(actor, Action.READ, group):
        named = search.request.group
        if _readable_slugs(reading, actor, named).issuperset(named):
            return SavedSearchView(search, group)
    raise NotFound("This saved search does not exist, or you may not read it.")


def _readable_slugs(reading: ReadSnapshot, actor: Actor, slugs: Iterable[str]) -> set[str]:
    """The slugs of readable groups among these: a saved search that names another group is hidden from the actor.

    Otherwise it would name a group that was closed to some readers after the search was saved.
    """
    groups = {slug: reading.groups.by_slug(slug) for slug in set(slugs)}
    return {slug for slug, group in groups.items() if group is not None and is_allowed(actor, Action.READ, group)}


def _changeable_search(reading: ReadSnapshot, actor: Actor, search_id: str) -> SavedSearchView:
    saved = _readable_view(reading, actor, reading.saved_searches.by_id(search_id))
    require_permission(actor, Action.CONTRIBUTE, saved.group)
    return saved


def _log_saved_search(
    writing: WriteTransaction, actor: Actor, done: AuditEvent, group: Group, search: SavedSearch
) -> None:
    # Users' own libraries are private: nothing is logged.
    detail = None if group.is_personal else search.name
    write_audit_log(writing, actor, done, group_id=group.id, subject=search.id, detail=detail)


def _past_timestamp(instant: str) -> str:
    """The given timestamp, if it is valid and not in the future; otherwise the current time."""
    try:
        known = timestamp_of(instant_of(instant))
    except ValueError:
        return timestamp_now()
    return min(known, timestamp_now())


def _check_unique_name(searches: Iterable[SavedSearch], name: str) -> None:
    """Raise SearchNameTaken for a name that differs from another one in case and accents alone, or not at all."""
    folded = label_sort_key(name)
    for search in searches:
        if label_sort_key(search.name) == folded:
            raise SearchNameTaken(search)


def _check_characters(searches: Iterable[SavedSearch], after: SavedSearch) -> None:
    """Raise Conflict if a search that is added or changed is too much for its group."""
    before = {search.id: search for search in searches}
    was = _character_count(before.values())
    if was < (now := _character_count((before | {after.id: after}).values())) and now > MOST_SAVED_CHARACTERS:
        raise Conflict(
            "All saved searches of a group together have at most %(limit)s characters: remove one first.",
            limit=MOST_SAVED_CHARACTERS,
        )


def _character_count(searches: Iterable[SavedSearch]) -> int:
    return sum(len(search.name) + len(search.parameters) for search in searches)


def _check_readable_groups(reading: ReadSnapshot, actor: Actor, keeper: Group, request: SearchRequest) -> None:
    """Raise Invalid for a search that names a group unknown to the actor, or to readers of the saving group."""
    for slug in request.group:
        named = reading.groups.by_slug(slug)
        if named is None or not is_allowed(actor, Action.READ, named):
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


def _check_parameter_names(parameters: str) -> None:
    """Raise Invalid for a name that is not a search parameter: its meaning would be lost."""
    pairs = parse_qsl(parameters.strip().removeprefix("?"), keep_blank_values=True)
    for name, _ in pairs:
        if not is_parameter(name):
            raise Invalid("“%(name)s” is no parameter of a search.", name=name)
    if not pairs:
        raise Invalid("The parameters of the search cannot be read: q=words&tag=name was expected.")
