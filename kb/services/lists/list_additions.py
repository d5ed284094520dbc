"""Add several items to a list at once, as one edit that one undo reverses."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import NotFound
from kb.model.ids import new_id
from kb.model.items.item import Item
from kb.model.items.item_list import ItemList, ItemPart, ListEntry, ListEntryKind
from kb.model.items.undo import ListChange
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.items.item_creation import writable_groups
from kb.services.items.items import readable_item
from kb.services.lists.list_rights import editable_list, may_change_list, readable_list
from kb.services.lists.lists import ListEditResult, check_room, save_list
from kb.services.undo.undo import is_undoable, require_undo
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now

MOST_CHOICES = 500
"""Lists to choose from on one page: an administrator may change those of all groups."""

ListsWithGroups: TypeAlias = tuple[tuple[ItemList, Group], ...]


def changeable_lists(library: Library, actor: Actor) -> ListsWithGroups:
    """The lists to which the actor may add, MOST_CHOICES at most, the latest changed first, each with its group.

    Raises LoginNeeded.
    """
    require_signed_in_user(actor)
    groups = {group.id: group for group in writable_groups(library, actor)}
    with library.store.read() as reading:
        lists = reading.lists.of_groups(groups)
    pairs = ((item_list, groups[item_list.group_id]) for item_list in lists)
    return tuple(islice((pair for pair in pairs if may_change_list(actor, *pair)), MOST_CHOICES))


def item_and_lists(
    library: Library, actor: Actor, item_id: str
) -> tuple[Item, Group, tuple[tuple[ItemList, Group], ...]]:
    """An item, its group, and the lists to which the actor may add it. Raises NotFound, LoginNeeded."""
    lists = changeable_lists(library, actor)
    with library.store.read() as reading:
        return *readable_item(reading, actor, item_id), lists


def add_to_list(library: Library, actor: Actor, list_id: str, parts: Sequence[ItemPart]) -> ListEditResult:
    """Add items, and single annotations of items, to the end of a list, in the order given, without those that it has.

    `parts` are ids of items, each with the id of an annotation or None. Items that the actor may not read are ignored.
    Raises NotFound, LoginNeeded, Forbidden; Conflict for a list that would be too long.
    """
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        existing = {(entry.item_id, entry.annotation_id) for entry in item_list.entries}
        entries = tuple(
            entry
            for entry in entries_of_item_parts(writing, actor, parts)
            if (entry.item_id, entry.annotation_id) not in existing
        )
        check_room(item_list, len(entries))
        return save_list(writing, actor, item_list, replace(item_list, entries=(*item_list.entries, *entries)))


def entries_of_item_parts(reading: ReadSnapshot, actor: Actor, parts: Iterable[ItemPart]) -> tuple[ListEntry, ...]:
    """New entries for items and annotations that the actor may read, in the order given; the others are ignored."""
    parts = tuple(dict.fromkeys(parts))
    scope = readable_groups(reading, actor).scope
    readable_ids = frozenset(reading.items.readable_ids((item_id for item_id, _ in parts), scope))
    items = reading.items.taken_annotation_ids(part_id for _, part_id in parts if part_id)
    now = timestamp_now()
    return tuple(
        ListEntry(
            new_id(),
            ListEntryKind.PASSAGE if part_id else ListEntryKind.ITEM,
            item_id,
            annotation_id=part_id,
            added_at=now,
        )
        for item_id, part_id in parts
        if item_id in readable_ids and (part_id is None or items.get(part_id) == item_id)
    )


def latest_additions(
    reading: ReadSnapshot, actor: Actor, undo_id: str
) -> tuple[ItemList, tuple[ListEntry, ...]] | None:
    """The list to which an action of the actor added entries, and these, by the id that undoes the action.

    None for another action, one that is undone or expired, or a list that the actor may no longer read.
    """
    if not is_undoable(reading, actor, undo_id):
        return None
    match require_undo(reading, actor, undo_id).list_changes:
        case (ListChange(before=before, after=ItemList() as after),):
            earlier = {entry.id for entry in before.entries}
        case _:
            return None
    try:
        item_list, _ = readable_list(reading, actor, after.id)
    except NotFound:
        return None
    return item_list, tuple(entry for entry in after.entries if entry.id not in earlier)
