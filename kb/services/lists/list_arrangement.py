"""Add, place and remove several entries of a list at once: one edit, which one undo reverses."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from kb.access.actor import Actor
from kb.errors import Invalid
from kb.model.ids import new_id
from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.services.core.library import Library
from kb.services.lists.list_rights import editable_list, entry_index, readable_entries
from kb.services.lists.lists import END, START, ListEditResult, check_room, checked_new_entry, save_list, with_entries
from kb.store import ReadSnapshot

MOST_AT_ONCE = 200
"""Entries that one form may add."""


def add_list_entries(
    library: Library, actor: Actor, list_id: str, parts: Sequence[tuple[str, str]], after: str = END
) -> ListEditResult:
    """Add items and passages, each as the ids of an item and of an annotation (empty for the item), in this order.

    `after` is an entry, START or END. Raises NotFound, Forbidden; Invalid for none or too many; Conflict for a full
    list.
    """
    if not 0 < len(parts) <= MOST_AT_ONCE:
        raise Invalid("Tick something first.")
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        check_room(item_list, len(parts))
        entries = [
            checked_new_entry(
                writing,
                actor,
                ListEntry(new_id(), ListEntryKind.PASSAGE if part else ListEntryKind.ITEM, item_id, part or None),
            )
            for item_id, part in dict.fromkeys(parts)
        ]
        placed = with_entries(item_list, item_list.entries, entries, after)
        return save_list(writing, actor, item_list, replace(item_list, entries=placed), entries[0].id)


def move_list_entries(library: Library, actor: Actor, list_id: str, ids: Collection[str], after: str) -> ListEditResult:
    """Move entries, in their order, after another entry, to the START or the END.

    Raises NotFound, Forbidden, Invalid.
    """
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        moved = _selected_entries(writing, actor, item_list, ids)
        others = [entry for entry in item_list.entries if entry not in moved]
        if after in {entry.id for entry in moved}:
            raise Invalid("An entry cannot be placed after itself.")
        placed = with_entries(item_list, others, moved, after)
        return save_list(writing, actor, item_list, replace(item_list, entries=placed), moved[0].id)


def shift_list_entry(library: Library, actor: Actor, list_id: str, entry_id: str, by: int) -> ListEditResult:
    """Move an entry by one place, up (-1) or down (1), among those that the actor may read.

    Raises NotFound, Forbidden, Invalid.
    """
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        (moved,) = _selected_entries(writing, actor, item_list, [entry_id])
        readable = [entry.id for entry in readable_entries(writing, actor, item_list)]
        position = readable.index(entry_id)
        others = [entry for entry in item_list.entries if entry.id != entry_id]
        if by < 0:
            after = readable[position - 2] if position > 1 else START
        else:
            after = readable[position + 1] if position + 1 < len(readable) else END
        placed = with_entries(item_list, others, [moved], after)
        return save_list(writing, actor, item_list, replace(item_list, entries=placed), entry_id)


def remove_list_entries(library: Library, actor: Actor, list_id: str, ids: Collection[str]) -> ListEditResult:
    """Remove entries. The result names the entry that stands now where the first stood, if the actor may read it.

    Raises NotFound, Forbidden, Invalid.
    """
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        removed = _selected_entries(writing, actor, item_list, ids)
        readable = readable_entries(writing, actor, item_list)
        first = readable.index(removed[0])
        left = [entry for entry in readable if entry not in removed]
        entries = tuple(entry for entry in item_list.entries if entry not in removed)
        now_first = left[min(first, len(left) - 1)].id if left else None
        return save_list(writing, actor, item_list, replace(item_list, entries=entries), now_first)


def _selected_entries(
    reading: ReadSnapshot, actor: Actor, item_list: ItemList, ids: Collection[str]
) -> list[ListEntry]:
    """The entries with these ids, in the order of the list. Raises Invalid for none, NotFound for one not readable."""
    entry_ids = set(ids)
    if not entry_ids:
        raise Invalid("Tick something first.")
    entries = [entry for entry in readable_entries(reading, actor, item_list) if entry.id in entry_ids]
    if len(entries) < len(entry_ids):
        entry_index(item_list, None)
    return entries
