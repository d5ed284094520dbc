"""Read highlights, notes, comments and replies, add them to an item, and change one's own.

Users change their own texts only: moderators hide and remove texts of others, and never rewrite them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from kb.access.actor import Actor
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.formats.comment_source_and_date import source_and_date
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.item import Item
from kb.model.items.item_fields import (
    LONGEST_WORDS,
    AnnotationFields,
    HighlightColor,
    checked_annotation_fields,
    checked_tags,
    checked_text,
)
from kb.model.items.moderation import RemovedContent
from kb.model.items.selectors import position_of, with_text_quote
from kb.model.items.undo import ItemChange
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.core.readable_groups import readable_groups
from kb.services.items.item_creation import author_of_actor, new_annotation
from kb.services.items.item_edit import editable_item
from kb.services.mentions.mentions import record_text
from kb.services.trash.item_parts import item_part
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

_DUPLICATE_SECONDS = 20
"""Seconds in which the same text of the same user counts as a form that was sent twice."""
_NOT_FOUND = "This passage or comment is not there any more."


class AnnotationChanged(Conflict):
    """Another request has changed this text since the user read it, for example in another window; `words` is the
    current text.

    `part_id` is the annotation, or the reply.
    """

    def __init__(self, part_id: str, words: AnnotationFields) -> None:
        super().__init__("This text was changed meanwhile: compare both texts, then save again.")
        self.part_id = part_id
        self.words = words


Part = TypeVar("Part", Annotation, Reply)


@dataclass(frozen=True, slots=True)
class WrittenAnnotation:
    """The saved text, on the item as it is now; `undo` is the id to undo it, None if nothing has changed.

    `part_id` is the annotation or the reply. `has_new_source`: the item got its source and its date from this text.
    """

    item: Item
    annotation: Annotation
    undo: str | None
    part_id: str
    has_new_source: bool = False


@dataclass(frozen=True, slots=True)
class AnnotationOrReplyView:
    """An annotation of an item, or a reply to the annotation `parent`."""

    item: Item
    part: Annotation | Reply
    parent: str | None


def annotation_or_reply(library: Library, actor: Actor, part_id: str) -> AnnotationOrReplyView:
    """The annotation or the reply with this id, if the actor may read it. Raises NotFound."""
    with library.store.read() as reading:
        scope = readable_groups(reading, actor).scope
        item = reading.items.of_annotations([part_id], scope).get(part_id)
    content = item_part(item, part_id) if item is not None else None
    part = (content.annotation or content.reply) if content is not None else None
    if item is None or content is None or part is None:
        raise NotFound("This passage or comment does not exist, or you may not read it.")
    return AnnotationOrReplyView(item, part, content.parent)


def write_annotation(
    library: Library, actor: Actor, item_id: str, words: AnnotationFields, *, may_repeat: bool = False
) -> WrittenAnnotation:
    """Add a highlight, a note or a comment to an item, after the existing ones. The same words again within seconds are
    those of a form that was sent twice, and add nothing unless they `may_repeat`.

    A comment such as “Lagazette.fr, 7 nov 2014” sets the source and the date of an item that has neither. Raises
    NotFound, LoginNeeded, Forbidden; Invalid for an invalid text; Conflict if the item has no room for it.
    """
    fields = checked_annotation_fields(words)
    with item_write_transaction(library, actor) as writing:
        item, _ = editable_item(writing, actor, item_id)
        duplicate = _recent_duplicate(actor, item.annotations, lambda annotation: _is_same_text(fields, annotation))
        if duplicate is not None and not may_repeat:
            return WrittenAnnotation(item, duplicate, None, duplicate.id)
        placed = with_text_quote(fields, writing.page_texts.of_item(item.id) or "") if fields.quote else fields
        annotation = new_annotation(placed, author_of_actor(actor), timestamp_now())
        after = replace(item, annotations=_insert_in_order(item.annotations, annotation))
        return _save_annotation(writing, actor, (item, with_comment_source(after, annotation)), annotation.id)


def change_annotation(
    library: Library,
    actor: Actor,
    annotation_id: str,
    words: AnnotationFields,
    *,
    read: AnnotationFields | None = None,
) -> WrittenAnnotation:
    """Change the text of the actor's own annotation; its kind follows the new text, and its replies stay.

    `read` is the text that the user began with, as a form sends it. Raises NotFound, LoginNeeded; Forbidden for the
    text of another user; Invalid, also for a comment that would become a highlight; AnnotationChanged.
    """
    fields = checked_annotation_fields(words)
    with item_write_transaction(library, actor) as writing:
        item, annotation = _readable_annotation(writing, actor, annotation_id)
        if annotation.id != annotation_id:
            raise NotFound(_NOT_FOUND)
        _require_own_part(actor, annotation)
        if read is not None and not _is_same_text(read, annotation):
            raise AnnotationChanged(annotation.id, annotation_words(annotation))
        if _is_same_text(fields, annotation):
            return WrittenAnnotation(item, annotation, None, annotation.id)
        if annotation.kind is AnnotationKind.COMMENT and fields.quote:
            raise Invalid("A comment has no passage: add the passage by itself.")
        changed = _changed_annotation(annotation, fields)
        after = with_comment_source(_with_annotation(item, changed), changed)
        return _save_annotation(writing, actor, (item, after), annotation.id)


def write_reply(
    library: Library, actor: Actor, annotation_id: str, body: str, tags: Sequence[str] = (), *, may_repeat: bool = False
) -> WrittenAnnotation:
    """Reply to an annotation, after the existing replies. A reply to a reply goes into the same thread. `may_repeat` is
    as for `write_annotation`.

    Raises NotFound, LoginNeeded, Forbidden, Invalid; Conflict if the item has no room for it.
    """
    text, own_tags = _checked_body(body), checked_tags(tags)
    with item_write_transaction(library, actor) as writing:
        item, annotation = _readable_annotation(writing, actor, annotation_id)
        duplicate = _recent_duplicate(actor, annotation.replies, lambda reply: reply.body == text)
        if duplicate is not None and not may_repeat:
            return WrittenAnnotation(item, annotation, None, duplicate.id)
        answered = None if annotation.id == annotation_id else annotation_id
        new = Reply(new_id(), author_of_actor(actor), timestamp_now(), text, answered, tags=own_tags or None)
        after = _with_annotation(item, replace(annotation, replies=(*annotation.replies, new)))
        return _save_annotation(writing, actor, (item, after), new.id)


def change_reply(
    library: Library,
    actor: Actor,
    reply_id: str,
    body: str,
    *,
    read: str | None = None,
    tags: Sequence[str] | None = None,
) -> WrittenAnnotation:
    """Change the text of the actor's own reply, as `change_annotation` does; None keeps its tags."""
    text, own_tags = _checked_body(body), None if tags is None else checked_tags(tags)
    with item_write_transaction(library, actor) as writing:
        item, annotation = _readable_annotation(writing, actor, reply_id)
        reply = next((reply for reply in annotation.replies if reply.id == reply_id), None)
        if reply is None:
            raise NotFound(_NOT_FOUND)
        _require_own_part(actor, reply)
        if read is not None and _normalized_text(read) != _normalized_text(reply.body):
            raise AnnotationChanged(reply.id, AnnotationFields(body=reply.body))
        after_tags = reply.tags if own_tags is None else own_tags or None
        if text == reply.body and after_tags == reply.tags:
            return WrittenAnnotation(item, annotation, None, reply.id)
        now = replace(reply, body=text, updated=timestamp_now(), tags=after_tags)
        replies = tuple(now if existing.id == reply.id else existing for existing in annotation.replies)
        after = _with_annotation(item, replace(annotation, replies=replies))
        return _save_annotation(writing, actor, (item, after), reply.id)


