"""Take a part (annotation or reply) out of its item, and put it back in the same place. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.moderation import Correction, RemovedContent
from kb.model.people.user import User

MOST_SIBLINGS = 500
"""How many siblings are stored on each side of a removed part."""

ITEM, REPLY = "item", "reply"
Part = TypeVar("Part", Annotation, Reply)


def item_part(item: Item, part_id: str | None) -> RemovedContent | None:
    """The item itself, or its annotation or reply with this id; None if it has none."""
    return all_item_parts(item).get(part_id)


def all_item_parts(item: Item) -> dict[str | None, RemovedContent]:
    """The item itself, under None, and its annotations and replies by their ids."""
    parts: dict[str | None, RemovedContent] = {None: RemovedContent(item=item)}
    for annotation in item.annotations:
        parts[annotation.id] = RemovedContent(annotation=annotation)
        for reply in annotation.replies:
            parts[reply.id] = RemovedContent(reply=reply, parent=annotation.id)
    return parts


def annotation_and_reply_ids(item: Item) -> Iterator[str]:
    """The ids of its annotations, each before those of its replies."""
    for annotation in item.annotations:
        yield annotation.id
        yield from (reply.id for reply in annotation.replies)


def remove_part(
    item: Item, part: RemovedContent, removed_parts: Sequence[tuple[str, RemovedContent]]
) -> tuple[Item, RemovedContent]:
    """The item without a part of it, and the part with its position among its siblings.

    `removed_parts` are the other removed parts of this item, by id, the latest first.
    """
    if part.annotation is not None:
        gone_id = part.annotation.id
        positions = _sibling_ids(
            [annotation.id for annotation in item.annotations], _removed_siblings(removed_parts, None), gone_id
        )
        others = (annotation for annotation in item.annotations if annotation.id != gone_id)
        return _with_annotations(item, others), replace(part, siblings=positions)
    reply = _required_reply(part.reply)
    annotation = next(annotation for annotation in item.annotations if annotation.id == part.parent)
    siblings = _removed_siblings(removed_parts, part.parent)
    positions = _sibling_ids([sibling.id for sibling in annotation.replies], siblings, reply.id)
    rest = replace(annotation, replies=tuple(sibling for sibling in annotation.replies if sibling.id != reply.id))
    return _with_annotation(item, rest), replace(part, siblings=positions)


def restore_part(item: Item, part_id: str, removed_parts: Sequence[tuple[str, RemovedContent]]) -> Item | None:
    """The item with one of its removed parts in its old position; None if the annotation that it answers is missing.

    `removed_parts` are all removed parts of this item, the latest first, including the one to restore.
    """
    part = next(content for id_, content in removed_parts if id_ == part_id)
    if part.annotation is not None:
        siblings = _removed_siblings(removed_parts, None)
        return _with_annotations(item, _with_part_in_order(item.annotations, part.annotation, siblings))
    annotation = next((annotation for annotation in item.annotations if annotation.id == part.parent), None)
    if annotation is None:
        return None
    siblings = _removed_siblings(removed_parts, part.parent)
    replies = _with_part_in_order(annotation.replies, _required_reply(part.reply), siblings)
    return _with_annotation(item, replace(annotation, replies=tuple(replies)))


def part_kind(part: RemovedContent) -> str:
    """The kind of content: ITEM, REPLY, or the kind of an annotation."""
    if part.item is not None:
        return ITEM
    return part.annotation.kind.value if part.annotation is not None else REPLY


def part_author(part: RemovedContent) -> User | None:
    """The author of the content."""
    content = part.item or part.annotation or part.reply
    return content.author if content is not None else None


def part_text(part: RemovedContent) -> str:
    """The text of the content: a title, or the quote and the text about it."""
    if part.item is not None:
        return part.item.title or part.item.url or part.item.id
    if part.annotation is not None:
        return "\n".join(text for text in (part.annotation.quote, part.annotation.body) if text)
    return _required_reply(part.reply).body


def is_correctable(part: RemovedContent) -> bool:
    """Whether its author may write it anew while it is hidden: a comment, a note or a reply, not a passage alone."""
    content = part.annotation or part.reply
    return content is not None and bool(content.body)


def waiting_correction(part: RemovedContent) -> Correction | None:
    """The correction that moderators have not settled."""
    return part.correction if part.correction is not None and not part.correction.is_refused else None


def corrected_part(part: RemovedContent) -> RemovedContent:
    """A hidden part as it is shown again: with the correction that waits, if there is one."""
    correction = waiting_correction(part)
    if correction is None:
        return part
    if part.annotation is not None:
        return replace(part, annotation=replace(part.annotation, body=correction.text, updated=correction.at))
    return replace(part, reply=replace(_required_reply(part.reply), body=correction.text, updated=correction.at))


def has_words_of_others(part: RemovedContent, user_id: str) -> bool:
    """Whether another user has added something to it, or shared it too."""
    annotations = part.item.annotations if part.item is not None else (part.annotation,) if part.annotation else ()
    added: Iterable[Annotation | Reply] = (
        *(annotations if part.item is not None else ()),
        *(reply for annotation in annotations for reply in annotation.replies),
    )
    shared = part.item is not None and any(contributor.user.id != user_id for contributor in part.item.sharers)
    return shared or any(addition.author is None or addition.author.id != user_id for addition in added)


def _removed_siblings(
    removed_parts: Sequence[tuple[str, RemovedContent]], parent: str | None
) -> list[tuple[str, tuple[str, ...]]]:
    """The removed parts of one place: among the annotations, or among the replies to one of them."""
    return [
        (id_, content.siblings)
        for id_, content in removed_parts
        if (content.annotation is not None if parent is None else content.parent == parent)
    ]


def _sibling_ids(present: list[str], removed: Iterable[tuple[str, tuple[str, ...]]], part_id: str) -> tuple[str, ...]:
    """The ids around a part, including those of removed parts."""
    ordered = _ordered_ids(present, removed)
    position = ordered.index(part_id)
    return tuple(ordered[max(0, position - MOST_SIBLINGS) : position + MOST_SIBLINGS + 1])


def _ordered_ids(present: list[str], removed_parts: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """The ids of present and removed parts in order: the part removed last is inserted first."""
    ordered = list(present)
    for part_id, siblings in removed_parts:
        positions = {part_id: position for position, part_id in enumerate(ordered)}
        own = siblings.index(part_id)
        before = next((positions[sibling] for sibling in reversed(siblings[:own]) if sibling in positions), None)
        after = next((positions[sibling] for sibling in siblings[own + 1 :] if sibling in positions), len(ordered))
        ordered.insert(after if before is None else before + 1, part_id)
    return ordered


def _with_part_in_order(
    present: Sequence[Part], restored: Part, removed_parts: Iterable[tuple[str, tuple[str, ...]]]
) -> list[Part]:
    ordered = _ordered_ids([annotation.id for annotation in present], removed_parts)
    positions = {part_id: position for position, part_id in enumerate(ordered)}
    both: list[Part] = list(present)
    both.append(restored)
    return sorted(both, key=lambda annotation: positions[annotation.id])


def _with_annotations(item: Item, annotations: Iterable[Annotation]) -> Item:
    return replace(item, annotations=tuple(annotations))


def _with_annotation(item: Item, changed: Annotation) -> Item:
    return _with_annotations(item, (changed if part.id == changed.id else part for part in item.annotations))


def _required_reply(reply: Reply | None) -> Reply:
    if reply is None:
        raise ValueError("neither an item, an annotation nor a reply")
    return reply
