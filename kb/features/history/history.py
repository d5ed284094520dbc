"""Read the history of an item, take a change back, or delete an old value from it.

Who may read the item reads its history: not what happened in a group that the reader may not read, nor the earlier
words of a passage or comment that is no longer there. That a part was removed is told to moderators, and to who did it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import Conflict, NotFound
from kb.features.history.item_changes import GROUP, PART_FIELDS, REMOVED, TAGS, part_value
from kb.features.history.records import HistoryEntry, ItemHistory, ItemHistoryReading
from kb.model.bibliographic_record import RECORD_NAMES
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.item_fields import fields_of_item
from kb.model.people.group import Group
from kb.services.annotations.annotations import annotation_words, change_annotation, change_reply
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.items.item_edit import edit_item
from kb.services.items.items import readable_item
from kb.store import ReadSnapshot

MOST_TITLES = 10
"""Changes of a title through which the title of the user is looked for."""
LONGEST_TITLE_CHANGE = 20_000
"""Characters of the texts of such a change: other fields may have changed with the title."""
_NOT_FOUND = "This change does not exist, or you may not read it."
_NOT_UNDONE = "This change cannot be taken back here: its passage or comment is someone else’s, or is gone."


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change, and the part of the item that it is about, None for the item itself or a part that was removed.

    `groups` are the readable ones of a move, by id. `may_undo`: the actor may give back the old value, and the
    present one is another.
    """

    entry: HistoryEntry
    part: Annotation | Reply | None
    groups: dict[str, Group]
    may_undo: bool


@dataclass(frozen=True, slots=True)
class ItemHistoryPage:
    """One page of an item's history, the latest change first, and the number of all changes that the actor may read.

    `may_delete`: the actor may delete old values.
    """

    item: Item
    group: Group
    changes: tuple[ShownChange, ...]
    total: int
    may_delete: bool


def item_history(library: Library, actor: Actor, item_id: str, page: int, size: int) -> ItemHistoryPage:
    """A page of the history of an item. Raises NotFound."""
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
        numbers = _readable_numbers(reading, actor, item, group)
        shown = numbers[(page - 1) * size : page * size]
        entries = ItemHistoryReading(reading.connection).entries(item.id, shown)
        readable = {known.id: known for known in readable_groups(reading, actor).groups}
    may_edit = is_allowed(actor, Action.CONTRIBUTE, group)
    parts = {part.id: part for part in item.parts}
    changes = []
    for entry in entries:
        part = parts.get(entry.part_id)
        now = _present_values(item, part, entry.changes)
        is_own = not entry.part_id or (part is not None and _is_by(part, actor))
        is_different = any(now[name] != (before or None) for name, (before, _) in entry.changes.items() if name in now)
        groups = {id_: readable[id_] for id_ in map(str, entry.changes.get(GROUP, ())) if id_ in readable}
        changes.append(ShownChange(entry, part, groups, may_edit and is_own and is_different))
    return ItemHistoryPage(item, group, tuple(changes), len(numbers), is_allowed(actor, Action.MODERATE, group))


def undo_change(library: Library, actor: Actor, item_id: str, number: int) -> str | None:
    """Give the fields of a change their old values again, whatever they are now; returns the id of its undo.

    Raises NotFound, LoginNeeded, Forbidden; Invalid and AlreadySaved as an edit does; Conflict for a part that is gone
    or of another user.
    """
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
        require_permission(actor, Action.CONTRIBUTE, group)
        entry = _readable_entry(reading, actor, item, group, number)
    old = {name: before for name, (before, _) in entry.changes.items()}
    if not entry.part_id:
        fields = fields_of_item(item)
        given: dict[str, Any] = {name: value for name, value in old.items() if name in RECORD_NAMES}
        if TAGS in old:
            given[TAGS] = tuple(old[TAGS] or ())
        if not given:
            raise Conflict(_NOT_UNDONE)
        return edit_item(library, actor, item.id, replace(fields, **given), read=fields).undo
    part = next((part for part in item.parts if part.id == entry.part_id), None)
    if part is None or not _is_by(part, actor):
        raise Conflict(_NOT_UNDONE)
    if isinstance(part, Reply):
        return change_reply(library, actor, part.id, str(old["body"] or ""), read=part.body).undo
    words = annotation_words(part)
    texts: dict[str, Any] = {
        name: tuple(value or ()) if name == TAGS else str(value or "") for name, value in old.items()
    }
    return change_annotation(library, actor, part.id, replace(words, **texts)).undo


