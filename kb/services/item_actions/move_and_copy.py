"""Move an item, or copy it, to another group, with its annotations.

A text only moves to a group whose readers may read it: see "Moving and copying" in docs/security.md.
"""

from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Conflict, Forbidden, Invalid
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.moderation import RemovedContent
from kb.model.items.reply_threads import with_new_ids
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group, Visibility
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.files.file_quotas import require_space_for_item
from kb.services.items.item_creation import (
    author_of_actor,
    require_new_address,
    with_detected_language,
    writable_groups,
)
from kb.services.items.items import readable_item
from kb.services.trash.content_removal import log_detail, title_of_item
from kb.services.trash.item_parts import has_words_of_others
from kb.services.undo.undo import save_undo
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now


class WiderAudience(Conflict):
    """Other people could read the item than now: the user must confirm the move or copy."""

    def __init__(self, group: Group) -> None:
        super().__init__("Others read “%(group)s” than those who may read this item now: confirm it.", group=group.name)


@dataclass(frozen=True, slots=True)
class Destination:
    """A group to which the actor may move or copy an item.

    `moves`: the item can be moved there, otherwise only copied. `with_words`: a copy would include the texts of others,
    if there are any.
    """

    group: Group
    moves: bool
    with_words: bool


@dataclass(frozen=True, slots=True)
class MoveDestinations:
    """An item, and its possible destinations. `has_words`: other users have added texts to it."""

    item: Item
    group: Group
    has_words: bool
    groups: tuple[Destination, ...]


@dataclass(frozen=True, slots=True)
class MovedItem:
    """The item in its new place, the number of texts left behind, and the id to undo the action."""

    item: Item
    group: Group
    left_behind: int
    undo: str | None


def move_destinations(library: Library, actor: Actor, item_id: str) -> MoveDestinations:
    """The possible destinations of an item. Raises NotFound, LoginNeeded, Forbidden for a read-only token."""
    with library.store.read() as reading:
        item, source = readable_item(reading, actor, item_id)
    user_id = require_signed_in_user(actor)
    has_words = has_words_of_others(RemovedContent(item=item), user_id)
    targets = (group for group in writable_groups(library, actor) if group.id != source.id)
    destinations = tuple(
        Destination(
            group,
            moves=_move_refusal(actor, item, source, group) is None,
            with_words=copies_words_of_others(actor, source, group),
        )
        for group in targets
    )
    return MoveDestinations(item, source, has_words, destinations)


def move_item(library: Library, actor: Actor, item_id: str, slug: str, *, confirmed: bool = False) -> MovedItem:
    """Move an item to another group, with everything that was added to it.

    Moderators of its group may do it, and its contributor as long as no other user has added texts. Raises NotFound,
    LoginNeeded, Forbidden; Conflict, also if its files do not fit into the quota of the group; WiderAudience unless
    `confirmed`; AlreadySaved if the group has its address.
    """
    with item_write_transaction(library, actor) as writing:
        change, target = move_in_transaction(writing, library, actor, item_id, slug, confirmed=confirmed)
        return MovedItem(_after(change), target, 0, save_undo(writing, actor, changed=[change]))


def move_in_transaction(
    writing: WriteTransaction, library: Library, actor: Actor, item_id: str, slug: str, *, confirmed: bool
) -> tuple[ItemChange, Group]:
    """Move an item as `move_item` does; the caller saves the undo of the change. Raises before anything is written."""
    item, source, target = _item_and_target_group(writing, actor, item_id, slug)
    require_permission(actor, Action.CONTRIBUTE, source)
    refusal = _move_refusal(actor, item, source, target)
    if refusal is not None:
        raise refusal
    _require_confirmed(source, target, confirmed=confirmed)
    require_new_address(writing, target, item.url)
    require_space_for_item(library, writing, target, item.id)
    after = with_detected_language(replace(item, group_id=target.id), target, library)
    writing.items.update([after])
    # Reports to the moderators of the old group are not shown to those of the new one.
    writing.moderation.settle_reports([item.id])
    detail = log_detail(RemovedContent(item=item), title_of_item(item))
    write_audit_log(writing, actor, AuditEvent.MOVED, group_id=source.id, subject=item.id, detail=detail)
    return ItemChange(item, after), target


def copy_item(library: Library, actor: Actor, item_id: str, slug: str, *, confirmed: bool = False) -> MovedItem:
    """Copy an item to another group: shared by the actor, with the annotations that may go there.

    Each annotation keeps its author. Raises NotFound, LoginNeeded, Forbidden; WiderAudience unless `confirmed`;
    AlreadySaved if the group has its address, Conflict if that item is hidden or in its trash, or if the files of this
    one do not fit into the quota of the group.
    """
    with item_write_transaction(library, actor) as writing:
        change, target, left_behind = copy_in_transaction(writing, library, actor, item_id, slug, confirmed=confirmed)
        return MovedItem(_after(change), target, left_behind, save_undo(writing, actor, changed=[change]))