def move_annotation(library: Library, actor: Actor, annotation_id: str, item_id: str) -> WrittenAnnotation:
    """Move the actor's own annotation to another item of the same group; its likes stay behind.

    Raises NotFound, LoginNeeded, Forbidden; Conflict if it has replies, or the item has no room for it.
    """
    with item_write_transaction(library, actor) as writing:
        item, annotation = _readable_annotation(writing, actor, annotation_id)
        if annotation.id != annotation_id:
            raise NotFound(_NOT_FOUND)
        _require_own_part(actor, annotation)
        target, _ = editable_item(writing, actor, item_id)
        if target.id == item.id:
            return WrittenAnnotation(item, annotation, None, annotation_id)
        if target.group_id != item.group_id:
            raise Forbidden("An annotation stays in its group.")
        if annotation.replies:
            raise Conflict("This was answered: it stays with its page.")
        moved = replace(annotation, updated=timestamp_now())
        left = replace(item, annotations=tuple(part for part in item.annotations if part.id != annotation_id))
        after = replace(target, annotations=_insert_in_order(target.annotations, moved))
        writing.items.update([left, after])
        undo = save_undo(writing, actor, changed=[ItemChange(item, left), ItemChange(target, after)])
        return WrittenAnnotation(writing.items.any_of([target.id])[target.id], moved, undo, annotation_id)


def annotation_words(annotation: Annotation) -> AnnotationFields:
    """The text of an annotation in the form that edits it."""
    return AnnotationFields(
        quote=annotation.quote or "",
        body=annotation.body or "",
        color=annotation.color or "",
        prefix=annotation.prefix or "",
        suffix=annotation.suffix or "",
    )


def with_comment_source(item: Item, annotation: Annotation) -> Item:
    """The item with the source and the date of a comment, if it has neither: existing values are not replaced."""
    if annotation.kind is not AnnotationKind.COMMENT or item.source or item.published:
        return item
    origin = source_and_date(annotation.body or "")
    return replace(item, source=origin.source, published=origin.published) if origin is not None else item


def existing_highlight(item: Item, quote: str, selectors: str | None = None) -> Annotation | None:
    """The annotation of an item with the same quote, ignoring spaces and line ends, unless it stands elsewhere in the
    same version of the text.
    """
    compared, position = " ".join(quote.split()), position_of(selectors)

    def stands_elsewhere(part: Annotation) -> bool:
        other = position_of(part.selectors) if position else None
        if position is None or other is None or position.version != other.version:
            return False
        return position.end <= other.start or other.end <= position.start

    annotations = (part for part in item.annotations if part.quote and " ".join(part.quote.split()) == compared)
    return next((part for part in annotations if not stands_elsewhere(part)), None) if compared else None