def own_title(library: Library, actor: Actor, item_id: str) -> str:
    """The title that the actor gave an item, if others changed it since and the actor may give it back; else empty."""
    with library.store.read() as reading:
        readable = readable_groups(reading, actor)
        item = reading.items.beginnings((item_id,), readable.scope).get(item_id)
        if item is None or item.author is None or item.author.id != actor.user_id:
            return ""
        if not any(one.id == item.group_id and is_allowed(actor, Action.CONTRIBUTE, one) for one in readable.groups):
            return ""
        changes = ItemHistoryReading(reading.connection).title_changes(item.id, MOST_TITLES, LONGEST_TITLE_CHANGE)
    present = own = item.title or ""
    for change in changes:
        if change.after != own or change.group_id not in readable.scope.group_ids:
            # What was between was deleted from the history, or happened elsewhere.
            return ""
        if change.user_id == actor.user_id:
            break
        own = change.before
    else:
        if len(changes) == MOST_TITLES:
            return ""
    return own if own != present else ""


def give_title_back(library: Library, actor: Actor, item_id: str) -> str | None:
    """Give an item the title again that the actor gave it; returns the id of its undo, None if it has it. Raises as an
    edit does.
    """
    title = own_title(library, actor, item_id)
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
        require_permission(actor, Action.CONTRIBUTE, group)
    if not title:
        return None
    fields = fields_of_item(item)
    return edit_item(library, actor, item.id, replace(fields, title=title), read=fields).undo


def delete_change(library: Library, actor: Actor, item_id: str, number: int) -> None:
    """Delete a change and its old value, as a moderator. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.write() as writing:
        item, group = readable_item(writing, actor, item_id)
        require_permission(actor, Action.MODERATE, group)
        _readable_entry(writing, actor, item, group, number)
        ItemHistory(writing.connection).delete(item.id, number)


def _readable_entry(reading: ReadSnapshot, actor: Actor, item: Item, group: Group, number: int) -> HistoryEntry:
    if number not in _readable_numbers(reading, actor, item, group):
        raise NotFound(_NOT_FOUND)
    return ItemHistoryReading(reading.connection).entries(item.id, [number])[0]


def _readable_numbers(reading: ReadSnapshot, actor: Actor, item: Item, group: Group) -> Sequence[int]:
    """The changes that the actor may read, the latest first."""
    history = ItemHistoryReading(reading.connection)
    readable = {known.id for known in readable_groups(reading, actor).groups}
    parts = {"", *(part.id for part in item.parts)}
    subjects = [subject for subject in history.subjects(item.id) if subject.group_ids <= readable]
    gone = [subject.number for subject in subjects if subject.part_id not in parts]
    removals = set(_readable_removals(history, actor, item, group, gone))
    return [subject.number for subject in subjects if subject.part_id in parts or subject.number in removals]


def _readable_removals(
    history: ItemHistoryReading, actor: Actor, item: Item, group: Group, numbers: Sequence[int]
) -> Iterable[int]:
    moderates = is_allowed(actor, Action.MODERATE, group)
    return (
        entry.number
        for entry in history.entries(item.id, numbers)
        if REMOVED in entry.changes and (moderates or (entry.user is not None and entry.user.id == actor.user_id))
    )


def _present_values(item: Item, part: Annotation | Reply | None, names: Iterable[str]) -> dict[str, Any]:
    """The present values of fields that can be taken back."""
    if part is not None:
        return {name: part_value(part, name) or None for name in names if name in PART_FIELDS}
    fields = fields_of_item(item)
    values = {name: getattr(fields, name) or None for name in names if name in RECORD_NAMES}
    return {**values, TAGS: list(item.tags) or None} if TAGS in names else values


def _is_by(part: Annotation | Reply, actor: Actor) -> bool:
    return part.author is not None and part.author.id == actor.user_id
