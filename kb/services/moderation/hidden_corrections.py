"""Corrections of hidden texts: the author writes another text, which moderators show in place of the hidden one.

It is hidden like the first one until then; the first one stays as it is when moderators do not want the other.
"""

from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Invalid, NotFound
from kb.model.ids import new_id
from kb.model.items.item_fields import LONGEST_WORDS, checked_text
from kb.model.items.moderation import Correction, Removal, RemovalKind, RemovedContent, Report
from kb.model.people.group import Group
from kb.services.authentication.authentication import check_rate_limits
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.moderation.moderation_actions import REPORT_RATE
from kb.services.trash.content_removal import log_detail
from kb.services.trash.item_parts import is_correctable, part_author, waiting_correction
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

_GONE = "This text is not hidden any more, or was deleted permanently."


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A hidden comment, note or reply, for its author."""

    removal: Removal
    group: Group
    part: RemovedContent

    @property
    def body(self) -> str:
        """The words that are hidden."""
        content = self.part.annotation or self.part.reply
        return (content.body if content else "") or ""


def hidden_text(library: Library, actor: Actor, removal_id: str) -> HiddenText:
    """A hidden text that the actor wrote and may correct. Raises LoginNeeded, NotFound, Forbidden."""
    require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        return _own_hidden_text(reading, actor, removal_id)


def correct_hidden_text(library: Library, actor: Actor, removal_id: str, text: str) -> Removal:
    """Propose another text to the moderators, in place of a hidden one or of an earlier proposal.

    Raises LoginNeeded, NotFound, Forbidden, RateLimited; Invalid for no text and for the hidden one.
    """
    user_id, body = require_signed_in_user(actor), checked_text(text, LONGEST_WORDS)
    if not body:
        raise Invalid("Write something.")
    check_rate_limits(library, [(f"flag {user_id}", REPORT_RATE)])
    with item_write_transaction(library, actor) as writing:
        hidden = _own_hidden_text(writing, actor, removal_id)
        removal, now = hidden.removal, timestamp_now()
        if body == checked_text(hidden.body, LONGEST_WORDS):
            raise Invalid("Change the text: it was hidden as it is.")
        writing.moderation.change_removed(removal.id, replace(hidden.part, correction=Correction(body, now)))
        if not writing.moderation.has_reported(user_id, removal.item_id, removal.annotation_id):
            report = Report(new_id(), hidden.group.id, removal.item_id, removal.annotation_id, user_id, "", now)
            writing.moderation.add_report(report)
        _log(writing, actor, AuditEvent.CORRECTED, hidden)
    return removal


def refuse_correction(library: Library, actor: Actor, slug: str, removal_id: str) -> None:
    """Leave a text hidden of which a correction waits, as a moderator; its author is told.

    Raises NotFound, LoginNeeded, Forbidden.
    """
    with item_write_transaction(library, actor) as writing:
        group = require_permission(actor, Action.MODERATE, writing.groups.by_slug(slug))
        removal = writing.moderation.removal(removal_id)
        if removal is None or removal.group_id != group.id:
            raise NotFound(_GONE)
        part = writing.moderation.removed_content(removal)
        correction = waiting_correction(part)
        if correction is None:
            raise NotFound("This correction is settled already.")
        refused = replace(part, correction=replace(correction, is_refused=True))
        writing.moderation.change_removed(removal.id, refused)
        writing.moderation.settle_reports([removal.item_id], [removal.annotation_id or ""])
        author = part_author(part)
        writing.moderation.record_hidden(replace(removal, user_id=actor.user_id), author.id if author else None)
        _log(writing, actor, AuditEvent.CORRECTION_REFUSED, HiddenText(removal, group, part))


def _own_hidden_text(reading: ReadSnapshot, actor: Actor, removal_id: str) -> HiddenText:
    """All others get the same answer whether it exists or not."""
    removal = reading.moderation.removal(removal_id)
    group = reading.groups.by_id(removal.group_id) if removal else None
    if removal is None or group is None or not is_allowed(actor, Action.READ, group):
        raise NotFound(_GONE)
    part = reading.moderation.removed_content(removal)
    author = part_author(part)
    is_own = author is not None and author.id == actor.user_id
    if removal.kind is not RemovalKind.HIDDEN or not is_own or not is_correctable(part):
        raise NotFound(_GONE)
    item = reading.items.any_of([removal.item_id]).get(removal.item_id)
    if item is None or item.group_id != group.id:
        raise NotFound(_GONE)
    require_permission(actor, Action.CONTRIBUTE, group)
    return HiddenText(removal, group, part)


def _log(writing: WriteTransaction, actor: Actor, event: AuditEvent, hidden: HiddenText) -> None:
    detail = log_detail(hidden.part, hidden.removal.title)
    subject = hidden.removal.annotation_id
    write_audit_log(writing, actor, event, group_id=hidden.group.id, subject=subject, detail=detail)