def copy_in_transaction(
    writing: WriteTransaction, library: Library, actor: Actor, item_id: str, slug: str, *, confirmed: bool
) -> tuple[ItemChange, Group, int]:
    """Copy an item as `copy_item` does: the change, whose undo the caller saves, the group, the texts left behind.

    Raises before anything is written.
    """
    item, source, target = _item_and_target_group(writing, actor, item_id, slug)
    require_permission(actor, Action.EXPORT, source)
    _require_confirmed(source, target, confirmed=confirmed)
    require_new_address(writing, target, item.url)
    require_space_for_item(library, writing, target, item.id)
    author, annotations = author_of_actor(actor), item.annotations
    if not copies_words_of_others(actor, source, target):
        annotations = _own_annotations(annotations, author.id)
    copied = replace(
        item,
        id=new_id(),
        group_id=target.id,
        order=writing.items.next_order(),
        author=author,
        added=timestamp_now(),
        updated=None,
        views=0,
        annotations=tuple(map(with_new_ids, annotations)),
        changed_at=None,
    )
    copied = with_detected_language(copied, target, library)
    writing.items.add([copied])
    writing.page_texts.copy(item.id, copied.id)
    writing.item_files.copy(item.id, copied.id)
    return ItemChange(None, copied), target, _annotation_count(item.annotations) - _annotation_count(annotations)


def _after(change: ItemChange) -> Item:
    if change.after is None:
        raise ValueError(change)
    return change.after


def has_wider_audience(source: Group, target: Group) -> bool:
    """Whether people who may not read the source may read the target.

    Two groups that only members read have different members, now or later; only a user's own library has no other
    readers.
    """
    if target.is_personal or source.visible is Visibility.EVERYONE:
        return False
    if source.visible is Visibility.SIGNED_IN:
        return target.visible is Visibility.EVERYONE
    return True


def copies_words_of_others(actor: Actor, source: Group, target: Group) -> bool:
    """Whether a copy includes the texts of others.

    It does if every visitor can read them already, for a copy into the actor's own library, and if a moderator copies;
    never for a copy out of the actor's own library.
    """
    if source.is_personal:
        return False
    return source.visible is Visibility.EVERYONE or target.is_personal or is_allowed(actor, Action.MODERATE, source)


def _move_refusal(actor: Actor, item: Item, source: Group, target: Group) -> Forbidden | Conflict | None:
    """The reason why the actor may not move an item, to be raised; None if the actor may."""
    if not is_allowed(actor, Action.CONTRIBUTE, source):
        return Forbidden("You may read the group “%(group)s”, but not do this there.", group=source.name)
    user_id = require_signed_in_user(actor)
    has_words = has_words_of_others(RemovedContent(item=item), user_id)
    if source.is_personal:
        return Conflict("Others have written on this: copy it, their words stay with you.") if has_words else None
    if is_allowed(actor, Action.MODERATE, source) and not target.is_personal:
        return None
    # A move to the actor's own library takes the item from the group, and no other member could bring it back.
    if item.author is None or item.author.id != user_id:
        return Forbidden("Only who shared this item or a moderator can move it: copy it instead.")
    if has_words:
        return Conflict("Others have added their words to this: copy it, or ask a moderator to move it.")
    return None


def _item_and_target_group(
    writing: WriteTransaction, actor: Actor, item_id: str, slug: str
) -> tuple[Item, Group, Group]:
    item, source = readable_item(writing, actor, item_id)
    require_signed_in_user(actor)
    target = require_permission(actor, Action.CONTRIBUTE, writing.groups.by_slug(slug))
    if target.id == source.id:
        raise Invalid("This item is in this group already: choose another one.")
    return item, source, target


def _require_confirmed(source: Group, target: Group, *, confirmed: bool) -> None:
    if not confirmed and has_wider_audience(source, target):
        raise WiderAudience(target)


def _own_annotations(annotations: tuple[Annotation, ...], user_id: str) -> tuple[Annotation, ...]:
    return tuple(
        replace(part, replies=tuple(reply for reply in part.replies if reply.author and reply.author.id == user_id))
        for part in annotations
        if part.author is not None and part.author.id == user_id
    )


def _annotation_count(annotations: tuple[Annotation, ...]) -> int:
    return sum(1 + len(annotation.replies) for annotation in annotations)
