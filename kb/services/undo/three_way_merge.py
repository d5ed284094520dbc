"""Three-way merge of an item for undo: what has not changed since the action goes back, later changes stay. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.item_list import ListEntry

_UNREVERTED_FIELDS = frozenset({"id", "order", "tags", "annotations", "views", "changed_at", "version"})
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
        annotations=_revert_parts(now.annotations, before.annotations, after.annotations),
    )


def revert_tags(now: Sequence[str], before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Tags as they were before the action, with later additions and removals kept."""
    if tuple(now) == tuple(after):
        return tuple(before)
    added, dropped = set(after) - set(before), set(before) - set(after)
    reverted = [tag for tag in now if tag not in added]
    return (*reverted, *(tag for tag in before if tag in dropped and tag not in reverted))


def _revert_parts(now: Sequence[Part], before: Sequence[Part], after: Sequence[Part]) -> tuple[Part, ...]:
    """Annotations, or replies, as they were before the action, with later changes kept."""
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    reverted: list[Part] = []
    for one in now:
        if one.id in new and one.id not in old:
            # Added by the action: remove it, unless it was changed or answered since.
            if one != new[one.id]:
                reverted.append(one)
        elif one.id in old and one.id in new:
            reverted.append(_revert_part(one, old[one.id], new[one.id]))
        else:
            reverted.append(one)
    return tuple(with_removed(reverted, before, new.keys()))


def with_removed(reverted: Sequence[Element], before: Sequence[Element], new: Collection[str]) -> list[Element]:
    """The elements with those that the action removed, each after the nearest one that stood before it.

    `new` are the ids of the elements after the action.
    """
    every, earlier = list(reverted), set[str]()
    for one in before:
        if one.id not in new and all(other.id != one.id for other in reverted):
            every.insert(max((place + 1 for place, other in enumerate(every) if other.id in earlier), default=0), one)
        earlier.add(one.id)
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
        return replace(now, **own, replies=_revert_parts(now.replies, before.replies, after.replies))
    return replace(now, **own)
