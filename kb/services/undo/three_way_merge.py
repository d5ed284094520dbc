"""Three-way merges for undo: what has not changed since the action goes back, later changes stay. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.item_list import ItemList, ListEntry
from kb.model.items.undo import ItemChange
from kb.services.trash.item_parts import annotation_and_reply_ids

_UNREVERTED_FIELDS = frozenset({"id", "order", "tags", "annotations", "views", "files", "changed_at", "version"})
"""Fields of an item that are not simply restored: some are merged, the others are never undone."""

Part = TypeVar("Part", Annotation, Reply)
Element = TypeVar("Element", Annotation, Reply, ListEntry)


def revert_item(now: Item, before: Item, after: Item) -> Item:
    """An item as it was before the action that changed `before` to `after`, with later changes kept."""
    own = {
        name: getattr(before, name)
        for name in (field.name for field in fields(Item) if field.name not in _UNREVERTED_FIELDS)
        if getattr(now, name) == getattr(after, name)
    }
    return replace(
        now,
        **own,
        tags=revert_tags(now.tags, before.tags, after.tags),
        annotations=_revert_annotations(now.annotations, before.annotations, after.annotations),
    )


def revert_tags(now: Sequence[str], before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Tags as they were before the action, with later additions and removals kept."""
    if tuple(now) == tuple(after):
        return tuple(before)
    added, dropped = set(after) - set(before), set(before) - set(after)
    reverted = [tag for tag in now if tag not in added]
    return (*reverted, *(tag for tag in before if tag in dropped and tag not in reverted))


def _revert_annotations(now: Sequence[Part], before: Sequence[Part], after: Sequence[Part]) -> tuple[Part, ...]:
    """Annotations, or replies, as they were before the action, with later changes kept."""
    old, new = {part.id: part for part in before}, {part.id: part for part in after}
    reverted: list[Part] = []
    for annotation in now:
        if annotation.id in new and annotation.id not in old:
            # Added by the action: remove it, unless it was changed or answered since.
            if annotation != new[annotation.id]:
                reverted.append(annotation)
        elif annotation.id in old and annotation.id in new:
            reverted.append(_revert_part(annotation, old[annotation.id], new[annotation.id]))
        else:
            reverted.append(annotation)
    return tuple(with_removed(reverted, before, new.keys()))


def with_removed(reverted: Sequence[Element], before: Sequence[Element], new: Collection[str]) -> list[Element]:
    """The elements with those that the action removed, in their old order; `new`: the ids after the action."""
    positions = {part.id: position for position, part in enumerate(reverted)}
    last, removed = -1, dict[int, list[Element]]()
    for part in before:
        if part.id in positions:
            last = max(last, positions[part.id])
        elif part.id not in new:
            removed.setdefault(last, []).append(part)
    every = removed.get(-1, [])
    for position, part in enumerate(reverted):
        every.append(part)
        every.extend(removed.get(position, []))
    return every


def _revert_part(now: Part, before: Part, after: Part) -> Part:
    if now == after:
        return before
    own = {
        field.name: getattr(before, field.name)
        for field in fields(now)
        if field.name != "replies" and getattr(now, field.name) == getattr(after, field.name)
    }
    if isinstance(now, Annotation) and isinstance(before, Annotation) and isinstance(after, Annotation):
        return replace(now, **own, replies=_revert_annotations(now.replies, before.replies, after.replies))
    return replace(now, **own)


def revert_list(now: ItemList, before: ItemList, after: ItemList) -> ItemList:
    """A list as it was before the action that changed `before` to `after`, with later changes kept."""
    own = {
        name: getattr(before, name)
        for name in ("name", "description", "private", "group_id", "draft", "review")
        if getattr(now, name) == getattr(after, name)
    }
    if now.entries == after.entries:
        return replace(now, **own, entries=before.entries)
    old, new = {entry.id: entry for entry in before.entries}, {entry.id: entry for entry in after.entries}
    entries = [
        old[entry.id] if entry.id in old and entry == new.get(entry.id) else entry
        for entry in now.entries
        if entry.id in old or entry.id not in new
    ]
    return replace(now, **own, entries=tuple(with_removed(entries, before.entries, new.keys())))


AuthoredWords = tuple[str | None, ...]


def is_merge(changed: Sequence[ItemChange]) -> bool:
    """Whether the action merged items: no other action takes an item away without moving it to the trash."""
    return any(change.before is not None and change.after is None for change in changed)


def authored_words(part: Annotation) -> AuthoredWords:
    """The text and the author of an annotation; the author may be None, for annotations of a page saved twice."""
    return (part.author.id if part.author else None, part.kind.value, part.quote, part.body)


def restorable_items(changed: Sequence[ItemChange], present: dict[str, Item]) -> dict[str, Item]:
    """The merged items that may be restored, by id, without the annotations and replies that were taken out since.

    `present` holds the items that are in the library now. Nothing is restored if the merged item is missing or was
    moved to another group, or if a comment that kept a title or a description of a merged item was taken out.
    """
    before_merge = [change.before for change in changed if change.before is not None]
    merged = next((change.after for change in changed if change.after is not None), None)
    now = present.get(merged.id) if merged is not None else None
    if merged is None or now is None or now.group_id != merged.group_id:
        return {}
    removed_ids = set(annotation_and_reply_ids(merged)) - set(annotation_and_reply_ids(now))
    made_by_merge = set(annotation_and_reply_ids(merged)).difference(*map(annotation_and_reply_ids, before_merge))
    if removed_ids & made_by_merge:
        return {}
    taken_out = {authored_words(annotation) for annotation in merged.annotations if annotation.id in removed_ids}
    others = (change.before for change in changed if change.before is not None and change.after is None)
    return {item.id: _without_removed(item, removed_ids, taken_out) for item in others}


def own_part_ids(before: Item, merged: Sequence[Item]) -> tuple[str, ...]:
    """The ids of the annotations of a merged item that kept their ids in the merge, and of their replies."""
    merged_ids = {annotation.id for item in merged for annotation in item.annotations}
    return tuple(
        id_
        for annotation in before.annotations
        if annotation.id in merged_ids
        for id_ in (annotation.id, *(reply.id for reply in annotation.replies))
    )


def _without_removed(item: Item, removed_ids: set[str], taken_out: set[AuthoredWords]) -> Item:
    parts = (part for part in item.annotations if part.id not in removed_ids and authored_words(part) not in taken_out)
    return replace(
        item,
        annotations=tuple(
            replace(part, replies=tuple(reply for reply in part.replies if reply.id not in removed_ids))
            for part in parts
        ),
    )
