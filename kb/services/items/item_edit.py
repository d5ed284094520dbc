"""Edit the fields of an item, or add to it, without overwriting what others entered."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Invalid
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.items.item import Item
from kb.model.items.item_fields import (
    MOST_TAGS,
    AnnotationFields,
    ItemFields,
    checked_annotation_fields,
    checked_fields,
    fields_of_item,
)
from kb.model.items.moderation import RemovedContent
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.audit_log import AuditEvent
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.items.item_creation import (
    AlreadySaved,
    SavedItem,
    author_of_actor,
    new_annotation,
    with_detected_language,
)
from kb.services.items.items import readable_item
from kb.services.mentions.mentions import record_text
from kb.services.trash.content_removal import log_content_event
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

_MOST_UNDOS_READ = 10
"""Actions among which the last change of the fields is looked for."""


class ItemChangedMeanwhile(Conflict):
    """Another user has changed the item since the actor read it; `item` is its current version, `by` the user who
    changed it.

    That user is known for as long as the change can be undone.
    """

    def __init__(self, item: Item, by: User | None = None) -> None:
        super().__init__("Another user has changed this item meanwhile: compare both texts, then save again.")
        self.item = item
        self.by = by


def edit_item(
    library: Library, actor: Actor, item_id: str, fields: ItemFields, *, read: ItemFields | None = None
) -> SavedItem:
    """Change the fields of an item.

    `read` are the fields that the user began with, as a form sends them: other users may have annotated the item since,
    but not changed a field. Raises NotFound, LoginNeeded, Forbidden; Invalid for invalid values; ItemChangedMeanwhile;
    AlreadySaved if another item of the group has the new address.
    """
    item_fields = checked_fields(fields)
    with item_write_transaction(library, actor) as writing:
        item, group = editable_item(writing, actor, item_id)
        if read is not None and read != fields_of_item(item):
            raise ItemChangedMeanwhile(item, _last_editor(writing, item))
        after = _with_fields(item, item_fields)
        if after == item:
            return SavedItem(item, group, None)
        if other := item_at_new_address(writing, item, after):
            raise AlreadySaved(other.id)
        after = with_detected_language(replace(after, updated=timestamp_now()), group, library)
        writing.items.update([after])
        undo = save_undo(writing, actor, changed=[ItemChange(item, after)])
        _log_edit(writing, actor, group, after)
        return SavedItem(writing.items.any_of([item.id])[item.id], group, undo)


def add_to_item(
    library: Library, actor: Actor, item_id: str, fields: ItemFields, words: Sequence[AnnotationFields] = ()
) -> SavedItem:
    """Add tags and highlights to an item, and fill its empty fields.

    Existing values stay; a highlight that the same user has added before, word for word, is not added again. Raises
    NotFound, LoginNeeded, Forbidden; Invalid for invalid values.
    """
    item_fields, added = checked_fields(fields), tuple(checked_annotation_fields(word) for word in words)
    with item_write_transaction(library, actor) as writing:
        item, group = editable_item(writing, actor, item_id)
        author, now = author_of_actor(actor), timestamp_now()
        new = tuple(
            new_annotation(annotation_fields, author, now)
            for annotation_fields in added
            if not _has_same_annotation(item, author, annotation_fields)
        )
        after = replace(_with_missing_fields(item, item_fields), annotations=(*item.annotations, *new))
        if after == item:
            return SavedItem(item, group, None)
        after = with_detected_language(replace(after, updated=now), group, library)
        writing.items.update([after])
        undo = save_undo(writing, actor, changed=[ItemChange(item, after)])
        for annotation in new:
            record_text(writing, actor, after, annotation.id, annotation.body or "")
        if fields_of_item(after) != fields_of_item(item):
            _log_edit(writing, actor, group, after)
    return SavedItem(after, group, undo)


def item_to_edit(library: Library, actor: Actor, item_id: str) -> tuple[Item, Group]:
    """An item and its group, for an actor who may edit it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        return editable_item(reading, actor, item_id)


def editable_item(reading: ReadSnapshot, actor: Actor, item_id: str) -> tuple[Item, Group]:
    """An item and its group, for an actor who may contribute there. Raises NotFound, LoginNeeded, Forbidden."""
    item, group = readable_item(reading, actor, item_id)
    return item, require_permission(actor, Action.CONTRIBUTE, group)


def _log_edit(writing: WriteTransaction, actor: Actor, group: Group, item: Item) -> None:
    # Users' own libraries are private: nothing is logged.
    if not group.is_personal:
        log_content_event(writing, actor, AuditEvent.EDITED, item, RemovedContent(item=item))


def _last_editor(reading: ReadSnapshot, item: Item) -> User | None:
    for undo in reading.undos.about(item.id, _MOST_UNDOS_READ):
        pairs = (
            (change.before, change.after) for change in undo.changed if change.after and change.after.id == item.id
        )
        edited = any(before and after and fields_of_item(before) != fields_of_item(after) for before, after in pairs)
        if edited or any(change.item_id == item.id for change in undo.tag_changes):
            return reading.users.by_id(undo.user_id)
    return None


def _with_fields(item: Item, fields: ItemFields) -> Item:
    """The item with other fields; unchanged fields are kept exactly, even if a form could not have entered them."""
    now = _checked_or_none(fields_of_item(item))
    if now == fields:
        return item
    decided = item.language_decided and not fields.language
    return replace(
        with_record_values(item, record_values(fields)),
        language=item.language if decided else fields.language,
        language_decided=decided,
        tags=fields.tags,
    )


def _checked_or_none(fields: ItemFields) -> ItemFields | None:
    """The fields as they would be stored; None for imported fields that no form would accept."""
    try:
        return checked_fields(fields)
    except Invalid:
        return None


def item_at_new_address(reading: ReadSnapshot, before: Item, after: Item) -> Item | None:
    """Another item of the group with the address that an item would get."""
    address = canonical_url(after.url)
    if address is None or address == canonical_url(before.url):
        return None
    return next(
        (item for item in reading.items.at_address(address, [before.group_id], 2) if item.id != before.id), None
    )


def _with_missing_fields(item: Item, fields: ItemFields) -> Item:
    """The item with the tags of both, and the given values for its empty fields."""
    known = {tag.casefold() for tag in item.tags}
    more = tuple(tag for tag in fields.tags if tag.casefold() not in known)
    if more and len(item.tags) + len(more) > MOST_TAGS:
        raise Invalid("An item has at most %(limit)s tags.", limit=MOST_TAGS)
    is_given = bool(fields.language) and (item.language is None or item.language_decided)
    missing = {name: getattr(item, name) or value for name, value in record_values(fields).items() if name != "url"}
    return replace(
        with_record_values(item, missing),
        language=fields.language if is_given else item.language,
        language_decided=item.language_decided and not is_given,
        tags=(*item.tags, *more),
    )


def _has_same_annotation(item: Item, author: User, words: AnnotationFields) -> bool:
    return any(
        annotation.author is not None
        and annotation.author.id == author.id
        and (annotation.quote or "", annotation.body or "") == (words.quote, words.body)
        for annotation in item.annotations
    )
