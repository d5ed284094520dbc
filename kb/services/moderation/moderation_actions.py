"""Moderation actions in a group: report, hide, remove and restore content.

`take_out_of_library` moves hidden and removed content out of all other tables: no search, count, feed or export can
show it.
"""

from collections.abc import Sequence

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Conflict, Forbidden, LoginNeeded, NotFound
from kb.model.ids import new_id
from kb.model.items.item import Item
from kb.model.items.moderation import Removal, RemovalKind, Report
from kb.model.people.group import Group
from kb.services.authentication.authentication import check_rate_limits
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.items.items import readable_item
from kb.services.trash.content_removal import (
    RemovalTerms,
    checked_reason,
    drop_removed_content,
    is_own_removal,
    log_content_event,
    log_detail,
    log_restorations,
    removed_contents_of,
    require_removable,
    required_item_part,
    take_out_of_library,
    with_free_ids,
)
from kb.services.trash.item_parts import part_author, restore_part, waiting_correction
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

REPORT_RATE = Rate(burst=30, every=60)

_RESTORED_AT_ONCE = 100
"""Removed contents that are restored in one transaction."""
_GONE = "This was restored, or deleted permanently."


def report_content(library: Library, actor: Actor, item_id: str, part_id: str | None = None, reason: str = "") -> None:
    """Report an item, or an annotation or a reply of it, to the moderators; a second report changes nothing.

    Raises NotFound, LoginNeeded, Forbidden in a user's own library, RateLimited.
    """
    reason = checked_reason(reason)
    with library.store.read() as reading:
        _reportable_content(reading, actor, item_id)
    check_rate_limits(library, [(f"flag {actor.user_id}", REPORT_RATE)])
    with item_write_transaction(library, actor) as writing:
        item, group, user_id = _reportable_content(writing, actor, item_id)
        part = required_item_part(item, part_id)
        if writing.moderation.has_reported(user_id, item.id, part_id):
            return
        writing.moderation.add_report(Report(new_id(), group.id, item.id, part_id, user_id, reason, timestamp_now()))
        log_content_event(writing, actor, AuditEvent.REPORTED, item, part)


def dismiss_reports(library: Library, actor: Actor, slug: str, item_id: str, part_id: str | None = None) -> None:
    """Dismiss the reports on one item or part: it stays. Raises NotFound, Forbidden."""
    with item_write_transaction(library, actor) as writing:
        group = require_permission(actor, Action.MODERATE, writing.groups.by_slug(slug))
        item = writing.items.any_of([item_id]).get(item_id)
        if item is None or item.group_id != group.id:
            raise NotFound(_GONE)
        part = required_item_part(item, part_id)
        if writing.moderation.dismiss_reports(item.id, part_id):
            log_content_event(writing, actor, AuditEvent.DISMISSED, item, part)


def hide_content(library: Library, actor: Actor, item_id: str, part_id: str | None = None, reason: str = "") -> Removal:
    """Hide an item, an annotation or a reply, as a moderator. Raises NotFound, LoginNeeded, Forbidden."""
    with item_write_transaction(library, actor) as writing:
        item, group = readable_item(writing, actor, item_id)
        require_permission(actor, Action.MODERATE, group)
        require_moderators(group)
        return take_out_of_library(writing, actor, item, part_id, RemovalTerms(RemovalKind.HIDDEN, reason))


def remove_content(
    library: Library, actor: Actor, item_id: str, part_id: str | None = None, reason: str = ""
) -> Removal:
    """Move an item, or an annotation or a reply of it, to the group's trash, which is emptied later.

    Moderators may do it, and members for their own content. Raises NotFound, LoginNeeded, Forbidden otherwise, Conflict
    if others have added texts to it.
    """
    with item_write_transaction(library, actor) as writing:
        item, group = readable_item(writing, actor, item_id)
        require_removable(actor, group, item, part_id)
        expires_at = timestamp_in(days=library.settings.bin_days)
        return take_out_of_library(writing, actor, item, part_id, RemovalTerms(RemovalKind.REMOVED, reason, expires_at))


def restore_content(library: Library, actor: Actor, removal_id: str) -> tuple[Removal, Group]:
    """Restore hidden or removed content in its old place: unchanged, but for the correction of a hidden text.

    Moderators may do it, and members for content that they removed. Raises NotFound, LoginNeeded, Forbidden; Conflict
    if the item or annotation around it is itself hidden or removed.
    """
    with item_write_transaction(library, actor) as writing:
        return _restore_content(writing, actor, removal_id)


