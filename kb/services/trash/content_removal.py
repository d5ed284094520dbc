"""Move an item, or a part of one, out of the library in a transaction: hidden, or in the trash of its group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Conflict, FlorilegeError, Forbidden, NotFound
from kb.model.ids import new_id
from kb.model.items.item import Item
from kb.model.items.moderation import AuditLogEntry, Removal, RemovalKind, RemovedContent
from kb.model.items.reply_threads import with_new_ids
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group
from kb.model.storable_text import check_text
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.audit_log import AuditEvent, audit_log_entry
from kb.services.trash.item_parts import (
    annotation_and_reply_ids,
    corrected_part,
    has_words_of_others,
    item_part,
    part_author,
    part_kind,
    part_text,
    remove_part,
)
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now
from kb.store.groups.moderation import removed_content_text

LONGEST_REASON = 1_000
"""Characters of a reason; the rest is cut."""
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class RemovalTerms:
    """The kind of removal, its reason, and how long it can be undone; None: as long as the content is hidden."""

    kind: RemovalKind
    reason: str
    expires_at: str | None = None


def take_out_of_library(
    writing: WriteTransaction, actor: Actor, item: Item, part_id: str | None, terms: RemovalTerms
) -> Removal:
    """Take an item, or a part of it, out of the library; the caller has checked the rights. Raises NotFound."""
    part = required_item_part(item, part_id)
    if part.item is None:
        rest, part = remove_part(item, part, removed_contents_of(writing, item.id))
        writing.items.update([rest])
        writing.changes.record_edits(actor.user_id, [ItemChange(item, rest)])
    else:
        writing.items.remove([item.id])
    replies = part.annotation.replies if part.annotation else ()
    part_ids = None if part_id is None else [part_id, *(reply.id for reply in replies)]
    writing.moderation.settle_reports([item.id], part_ids)
    return _store_removed_content(writing, actor, [(item, part_id, part)], terms)[0]


def _store_removed_content(
    writing: WriteTransaction,
    actor: Actor,
    taken: Sequence[tuple[Item, str | None, RemovedContent]],
    terms: RemovalTerms,
    *,
    is_logged: bool = True,
) -> list[Removal]:
    """Store items, or parts of them by id, that were taken out of the library, and log the user."""
    removals = [
        Removal(
            new_id(),
            item.group_id,
            terms.kind,
            item.id,
            part_id,
            title_of_item(item),
            removed_content_text(part),
            actor.user_id,
            checked_reason(terms.reason) or None,
            timestamp_now(),
            terms.expires_at,
            item.order if part.item else None,
            canonical_url(item.url) if part.item else None,
        )
        for item, part_id, part in taken
    ]
    writing.moderation.add_removals(removals)
    if terms.kind is RemovalKind.HIDDEN:
        for removal, (_, _, part) in zip(removals, taken, strict=True):
            author = part_author(part)
            writing.moderation.record_hidden(removal, author.id if author else None)
    done = AuditEvent.HIDDEN if terms.kind is RemovalKind.HIDDEN else AuditEvent.REMOVED
    if is_logged:
        writing.moderation.log(*(_content_event(actor, done, item, part) for item, _, part in taken))
    return removals


def move_items_to_trash(
    writing: WriteTransaction, actor: Actor, items: Sequence[Item], days: float, *, is_logged: bool = True
) -> list[Removal]:
    """Move whole items to the trash of their groups, for so many days; the caller must have checked the rights.

    `is_logged`: a line in the log of the group for each item; otherwise the caller writes one for all of them.
    """
    ids = [item.id for item in items]
    writing.items.remove(ids)
    writing.moderation.settle_reports(ids)
    terms = RemovalTerms(RemovalKind.REMOVED, "", timestamp_in(days=days))
    taken = [(item, None, required_item_part(item, None)) for item in items]
    return _store_removed_content(writing, actor, taken, terms, is_logged=is_logged)


def log_content_event(
    writing: WriteTransaction, actor: Actor, done: AuditEvent, item: Item, part: RemovedContent
) -> None:
    """Log an action on an item in the library, or on a part of it."""
    writing.moderation.log(_content_event(actor, done, item, part))


def log_restorations(
    writing: WriteTransaction, actor: Actor, restored: Sequence[tuple[Removal, RemovedContent]]
) -> None:
    """Log the restoration of content."""
    entries = (
        audit_log_entry(
            actor,
            AuditEvent.RESTORED,
            group_id=removal.group_id,
            subject=removal.annotation_id or removal.item_id,
            detail=log_detail(content, removal.title),
        )
        for removal, content in restored
    )
    writing.moderation.log(*entries)


def _content_event(actor: Actor, done: AuditEvent, item: Item, part: RemovedContent) -> AuditLogEntry:
    subject, detail = (part.annotation or part.reply or item).id, log_detail(part, title_of_item(item))
    return audit_log_entry(actor, done, group_id=item.group_id, subject=subject, detail=detail)


def removed_contents_of(reading: ReadSnapshot, item_id: str) -> list[tuple[str, RemovedContent]]:
    """All removed parts of an item that is in the library, by the id that each had there, the latest first, as they are
    restored.
    """
    removals = tuple(reversed(reading.moderation.removals_of_items([item_id])))
    pairs = zip(removals, reading.moderation.removed_contents(removals), strict=True)
    return [(removal.annotation_id, corrected_part(content)) for removal, content in pairs if removal.annotation_id]


def drop_removed_content(writing: WriteTransaction, removal: Removal, content: RemovedContent) -> None:
    """Delete removed content permanently, with parts removed from it before, which could no longer be restored."""
    if content.item is not None:
        writing.moderation.erase_removed_item(removal.item_id)
        return
    removals = writing.moderation.removals_of_items([removal.item_id])
    answers = ((other, writing.moderation.removed_content(other)) for other in removals if other.id != removal.id)
    dropped_ids = [removal.id, *(other.id for other, answer in answers if answer.parent == removal.annotation_id)]
    writing.moderation.delete_removals(dropped_ids)


def required_item_part(item: Item, part_id: str | None) -> RemovedContent:
    """The item itself, or a part of it. Raises NotFound."""
    part = item_part(item, part_id)
    if part is None:
        raise NotFound("This passage or comment is not there any more.")
    return part


def require_removable(actor: Actor, group: Group, item: Item, part_id: str | None = None) -> None:
    """Raise LoginNeeded, Forbidden or Conflict unless the actor may move an item, or a part of it, to the trash."""
    require_permission(actor, Action.CONTRIBUTE, group)
    if is_allowed(actor, Action.MODERATE, group):
        return
    part = required_item_part(item, part_id)
    user_id, author = require_signed_in_user(actor), part_author(part)
    if author is None or author.id != user_id:
        raise Forbidden("Only its author or a moderator can remove this.")
    if has_words_of_others(part, user_id):
        raise Conflict("Others have added their words to this: ask a moderator to remove it.")


def may_remove(actor: Actor, group: Group, item: Item) -> bool:
    """Whether the actor may move an item to the trash."""
    try:
        require_removable(actor, group, item)
    except FlorilegeError:
        return False
    return True


def with_free_ids(reading: ReadSnapshot, restored: Sequence[Item]) -> list[Item]:
    """The restored items, with new ids for annotations whose ids are in use by another item meanwhile."""
    ids = {item.id: tuple(annotation_and_reply_ids(item)) for item in restored}
    holders = reading.items.taken_annotation_ids({id_ for own_ids in ids.values() for id_ in own_ids})

    def with_own_ids(item: Item) -> Item:
        # The first of two restored items that have one id keeps it.
        taken = {id_ for id_ in ids[item.id] if holders.setdefault(id_, item.id) != item.id}
        if not taken:
            return item
        annotations = (with_new_ids(part, lambda id_: new_id() if id_ in taken else id_) for part in item.annotations)
        return replace(item, annotations=tuple(annotations))

    return [with_own_ids(item) for item in restored]


def is_own_removal(actor: Actor, removal: Removal) -> bool:
    """Whether the actor removed it."""
    return removal.kind is RemovalKind.REMOVED and actor.user_id is not None and removal.user_id == actor.user_id


def checked_reason(reason: str) -> str:
    """A reason in the form to store. Raises Invalid for characters that a database cannot hold."""
    return check_text(reason.strip()[:LONGEST_REASON])


def title_of_item(item: Item) -> str:
    """The title of an item for messages."""
    return part_text(RemovedContent(item=item))


def log_detail(part: RemovedContent, title: str = "") -> str:
    """The detail of an audit log entry: the kind of content, then the title of its item."""
    return f"{part_kind(part)} {title[:_LONGEST_TITLE]}".strip()
