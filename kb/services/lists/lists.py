"""Lists: each edit changes one entry, so that two users who add at once keep both entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_list import (
    MOST_ENTRIES,
    MOST_LIST_CHARACTERS,
    ItemList,
    ListEntry,
    ListEntryKind,
    checked_entry_words,
    checked_list_description,
    checked_list_name,
)
from kb.model.items.undo import ListChange
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.items.item_creation import author_of_actor
from kb.services.items.items import readable_item
from kb.services.lists.list_rights import (
    editable_entry,
    editable_list,
    entry_index,
    may_change_list,
    may_read_list,
    readable_entries,
    readable_list,
)
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

START, END = "start", "end"
"""Places in a list besides those after an entry."""


class ListChanged(Conflict):
    """Another user has changed the list, or the entry, since the actor read it; `item_list` is its current version."""

    def __init__(self, item_list: ItemList) -> None:
        super().__init__("Another user has changed this list meanwhile: compare both texts, then save again.")
        self.item_list = item_list


@dataclass(frozen=True, slots=True)
class ListEntryWithItem:
    """An entry with its item; `item` is None if it is deleted, or if the reader may not read it."""

    entry: ListEntry
    item: Item | None = None
    group: Group | None = None
    annotation: Annotation | None = None

    @property
    def is_there(self) -> bool:
        """Whether the entry has something to show."""
        match self.entry.kind:
            case ListEntryKind.ITEM:
                return self.item is not None
            case ListEntryKind.PASSAGE:
                return self.annotation is not None
            case _:
                return True


@dataclass(frozen=True, slots=True)
class ListView:
    """A list, its group, and its entries. `may_change`: the actor may change the list."""

    item_list: ItemList
    group: Group
    entries: tuple[ListEntryWithItem, ...]
    may_change: bool


@dataclass(frozen=True, slots=True)
class ListEditResult:
    """The changed list, the entry concerned, and the id to undo the change."""

    item_list: ItemList
    entry_id: str | None
    undo: str | None


def lists_of_group(library: Library, actor: Actor, slug: str) -> tuple[Group, tuple[tuple[ItemList, int], ...]]:
    """A group and its lists that the actor may read, each with the number of entries that the actor may read.

    Raises NotFound.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
        lists = [item_list for item_list in reading.lists.of_groups([group.id]) if may_read_list(actor, item_list)]
        counts = reading.lists.entry_counts([list_.id for list_ in lists], readable_groups(reading, actor).scope)
        return group, tuple((item_list, counts.get(item_list.id, 0)) for item_list in lists)


def readable_lists_of_group(library: Library, actor: Actor, slug: str) -> Iterator[ItemList]:
    """The lists of a group that the actor may read, with the entries that they may read, one in memory at a time.

    Raises NotFound.
    """
    _, lists = lists_of_group(library, actor, slug)
    for known, _ in lists:
        with library.store.read() as reading:
            item_list = reading.lists.by_id(known.id)
            if item_list is not None and may_read_list(actor, item_list):
                item_list = replace(item_list, entries=readable_entries(reading, actor, item_list))
            else:
                item_list = None
        if item_list is not None:
            yield item_list


def list_view(library: Library, actor: Actor, list_id: str) -> ListView:
    """A list, with the entries that the actor may read. Raises NotFound."""
    with library.store.read() as reading:
        item_list, group = readable_list(reading, actor, list_id)
        entries = entries_with_items(reading, actor, item_list.entries)
    return ListView(item_list, group, entries, may_change_list(actor, item_list, group))


def entries_with_items(
    reading: ReadSnapshot, actor: Actor, entries: Sequence[ListEntry]
) -> tuple[ListEntryWithItem, ...]:
    """Entries with the items and annotations that the actor may read."""
    scope, groups = readable_groups(reading, actor)
    items = reading.items.visible(dict.fromkeys(entry.item_id for entry in entries if entry.item_id), scope)
    by_id = {group.id: group for group in groups}
    # A list may have an entry for each annotation of an item.
    annotations = {(item.id, part.id): part for item in items.values() for part in item.annotations}

    def with_item(entry: ListEntry) -> ListEntryWithItem:
        item = items.get(entry.item_id or "")
        if item is None:
            return ListEntryWithItem(entry)
        annotation = annotations.get((item.id, entry.annotation_id or ""))
        return ListEntryWithItem(entry, item, by_id.get(item.group_id), annotation)

    return tuple(map(with_item, entries))


