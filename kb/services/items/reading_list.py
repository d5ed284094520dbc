"""The user's private reading list: items to read, and items read. No other user sees it.

Items that the user may no longer read, or that are removed, are left out, and listed again once they can be read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import Conflict, NotFound
from kb.model.items.reading_list import ReadingListEntry, ReadingListPart
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.items.items import ItemView, readable_item
from kb.store.database.clock import timestamp_now

MOST_ENTRIES = 5_000
"""Items on one user's list."""
PER_PAGE = 50
MAX_PAGE = MOST_ENTRIES // PER_PAGE


@dataclass(frozen=True, slots=True)
class ReadingListItem:
    """An item on the actor's list."""

    entry: ReadingListEntry
    view: ItemView


@dataclass(frozen=True, slots=True)
class ReadingListView:
    """A page of the actor's list: `unread` and `read` count all readable items on it."""

    part: ReadingListPart
    page: int
    unread: int
    read: int
    rows: tuple[ReadingListItem, ...]

    @property
    def total(self) -> int:
        """The number of items in this part of the list."""
        return {
            ReadingListPart.UNREAD: self.unread,
            ReadingListPart.READ: self.read,
            ReadingListPart.ALL: self.unread + self.read,
        }[self.part]


def reading_list_view(library: Library, actor: Actor, part: ReadingListPart, page: int = 1) -> ReadingListView:
    """A page of the actor's list, the latest first; pages after the last are empty. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    page = min(max(1, page), MAX_PAGE)
    with library.store.read() as reading:
        scope, readable = readable_groups(reading, actor)
        groups = {group.id: group for group in readable}
        lists = reading.reading_lists
        unread, read = lists.counts(user_id, scope)
        entries = lists.page(user_id, scope, part, (page - 1) * PER_PAGE, PER_PAGE)
        items = reading.items.beginnings((entry.item_id for entry in entries), scope)
    rows = tuple(
        ReadingListItem(entry, ItemView(items[entry.item_id], groups[items[entry.item_id].group_id]))
        for entry in entries
        if entry.item_id in items
    )
    return ReadingListView(part, page, unread, read, rows)


def reading_list_entries(library: Library, actor: Actor, item_ids: Iterable[str]) -> dict[str, ReadingListEntry]:
    """The entries of these items on the actor's list; none for an anonymous actor."""
    if actor.user_id is None:
        return {}
    with library.store.read() as reading:
        return reading.reading_lists.of_items(actor.user_id, item_ids)


def add_to_reading_list(library: Library, actor: Actor, item_id: str) -> ReadingListEntry:
    """Add an item to the top of the actor's list; an item that was read becomes unread again.

    Raises NotFound, LoginNeeded, Forbidden for a read-only token, Conflict for a full list.
    """
    with library.store.write() as writing:
        readable_item(writing, actor, item_id)
        user_id = require_signed_in_user(actor)
        before = writing.reading_lists.of_items(user_id, [item_id]).get(item_id)
        if before is not None and before.read_at is None:
            return before
        if before is None and writing.reading_lists.size(user_id) >= MOST_ENTRIES:
            raise Conflict("Your reading list is full: it holds %(limit)s items.", limit=MOST_ENTRIES)
        entry = ReadingListEntry(item_id, timestamp_now())
        writing.reading_lists.put(user_id, entry)
        return entry


def add_items_to_reading_list(library: Library, actor: Actor, item_ids: Iterable[str]) -> int:
    """Add the items that the actor may read to the top of the list, in their order; the number of them.

    Raises LoginNeeded, Forbidden for a read-only token, Conflict for a list that would be too long.
    """
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        ids = writing.items.readable_ids(item_ids, readable_groups(writing, actor).scope)
        entries = writing.reading_lists.of_items(user_id, ids)
        ids_to_add = [item_id for item_id in ids if item_id not in entries or entries[item_id].read_at is not None]
        if writing.reading_lists.size(user_id) + len(set(ids_to_add) - entries.keys()) > MOST_ENTRIES:
            raise Conflict("Your reading list is full: it holds %(limit)s items.", limit=MOST_ENTRIES)
        for item_id in reversed(ids_to_add):
            writing.reading_lists.put(user_id, ReadingListEntry(item_id, timestamp_now()))
    return len(ids)


def mark_as_read(library: Library, actor: Actor, item_id: str) -> ReadingListEntry:
    """Mark an item of the actor's list as read. Raises NotFound, LoginNeeded, Forbidden."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        entry = writing.reading_lists.of_items(user_id, [item_id]).get(item_id)
        if entry is None:
            raise NotFound("This item is not on your reading list.")
        entry = replace(entry, read_at=entry.read_at or timestamp_now())
        writing.reading_lists.put(user_id, entry)
        return entry


def remove_from_reading_list(library: Library, actor: Actor, item_id: str) -> None:
    """Remove an item from the actor's list; a missing one is ignored. Raises LoginNeeded, Forbidden."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        if writing.reading_lists.of_items(user_id, [item_id]):
            writing.reading_lists.drop(user_id, item_id)
