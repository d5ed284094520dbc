"""What the undo of a merge may restore: nothing that was hidden, removed or deleted since the merge. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.undo import ItemChange
from kb.services.trash.item_parts import annotation_and_reply_ids

AuthoredWords = tuple[str | None, ...]


def is_merge(changed: Sequence[ItemChange]) -> bool:
    """Whether the action merged items: no other action takes an item away without moving it to the trash."""
    return any(one.before is not None and one.after is None for one in changed)


def authored_words(one: Annotation) -> AuthoredWords:
    """The text and the author of an annotation; the author may be None, for annotations of a page saved twice."""
    return (one.author.id if one.author else None, one.kind.value, one.quote, one.body)


def restorable_items(changed: Sequence[ItemChange], present: dict[str, Item]) -> dict[str, Item]:
    """The merged items that may be restored, by id, without the annotations and replies that were taken out since.

    `present` holds the items that are in the library now. Nothing is restored if the merged item is missing or was
    moved to another group, or if a comment that kept a title or a description of a merged item was taken out.
    """
    before_merge = [one.before for one in changed if one.before is not None]
    merged = next((one.after for one in changed if one.after is not None), None)
    now = present.get(merged.id) if merged is not None else None
    if merged is None or now is None or now.group_id != merged.group_id:
        return {}
    removed_ids = set(annotation_and_reply_ids(merged)) - set(annotation_and_reply_ids(now))
    made_by_merge = set(annotation_and_reply_ids(merged)).difference(*map(annotation_and_reply_ids, before_merge))
    if removed_ids & made_by_merge:
        return {}
    taken_out = {authored_words(one) for one in merged.annotations if one.id in removed_ids}
    others = (one.before for one in changed if one.before is not None and one.after is None)
    return {one.id: _without_removed(one, removed_ids, taken_out) for one in others}


def own_part_ids(before: Item, merged: Sequence[Item]) -> tuple[str, ...]:
    """The ids of the annotations of a merged item that kept their ids in the merge, and of their replies."""
    held = {one.id for item in merged for one in item.annotations}
    return tuple(
        id_ for one in before.annotations if one.id in held for id_ in (one.id, *(reply.id for reply in one.replies))
    )


def _without_removed(item: Item, removed_ids: set[str], taken_out: set[AuthoredWords]) -> Item:
    kept = (one for one in item.annotations if one.id not in removed_ids and authored_words(one) not in taken_out)
    return replace(
        item,
        annotations=tuple(
            replace(one, replies=tuple(reply for reply in one.replies if reply.id not in removed_ids)) for one in kept
        ),
    )