def list_items(library: Library, actor: Actor, list_id: str) -> tuple[ItemList, Group, tuple[str, ...]]:
    """A list, its group, and the ids of its items that the actor may read, in order, each once. Raises NotFound."""
    with library.store.read() as reading:
        item_list, group = readable_list(reading, actor, list_id)
        ids = (entry.item_id for entry in item_list.entries if entry.item_id)
        return item_list, group, reading.items.readable_ids(ids, readable_groups(reading, actor).scope)


def create_list(
    library: Library, actor: Actor, slug: str, name: str, description: str = "", *, private: bool = False
) -> ItemList:
    """Create a list in a group. Raises NotFound, LoginNeeded, Forbidden, Invalid."""
    given_name, given_description = checked_list_name(name), checked_list_description(description)
    with library.store.write() as writing:
        group = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(slug))
        now = timestamp_now()
        owner, is_private = author_of_actor(actor), private or group.is_personal
        item_list = ItemList(new_id(), group.id, owner, given_name, given_description, is_private, now, now)
        writing.lists.add(item_list)
    return item_list


def copy_list(library: Library, actor: Actor, list_id: str, slug: str) -> ItemList:
    """Copy a list to a group, without the entries that the actor may not read: whoever reads the group reads the copy.

    Raises NotFound, LoginNeeded, Forbidden.
    """
    with library.store.write() as writing:
        item_list, _ = readable_list(writing, actor, list_id)
        group, now = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(slug)), timestamp_now()
        entries = readable_entries(writing, actor, item_list)
        copy = replace(
            item_list,
            id=new_id(),
            group_id=group.id,
            owner=author_of_actor(actor),
            private=group.is_personal,
            created_at=now,
            changed_at=now,
            version=1,
            entries=tuple(replace(entry, id=new_id(), added_at=now) for entry in entries),
            draft=False,
        )
        writing.lists.add(copy)
    return copy


def change_list(
    library: Library,
    actor: Actor,
    list_id: str,
    name: str,
    description: str,
    *,
    private: bool,
    version: int,
    slug: str = "",
) -> ListEditResult:
    """Change the name, the description or the visibility of a list; only its owner can change the visibility.

    `slug`: move a list of the owner's own library to this group. Raises NotFound, Forbidden, Invalid; ListChanged if
    another user has changed name or description since `version`.
    """
    given_name, given_description = checked_list_name(name), checked_list_description(description)
    with library.store.write() as writing:
        item_list, group = editable_list(writing, actor, list_id)
        is_own = item_list.owner is not None and item_list.owner.id == actor.user_id
        if slug and slug != group.slug:
            # In a group, the list also holds words of others.
            if not (is_own and group.is_personal):
                raise Forbidden("Only a list of your own library can be moved to a group.")
            group = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(slug))
        is_private = (private or group.is_personal) if is_own else item_list.private
        after = replace(
            item_list,
            name=given_name,
            description=given_description,
            private=is_private,
            group_id=group.id,
            # Whoever gives a list its name wants to keep it.
            draft=False,
        )
        if version != item_list.version and (after.name, after.description) != (item_list.name, item_list.description):
            raise ListChanged(item_list)
        return save_list(writing, actor, item_list, after)


def remove_list(library: Library, actor: Actor, list_id: str) -> tuple[Group, str | None]:
    """Delete a list; its creator and moderators may do it. Returns its group, and the id to undo the deletion.

    Raises NotFound, Forbidden.
    """
    with library.store.write() as writing:
        item_list, group = editable_list(writing, actor, list_id)
        if item_list.owner is None or item_list.owner.id != actor.user_id:
            require_permission(actor, Action.MODERATE, group)
        writing.lists.remove([item_list.id])
        return group, save_undo(writing, actor, list_changes=[ListChange(item_list, None)])


