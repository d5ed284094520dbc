"""Who may read and change a list, and which of its entries: an entry needs the right to read its item."""

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import NotFound
from kb.model.items.item_list import ItemList, ListEntry
from kb.model.people.group import Group
from kb.services.core.readable_groups import readable_groups
from kb.store import ReadSnapshot

_LIST_GONE = "This list does not exist, or you may not read it."
_ENTRY_GONE = "This is not in the list any more."


def readable_list(reading: ReadSnapshot, actor: Actor, list_id: str) -> tuple[ItemList, Group]:
    """A list with all its entries, and its group. Raises NotFound."""
    item_list = reading.lists.by_id(list_id)
    group = reading.groups.by_id(item_list.group_id) if item_list else None
    if (
        item_list is None
        or group is None
        or not is_allowed(actor, Action.READ, group)
        or not may_read_list(actor, item_list)
    ):
        raise NotFound(_LIST_GONE)
    return item_list, group


def editable_list(reading: ReadSnapshot, actor: Actor, list_id: str) -> tuple[ItemList, Group]:
    """As `readable_list`, for an actor who may change the list. Raises NotFound, LoginNeeded, Forbidden."""
    item_list, group = readable_list(reading, actor, list_id)
    return item_list, require_permission(actor, Action.CONTRIBUTE, group)


def may_read_list(actor: Actor, item_list: ItemList) -> bool:
    """Whether an actor who may read the group of a list may read the list."""
    return item_list.is_open_to(actor.user_id)


def may_change_list(actor: Actor, item_list: ItemList, group: Group) -> bool:
    return may_read_list(actor, item_list) and is_allowed(actor, Action.CONTRIBUTE, group)


def readable_entries(reading: ReadSnapshot, actor: Actor, item_list: ItemList) -> tuple[ListEntry, ...]:
    """The entries whose item and annotation exist and that the actor may read, in order, and all headings and texts."""
    entries = item_list.entries
    scope = readable_groups(reading, actor).scope
    items = frozenset(reading.items.readable_ids((entry.item_id for entry in entries if entry.item_id), scope))
    parts = reading.items.taken_annotation_ids(entry.annotation_id for entry in entries if entry.annotation_id)
    return tuple(
        entry
        for entry in entries
        if entry.item_id is None
        or (entry.item_id in items and (entry.annotation_id is None or parts.get(entry.annotation_id) == entry.item_id))
    )


def entry_index(item_list: ItemList, entry_id: str | None) -> int:
    """The position of an entry. Raises NotFound."""
    position = next((position for position, entry in enumerate(item_list.entries) if entry.id == entry_id), None)
    if position is None:
        raise NotFound(_ENTRY_GONE)
    return position


def editable_entry(reading: ReadSnapshot, actor: Actor, item_list: ItemList, entry_id: str) -> ListEntry:
    """An entry of a list that the actor may change. Raises NotFound, also for one whose item they may not read."""
    entry = item_list.entries[entry_index(item_list, entry_id)]
    scope = readable_groups(reading, actor).scope
    if entry.item_id is not None and not reading.items.readable_ids([entry.item_id], scope):
        raise NotFound(_ENTRY_GONE)
    return entry