def _save_annotation(
    writing: WriteTransaction, actor: Actor, change: tuple[Item, Item], part_id: str
) -> WrittenAnnotation:
    """Save the changed item, with the consequences of its new text. `change` is the item before and after."""
    before, after = change
    writing.items.update([after])
    undo = save_undo(writing, actor, changed=[ItemChange(before, after)])
    now = writing.items.any_of([before.id])[before.id]
    part = item_part(now, part_id)
    if part is None:
        raise NotFound(_NOT_FOUND)
    record_text(writing, actor, now, part_id, _body_of(part), before=_body_of(item_part(before, part_id)))
    has_new_source = (now.source, now.published) != (before.source, before.published)
    return WrittenAnnotation(now, _annotation_with_part(now, part_id), undo, part_id, has_new_source)


def _body_of(part: RemovedContent | None) -> str:
    written = (part.reply or part.annotation) if part is not None else None
    return (written.body if written is not None else "") or ""


def _insert_in_order(annotations: Sequence[Annotation], new: Annotation) -> tuple[Annotation, ...]:
    """The annotations with a new one: a highlight goes after the other highlights, a comment after everything."""
    if new.kind is AnnotationKind.COMMENT:
        return (*annotations, new)
    last = max((position for position, annotation in enumerate(annotations) if annotation.quote), default=-1)
    return (*annotations[: last + 1], new, *annotations[last + 1 :])


def _readable_annotation(reading: ReadSnapshot, actor: Actor, part_id: str) -> tuple[Item, Annotation]:
    """The item and the annotation of a part, if the actor may contribute there."""
    item_id = reading.items.taken_annotation_ids([part_id]).get(part_id)
    if item_id is None:
        raise NotFound("This item does not exist, or you may not read it.")
    item, _ = editable_item(reading, actor, item_id)
    return item, _annotation_with_part(item, part_id)


def _annotation_with_part(item: Item, part_id: str) -> Annotation:
    content = item_part(item, part_id)
    annotation_id = content.parent if content is not None and content.reply is not None else part_id
    annotation = next((annotation for annotation in item.annotations if annotation.id == annotation_id), None)
    if annotation is None:
        raise NotFound(_NOT_FOUND)
    return annotation


def _require_own_part(actor: Actor, part: Annotation | Reply) -> None:
    if part.author is None or part.author.id != author_of_actor(actor).id:
        raise Forbidden("Only its author can change this text.")


def _recent_duplicate(actor: Actor, parts: Sequence[Part], is_it: Callable[[Part], bool]) -> Part | None:
    """The actor's annotation or reply with the same text in the last seconds: a form sent twice adds nothing."""
    since, user_id = timestamp_in(seconds=-_DUPLICATE_SECONDS), author_of_actor(actor).id
    for part in reversed(parts):
        if part.author is not None and part.author.id == user_id and (part.added or "") > since and is_it(part):
            return part
    return None


def _with_annotation(item: Item, changed: Annotation) -> Item:
    return replace(item, annotations=tuple(changed if part.id == changed.id else part for part in item.annotations))


def _changed_annotation(annotation: Annotation, fields: AnnotationFields) -> Annotation:
    """An annotation with another text; fields with the same text are kept exactly, as no form might enter them."""
    same_quote = _normalized_text(fields.quote) == _normalized_text(annotation.quote or "")
    imported_color = annotation.color if annotation.color not in set(HighlightColor) and fields.quote else None
    return replace(
        annotation,
        kind=fields.kind,
        quote=annotation.quote if same_quote else fields.quote or None,
        body=annotation.body
        if _normalized_text(fields.body) == _normalized_text(annotation.body or "")
        else fields.body or None,
        color=fields.color or imported_color,
        prefix=fields.prefix or (annotation.prefix if same_quote else None),
        suffix=fields.suffix or (annotation.suffix if same_quote else None),
        updated=timestamp_now(),
        tags=annotation.tags if fields.tags is None else fields.tags or None,
        selectors=(annotation.selectors if same_quote else None)
        if fields.selectors is None
        else fields.selectors or None,
    )


def _checked_body(body: str) -> str:
    text = checked_text(body, LONGEST_WORDS)
    if not text:
        raise Invalid("Write something.")
    return text


def _is_same_text(fields: AnnotationFields, annotation: Annotation) -> bool:
    """Whether an annotation has these texts after a form sent them: line ends and outer spaces make no difference, nor
    do tags and selectors that it does not send.

    The context of a highlight is ignored, because users do not see it.
    """
    first, second = (
        (text.color, *map(_normalized_text, (text.quote, text.body))) for text in (fields, annotation_words(annotation))
    )
    sent = ((fields.tags, annotation.tags or ()), (fields.selectors, annotation.selectors or ""))
    return first == second and all(value is None or value == its for value, its in sent)


def _normalized_text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