def add_list_entry(
    library: Library,
    actor: Actor,
    list_id: str,
    kind: ListEntryKind,
    *,
    item_id: str | None = None,
    annotation_id: str | None = None,
    words: str = "",
    after: str = END,
) -> ListEditResult:
    """Add an item, a highlight, a heading or a text to a list; `after` is an entry, START or END.

    Raises NotFound, Forbidden, Invalid; Conflict for a full list.
    """
    text = checked_entry_words(words, kind)
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        check_room(item_list)
        entry = checked_new_entry(writing, actor, ListEntry(new_id(), kind, item_id, annotation_id, text))
        entries = with_entries(item_list, item_list.entries, [entry], after)
        return save_list(writing, actor, item_list, replace(item_list, entries=entries), entry.id)


def with_entries(
    item_list: ItemList, entries: Sequence[ListEntry], new: Sequence[ListEntry], after: str
) -> tuple[ListEntry, ...]:
    """The entries with new ones after the entry `after`, at the START or the END. Raises NotFound."""
    if after == START:
        position = 0
    elif after == END:
        position = len(entries)
    else:
        position = entry_index(replace(item_list, entries=tuple(entries)), after) + 1
    return (*entries[:position], *new, *entries[position:])


def move_list_entry(library: Library, actor: Actor, list_id: str, entry_id: str, position: int) -> ListEditResult:
    """Move an entry to a position among the entries that the actor may read, from 0; one after the end means the last.

    Raises NotFound, Forbidden.
    """
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        entry = editable_entry(writing, actor, item_list, entry_id)
        readable = [entry.id for entry in readable_entries(writing, actor, item_list) if entry.id != entry_id]
        position = max(0, min(position, len(readable)))
        others = [entry for entry in item_list.entries if entry.id != entry_id]
        entries = with_entries(item_list, others, [entry], readable[position - 1] if position else START)
        return save_list(writing, actor, item_list, replace(item_list, entries=entries), entry_id)


def change_list_entry(
    library: Library, actor: Actor, list_id: str, entry_id: str, words: str, *, read: str | None = None
) -> ListEditResult:
    """Change the text of an entry. Raises NotFound, Forbidden, Invalid; ListChanged if it is not as `read`."""
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        entry = editable_entry(writing, actor, item_list, entry_id)
        text = checked_entry_words(words, entry.kind)
        if read is not None and read != entry.text:
            raise ListChanged(item_list)
        entries = tuple(replace(entry, text=text) if entry.id == entry_id else entry for entry in item_list.entries)
        return save_list(writing, actor, item_list, replace(item_list, entries=entries), entry_id)


def save_list(
    writing: WriteTransaction, actor: Actor, before: ItemList, after: ItemList, entry_id: str | None = None
) -> ListEditResult:
    """Store a changed list with its undo; no undo if nothing has changed. `entry_id` is the entry concerned. Raises
    Conflict for too many words.
    """
    if after == before:
        return ListEditResult(before, entry_id, None)
    size = sum(len(entry.text) for entry in after.entries)
    if size > MOST_LIST_CHARACTERS and size > sum(len(entry.text) for entry in before.entries):
        raise Conflict("All texts of a list together have at most %(limit)s characters.", limit=MOST_LIST_CHARACTERS)
    after = replace(after, version=before.version + 1, changed_at=timestamp_now())
    writing.lists.update(after)
    return ListEditResult(after, entry_id, save_undo(writing, actor, list_changes=[ListChange(before, after)]))


def check_room(item_list: ItemList, more: int = 1) -> None:
    """Raise Conflict if a list has no room for so many more entries."""
    if len(item_list.entries) + more > MOST_ENTRIES:
        raise Conflict("A list holds at most %(limit)s entries.", limit=MOST_ENTRIES)


def checked_new_entry(reading: ReadSnapshot, actor: Actor, entry: ListEntry) -> ListEntry:
    """A new entry, added now, if the actor may read its item and annotation. A list may hold items of any group."""
    entry = replace(entry, added_at=timestamp_now())
    if entry.kind in {ListEntryKind.HEADING, ListEntryKind.TEXT}:
        return replace(entry, item_id=None, annotation_id=None)
    item, _ = readable_item(reading, actor, entry.item_id or "")
    if entry.kind is ListEntryKind.ITEM:
        return replace(entry, annotation_id=None)
    if entry.annotation_id not in {annotation.id for annotation in item.annotations}:
        raise NotFound("This passage or comment is not there any more.")
    return entry
