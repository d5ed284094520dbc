"""Parts of long lists: one page of entries, the lists of a user, and the newest entries for feeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.access.actor import AccessScope, Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.model.items.item_list import ItemList, ListEntry
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows, paginate
from kb.services.core.readable_groups import readable_groups
from kb.services.items.item_creation import writable_groups
from kb.services.lists.list_rights import may_change_list, may_read_list, readable_entries, readable_list
from kb.services.lists.lists import ListEntryWithItem
from kb.store import ReadSnapshot

MOST_FEED_ENTRIES = 50

ChooseEntries = Callable[[tuple[ListEntry, ...]], Sequence[int]]
"""The positions to show, of all entries that the actor may read."""


@dataclass(frozen=True, slots=True)
class ListWindow:
    """A list, its group, all its entries that the actor may read, and some of these with their items.

    `may_change`: the actor may change the list.
    """

    item_list: ItemList
    group: Group
    entries: tuple[ListEntry, ...]
    shown: tuple[ListEntryWithItem, ...]
    may_change: bool


@dataclass(frozen=True, slots=True)
class OwnList:
    """A list that a user may change or has made. `length`: the entries that the user may read."""

    item_list: ItemList
    group: Group
    length: int
    may_change: bool


def list_window(library: Library, actor: Actor, list_id: str, choose: ChooseEntries) -> ListWindow:
    """A list and the entries that `choose` picks: only their items are read. Raises NotFound."""
    with library.store.read() as reading:
        item_list, group = readable_list(reading, actor, list_id)
        entries = readable_entries(reading, actor, item_list)
        items = _with_items(reading, actor, [entries[position] for position in choose(entries)])
        return ListWindow(item_list, group, entries, items, may_change_list(actor, item_list, group))


def list_window_to_change(library: Library, actor: Actor, list_id: str, choose: ChooseEntries) -> ListWindow:
    """As `list_window`, for an actor who may change the list. Raises NotFound, LoginNeeded, Forbidden."""
    window = list_window(library, actor, list_id, choose)
    require_permission(actor, Action.CONTRIBUTE, window.group)
    return window


def own_lists(library: Library, actor: Actor, words: str = "", page: int = 1) -> PaginatedRows[OwnList]:
    """The lists that the actor may change, as a member, or has made and may still read; the latest changed first.

    `words`: all of them are in the name of the list or of its group. Raises LoginNeeded.
    """
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        lists = reading.lists.of_groups({membership.group_id for membership in actor.memberships}, made_by=user_id)
        groups = reading.groups.by_ids({item_list.group_id for item_list in lists})
        parts = words.casefold().split()
        lists_with_groups = [
            (list_, group)
            for list_ in lists
            if (group := groups.get(list_.group_id)) is not None
            and is_allowed(actor, Action.READ, group)
            and may_read_list(actor, list_)
            and (may_change_list(actor, list_, group) or (list_.owner is not None and list_.owner.id == user_id))
            and all(part in f"{list_.name} {group.name}".casefold() for part in parts)
        ]
        shown = paginate(lists_with_groups, page)
        ids = [item_list.id for item_list, _ in shown.rows]
        counts = reading.lists.entry_counts(ids, readable_groups(reading, actor).scope)
    rows = (
        OwnList(item_list, group, counts.get(item_list.id, 0), may_change_list(actor, item_list, group))
        for item_list, group in shown.rows
    )
    return PaginatedRows(tuple(rows), shown.total, shown.page, shown.last)


def list_groups(library: Library, actor: Actor) -> tuple[Group, ...]:
    """The groups in which the actor may create lists: their own library first, then by name. Raises LoginNeeded."""
    require_signed_in_user(actor, reading=True)
    groups = writable_groups(library, actor)
    return tuple(sorted(groups, key=lambda group: (not group.is_personal, group.name.casefold(), group.id)))


def list_additions(library: Library, actor: Actor, list_id: str) -> ListWindow:
    """A list and its items and passages, those added last first, for its feed.

    Items of groups without feeds are left out. Raises NotFound.
    """

    def newest(entries: tuple[ListEntry, ...]) -> Sequence[int]:
        positions = (position for position, entry in enumerate(entries) if entry.item_id is not None)
        return sorted(positions, key=lambda position: (entries[position].added_at or "", position), reverse=True)[
            :MOST_FEED_ENTRIES
        ]

    with library.store.read() as reading:
        item_list, group = readable_list(reading, actor, list_id)
        silent = frozenset(group.id for group in readable_groups(reading, actor).groups if not group.feeds)
        entries = readable_entries(reading, actor, item_list)
        item_ids = (entry.item_id for entry in entries if entry.item_id)
        hidden = set(reading.items.readable_ids(item_ids, AccessScope(silent)))
        entries = tuple(entry for entry in entries if entry.item_id not in hidden)
        items = _with_items(reading, actor, [entries[position] for position in newest(entries)])
    return ListWindow(item_list, group, entries, items, may_change_list(actor, item_list, group))


def _with_items(reading: ReadSnapshot, actor: Actor, entries: Sequence[ListEntry]) -> tuple[ListEntryWithItem, ...]:
    scope, groups = readable_groups(reading, actor)
    items = reading.items.beginnings((entry.item_id for entry in entries if entry.item_id), scope)
    annotation_ids = (entry.annotation_id for entry in entries if entry.annotation_id)
    annotations = reading.items.listed_annotations(annotation_ids, items.values())
    by_id = {group.id: group for group in groups}
    return tuple(
        ListEntryWithItem(entry, item, by_id.get(item.group_id), annotations.get(entry.annotation_id or ""))
        if (item := items.get(entry.item_id or ""))
        else ListEntryWithItem(entry)
        for entry in entries
    )