def restore_all_content(library: Library, actor: Actor, removal_ids: Sequence[str]) -> int:
    """As `restore_content` for each of these, except those that the actor may not restore or that are gone; the number
    of those restored. Raises LoginNeeded.
    """
    restored = 0
    for first in range(0, len(removal_ids), _RESTORED_AT_ONCE):
        with item_write_transaction(library, actor) as writing:
            for removal_id in removal_ids[first : first + _RESTORED_AT_ONCE]:
                try:
                    _restore_content(writing, actor, removal_id)
                except LoginNeeded:
                    raise
                except (NotFound, Forbidden, Conflict):
                    continue
                restored += 1
    return restored


def group_of_removal(library: Library, removal: Removal) -> Group:
    """The group from whose library something was removed."""
    with library.store.read() as reading:
        return reading.groups.by_ids([removal.group_id])[removal.group_id]


def may_restore_content(reading: ReadSnapshot, actor: Actor, removal_id: str) -> bool:
    """Whether the actor may restore hidden or removed content, which is still there."""
    try:
        _restorable_content(reading, actor, removal_id)
    except (NotFound, Forbidden):
        return False
    return True


def _restore_content(writing: WriteTransaction, actor: Actor, removal_id: str) -> tuple[Removal, Group]:
    """Restore content. Whatever it raises, it raises before it writes anything."""
    removal, group = _restorable_content(writing, actor, removal_id)
    content = writing.moderation.removed_content(removal)
    if content.item is not None:
        if writing.items.any_of([removal.item_id]):
            raise Conflict("An item with the same identity is in the library again.")
        writing.items.add(with_free_ids(writing, [content.item]), restored=True)
    else:
        _restore_removed_part(writing, removal)
    writing.moderation.delete_removals([removal.id])
    if waiting_correction(content) is not None:
        author = part_author(content)
        writing.moderation.record_correction_shown(removal, author.id if author else None, actor.user_id)
    log_restorations(writing, actor, [(removal, content)])
    return removal, group


def _restorable_content(reading: ReadSnapshot, actor: Actor, removal_id: str) -> tuple[Removal, Group]:
    removal, group = _visible_removed_content(reading, actor, removal_id)
    require_permission(actor, Action.MODERATE if not is_own_removal(actor, removal) else Action.CONTRIBUTE, group)
    return removal, group


def delete_content_permanently(library: Library, actor: Actor, removal_id: str) -> Group:
    """Delete hidden or removed content at once, as an owner. Raises NotFound, LoginNeeded, Forbidden."""
    with item_write_transaction(library, actor) as writing:
        removal, group = _visible_removed_content(writing, actor, removal_id)
        require_permission(actor, Action.MANAGE, group)
        content = writing.moderation.removed_content(removal)
        drop_removed_content(writing, removal, content)
        subject, detail = removal.annotation_id or removal.item_id, log_detail(content)
        write_audit_log(
            writing, actor, AuditEvent.DELETED_PERMANENTLY, group_id=group.id, subject=subject, detail=detail
        )
    return group


def _restore_removed_part(writing: WriteTransaction, removal: Removal) -> None:
    item = writing.items.any_of([removal.item_id]).get(removal.item_id)
    if item is None:
        raise Conflict("The item that this belongs to is hidden or removed itself: restore the item first.")
    if item.group_id != removal.group_id:
        raise Conflict("The item that this belongs to is in another group now.")
    whole = restore_part(item, removal.annotation_id or "", removed_contents_of(writing, item.id))
    if whole is None:
        raise Conflict("What this answers is hidden or removed itself: restore that first.")
    writing.items.update(with_free_ids(writing, [whole]))


def _reportable_content(reading: ReadSnapshot, actor: Actor, item_id: str) -> tuple[Item, Group, str]:
    item, group = readable_item(reading, actor, item_id)
    user_id = require_signed_in_user(actor)
    require_permission(actor, Action.REPORT, group)
    require_moderators(group)
    return item, group, user_id


def require_moderators(group: Group) -> None:
    """Raise Forbidden for a user's own library."""
    if group.is_personal:
        raise Forbidden("This is a user's own library: it has no moderators.")


def _visible_removed_content(reading: ReadSnapshot, actor: Actor, removal_id: str) -> tuple[Removal, Group]:
    """Hidden or removed content, and its group, for a moderator and for the member who removed it.

    All others get the same answer whether it exists or not. Raises LoginNeeded, NotFound.
    """
    if not actor.operator:
        require_signed_in_user(actor)
    removal = reading.moderation.removal(removal_id)
    group = reading.groups.by_id(removal.group_id) if removal else None
    if removal is None or group is None or not is_allowed(actor, Action.READ, group):
        raise NotFound(_GONE)
    if not is_own_removal(actor, removal) and not is_allowed(actor, Action.MODERATE, group):
        raise NotFound(_GONE)
    return removal, group
