"""Undo of an action: its changes are reversed, but later changes stay.

The action stores each item before and after it (`save_undo`). Undo is a three-way merge for each item: what has not
changed since the action goes back, later changes stay.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_signed_in_user
from kb.errors import NotFound
from kb.model.dates import instant_of
from kb.model.ids import new_id
from kb.model.items.item import Item
from kb.model.items.item_list import ItemList
from kb.model.items.tag import tag_form
from kb.model.items.undo import UNDO_DAYS, ItemChange, ListChange, SavedSearchChange, TagsChange, Undo
from kb.model.people.group import Group
from kb.model.saved_search import saved_request
from kb.services.authentication.authentication import current_actor
from kb.services.core.audit_log import AuditEvent, tag_subject, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.groups.membership import restore_role
from kb.services.page_fetch.item_completion import is_same_but_for_page
from kb.services.trash.content_removal import log_restorations, may_remove, move_items_to_trash, with_free_ids
from kb.services.trash.item_parts import annotation_and_reply_ids
from kb.services.undo.three_way_merge import (
    is_merge,
    own_part_ids,
    restorable_items,
    revert_item,
    revert_list,
    revert_tags,
)
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

_MOST_IDS = 100
NOTHING_TO_UNDO = "There is nothing to undo here any more."
_GROUP_EVENTS = frozenset({AuditEvent.TAG_DELETED, AuditEvent.TAG_RENAMED})


@dataclass(frozen=True, slots=True)
class UndoResult:
    """The result of an undo: how many items were restored, and how many stay because another user has changed them
    since.

    `item_ids` are the restored items that are in the library now, a hundred at most; `list_ids` those of lists.
    `removed` is the number of items that the action had added, and that are in the trash now; `done` excludes them.
    """

    done: int
    not_undone: int
    item_ids: tuple[str, ...]
    list_ids: tuple[str, ...] = ()
    removed: int = 0


class DeletedTags:
    """The tags that were deleted or renamed in their groups since an action; each is looked up in the log once."""

    def __init__(self, reading: ReadSnapshot, since: datetime) -> None:
        self._reading = reading
        self._since = since
        self._deleted_since: dict[tuple[str, str], bool] = {}

    def without(self, group_id: str, now: Sequence[str], then: Sequence[str]) -> tuple[str, ...]:
        """The tags of a group's item after an undo, without deleted tags, which are not restored.

        `now` are its tags, `then` those that the undo would give it.
        """
        present = set(now)
        return tuple(tag for tag in then if tag in present or not self._is_deleted(group_id, tag_form(tag)))

    def _is_deleted(self, group_id: str, form: str) -> bool:
        if (group_id, form) not in self._deleted_since:
            entry = self._reading.moderation.last_log_entry(group_id, tag_subject(form))
            is_since = entry is not None and entry.action in _GROUP_EVENTS and instant_of(entry.at) > self._since
            self._deleted_since[group_id, form] = is_since
        return self._deleted_since[group_id, form]


def save_undo(
    writing: WriteTransaction,
    actor: Actor,
    *,
    changed: Iterable[ItemChange] = (),
    tag_changes: Iterable[TagsChange] = (),
    list_changes: Iterable[ListChange] = (),
    search_changes: Iterable[SavedSearchChange] = (),
    trashed: Iterable[str] = (),
    part_of: str | None = None,
    is_import: bool = False,
) -> str | None:
    """Store the undo data of an action in its transaction, with who edited what, and return its id; None if nothing has
    changed.

    `is_import`: a file changed the items. `part_of` is the id that an earlier transaction of the same action returned:
    one undo then reverses both. Only users undo: the operator has backups.
    """
    changes = (tuple(changed), tuple(tag_changes), tuple(list_changes), tuple(search_changes), tuple(trashed))
    writing.changes.record_edits(actor.user_id, *changes[:2], is_import=is_import)
    if actor.user_id is None:
        return None
    if not any(changes):
        return part_of
    undo = Undo(new_id(), actor.user_id, timestamp_in(days=UNDO_DAYS), *changes)
    writing.undos.add(undo)
    first = writing.undos.by_id(part_of) if part_of else None
    if first is None:
        return undo.id
    writing.undos.rewrite(replace(first, parts=(*first.parts, undo.id)))
    return first.id


def can_undo(library: Library, actor: Actor, undo_id: str) -> bool:
    """Whether the actor can undo an action by this id."""
    with library.store.read() as reading:
        return is_undoable(reading, actor, undo_id)


def is_undoable(reading: ReadSnapshot, actor: Actor, undo_id: str) -> bool:
    """As `can_undo`, within a transaction."""
    return _found_undo(reading, actor, undo_id) is not None


def undo_action(library: Library, actor: Actor, undo_id: str) -> UndoResult:
    """Undo one action of the actor, once.

    Raises LoginNeeded; NotFound for another user's action, or one that is expired or undone already. Items in groups
    where the actor may no longer contribute stay as they are.
    """
    require_signed_in_user(actor)
    with library.store.read() as reading:
        parts = require_undo(reading, actor, undo_id).parts
    # The latest part first: an import may change in one batch what it added in another.
    each = [result for part in reversed(parts) if (result := _undo_part(library, actor, part)) is not None]
    with item_write_transaction(library, actor) as writing:
        each.append(_undo_one(writing, current_actor(writing, actor), require_undo(writing, actor, undo_id)))
    ids = tuple(id_ for result in each for id_ in result.item_ids)
    lists = tuple(id_ for result in each for id_ in result.list_ids)
    return UndoResult(sum(part.done for part in each), sum(part.not_undone for part in each), ids[:_MOST_IDS], lists)


def undo_portion(library: Library, actor: Actor, undo_id: str) -> tuple[UndoResult, int]:
    """Undo the latest part of an action of the actor that is not undone yet, and the number of parts that are left.

    The action itself is gone once none is left. Raises as `undo_action`.
    """
    require_signed_in_user(actor)
    with item_write_transaction(library, actor) as writing:
        undo = require_undo(writing, actor, undo_id)
        present = writing.undos.present_ids(undo.parts)
        parts = [part for part in undo.parts if part in present]
        latest = writing.undos.by_id(parts[-1]) if parts else undo
        result = _undo_one(writing, current_actor(writing, actor), latest or undo)
    return result, len(parts)


def part_count(library: Library, actor: Actor, undo_id: str) -> int:
    """The number of parts of an action of the actor. Raises NotFound as `undo_action`."""
    with library.store.read() as reading:
        return 1 + len(require_undo(reading, actor, undo_id).parts)


def undo_next_part(writing: WriteTransaction, actor: Actor, undo_id: str) -> UndoResult:
    """Undo the latest part of an action that is not undone yet, without lines in the log of groups.

    The action itself is gone once its last part is undone. The caller has checked the rights of `actor`, which are
    those of this transaction. Raises NotFound for an action that is gone.
    """
    undo = writing.undos.by_id(undo_id)
    if undo is None:
        raise NotFound(NOTHING_TO_UNDO)
    parts = (undo_part for part in reversed(undo.parts) if (undo_part := writing.undos.by_id(part)) is not None)
    return _undo_one(writing, actor, next(parts, undo), is_logged=False)


def require_undo(reading: ReadSnapshot, actor: Actor, undo_id: str) -> Undo:
    """The undo data with this id. Raises NotFound for another user's, or if it is expired or undone already."""
    undo = _found_undo(reading, actor, undo_id)
    if undo is None:
        raise NotFound(NOTHING_TO_UNDO)
    return undo


def _found_undo(reading: ReadSnapshot, actor: Actor, undo_id: str) -> Undo | None:
    undo = reading.undos.by_id(undo_id)
    is_usable = undo is not None and undo.user_id == actor.user_id and undo.expires_at > timestamp_now()
    return undo if is_usable else None


def _undo_part(library: Library, actor: Actor, part_id: str) -> UndoResult | None:
    """Undo a part of a large action; None for a part undone already, before an earlier undo failed."""
    with item_write_transaction(library, actor) as writing:
        undo = writing.undos.by_id(part_id)
        # The actor may have lost access since the previous part.
        return None if undo is None else _undo_one(writing, current_actor(writing, actor), undo)


def _undo_one(writing: WriteTransaction, actor: Actor, undo: Undo, *, is_logged: bool = True) -> UndoResult:
    undone, unchanged, removed = _undo_item_changes(writing, actor, undo, is_logged=is_logged)
    tags_done, tags_stayed = _undo_tag_changes(writing, actor, undo)
    if is_logged:
        _log_undo(writing, actor, undo, undone, tags_done)
    came_back, out = _restore_from_trash(writing, actor, undo.trashed)
    lists, lists_stayed = _undo_list_changes(writing, actor, undo.list_changes)
    _undo_search_changes(writing, actor, undo.search_changes)
    roles = sum(restore_role(writing, actor, role) for role in undo.roles)
    writing.undos.drop([undo.id])
    ids = (*undone, *tags_done, *came_back)
    remaining = unchanged + tags_stayed + out + lists_stayed + len(undo.roles) - roles
    return UndoResult(len(ids) + len(lists) + roles, remaining, ids[:_MOST_IDS], tuple(lists), removed)


def _undo_item_changes(
    writing: WriteTransaction, actor: Actor, undo: Undo, *, is_logged: bool
) -> tuple[list[str], int, int]:
    """Undo changes of whole items: ids of restored ones, how many others stay, how many go to the trash."""
    ids = [item.id for change in undo.changed for item in (change.before, change.after) if item is not None]
    present = writing.items.any_of(dict.fromkeys(ids))
    named = {item.group_id for change in undo.changed for item in (change.before, change.after) if item is not None}
    groups = writing.groups.by_ids(named | {item.group_id for item in present.values()})
    if is_merge(undo.changed) and not _may_unmerge(actor, undo.changed, groups):
        return [], len(undo.changed), 0
    restorable = restorable_items(undo.changed, present)
    deleted = DeletedTags(writing, _done_at(undo))
    done: list[str] = []
    updates: list[ItemChange] = []
    to_restore: list[Item] = []
    to_trash: list[Item] = []
    unchanged = 0
    for change in undo.changed:
        now = present.get(change.after.id) if change.after is not None else None
        if not _may_undo_change(actor, change, now, groups):
            unchanged += 1
        elif change.before is None and change.after is not None:
            # An added item goes to the trash, if no user has changed it since.
            if now is not None and is_same_but_for_page(now, change.after):
                to_trash.append(now)
            else:
                unchanged += 1
        elif change.before is not None and change.after is None:
            to_restore.append(change.before)
        elif change.before is not None and change.after is not None:
            then = _reverted_item(deleted, now, change.before, change.after) if now is not None else None
            if then is None or then == now or (is_merge(undo.changed) and not restorable):
                unchanged += 1
            else:
                updates.append(ItemChange(now, then))
                done.append(then.id)
    writing.items.update([change.after for change in updates if change.after])
    writing.changes.record_edits(actor.user_id, updates)
    move_items_to_trash(writing, actor, to_trash, UNDO_DAYS, is_logged=is_logged)
    merged = [change.after for change in undo.changed if change.after is not None]
    added = [
        item.id
        for item in to_restore
        if item.id in restorable
        and _restore_merged_item(writing, restorable[item.id], own_part_ids(item, merged), present)
    ]
    return done + added, unchanged + len(to_restore) - len(added), len(to_trash)


def _may_undo_change(actor: Actor, change: ItemChange, now: Item | None, groups: dict[str, Group]) -> bool:
    """Whether the actor may contribute in each group that the item was in or is in, and may still do the move."""
    # The item may have been moved since, to a group in which the actor may not write.
    group_ids = {item.group_id for item in (change.before, change.after, now) if item is not None}
    if not all(group_id in groups and is_allowed(actor, Action.CONTRIBUTE, groups[group_id]) for group_id in group_ids):
        return False
    if change.before is None or change.after is None or change.before.group_id == change.after.group_id:
        return True
    return may_remove(actor, groups[change.before.group_id], change.before)


def _may_unmerge(actor: Actor, changed: Sequence[ItemChange], groups: dict[str, Group]) -> bool:
    before = [change.before for change in changed if change.before is not None]
    return all(item.group_id in groups and may_remove(actor, groups[item.group_id], item) for item in before)


def _reverted_item(deleted: DeletedTags, now: Item, before: Item, after: Item) -> Item | None:
    """An item as it was before an action. Texts added in the group that it was moved to do not go back with it."""
    if before.group_id != after.group_id and replace(now, views=after.views) != after:
        return None
    then = revert_item(now, before, after)
    return replace(then, tags=deleted.without(now.group_id, now.tags, then.tags))


def _done_at(undo: Undo) -> datetime:
    return instant_of(undo.expires_at) - timedelta(days=UNDO_DAYS)


def _restore_merged_item(
    writing: WriteTransaction, before: Item, parts: Sequence[str], present: dict[str, Item]
) -> bool:
    """Add an item that a merge has taken away. `parts` are its annotations that kept their ids in the merged item."""
    if before.id in present:
        return False
    ids = tuple(annotation_and_reply_ids(before))
    # The merged item has already given these parts back, unless another user has changed them there.
    taken = writing.items.taken_annotation_ids(ids)
    annotations = tuple(
        replace(annotation, replies=tuple(reply for reply in annotation.replies if reply.id not in taken))
        for annotation in before.annotations
        if annotation.id not in taken
    )
    item = replace(before, annotations=annotations)
    writing.items.add([item], restored=True)
    # Parts hidden or removed meanwhile belong to this item again, and can be restored there.
    writing.item_merges.return_references(item.id, [id_ for id_ in dict.fromkeys((*ids, *parts)) if id_ not in taken])
    return True


def _undo_tag_changes(writing: WriteTransaction, actor: Actor, undo: Undo) -> tuple[list[str], int]:
    tag_changes, deleted = undo.tag_changes, DeletedTags(writing, _done_at(undo))
    present = writing.tag_assignments.tags_of(change.item_id for change in tag_changes)
    groups = writing.groups.by_ids({group_id for group_id, _ in present.values()})
    allowed = {id_ for id_, group in groups.items() if is_allowed(actor, Action.CONTRIBUTE, group)}
    back: list[TagsChange] = []
    for change in tag_changes:
        group_id, now = present.get(change.item_id, ("", ()))
        then = deleted.without(group_id, now, revert_tags(now, change.before, change.after))
        if group_id in allowed and then != now:
            back.append(TagsChange(change.item_id, now, then))
    writing.tag_assignments.set_tags({change.item_id: change.after for change in back})
    writing.changes.record_edits(actor.user_id, tag_changes=back)
    return [change.item_id for change in back], len(tag_changes) - len(back)


def _restore_from_trash(writing: WriteTransaction, actor: Actor, trashed: Sequence[str]) -> tuple[list[str], int]:
    """Restore items that the action moved to the trash; items deleted permanently, or restored already, stay so."""
    by_id = writing.moderation.removals_by_ids(trashed)
    groups = writing.groups.by_ids({removal.group_id for removal in by_id.values()})
    present = writing.items.any_of(removal.item_id for removal in by_id.values())
    removals = [
        removal
        for removal in map(by_id.get, trashed)
        if removal is not None
        and removal.item_id not in present
        and is_allowed(actor, Action.CONTRIBUTE, groups[removal.group_id])
    ]
    restored = list(zip(removals, writing.moderation.removed_contents(removals), strict=True))
    items = with_free_ids(writing, [content.item for _, content in restored if content.item is not None])
    writing.items.add(items, restored=True)
    writing.moderation.delete_removals([removal.id for removal in removals])
    log_restorations(writing, actor, restored)
    return [item.id for item in items], len(trashed) - len(items)


def _undo_list_changes(writing: WriteTransaction, actor: Actor, changes: Sequence[ListChange]) -> tuple[list[str], int]:
    """Undo changes of lists that the actor may still change: the ids of the restored lists, and how many stay."""
    done: list[str] = []
    for change in changes:
        now = writing.lists.by_id(change.before.id)
        if not _may_undo_list_change(writing, actor, now or change.before, was_removed=change.after is None):
            continue
        if change.after and change.after.group_id != change.before.group_id:
            # Others may have written in the group since: their words do not move to the library of one person.
            if now is None or now.version != change.after.version:
                continue
            if not _may_undo_list_change(writing, actor, change.before, was_removed=False):
                continue
        if change.after is None and now is None:
            writing.lists.add(change.before)
            done.append(change.before.id)
        elif (
            change.after is not None
            and now is not None
            and (then := revert_list(now, change.before, change.after)) != now
        ):
            writing.lists.update(replace(then, version=now.version + 1, changed_at=timestamp_now()))
            done.append(now.id)
    return done, len(changes) - len(done)


def _may_undo_list_change(writing: WriteTransaction, actor: Actor, item_list: ItemList, *, was_removed: bool) -> bool:
    """Whether the actor may still change a list; its creator and moderators may restore a deleted one."""
    group = writing.groups.by_id(item_list.group_id)
    is_own = item_list.owner is not None and item_list.owner.id == actor.user_id
    if group is None or (item_list.private and not is_own):
        return False
    return is_allowed(actor, Action.MODERATE if was_removed and not is_own else Action.CONTRIBUTE, group)


def _undo_search_changes(writing: WriteTransaction, actor: Actor, search_changes: Sequence[SavedSearchChange]) -> None:
    for change in search_changes:
        saved = writing.saved_searches.by_id(change.search_id)
        followed = writing.followed_searches.by_id(change.search_id) if saved is None else None
        if followed is not None and followed.parameters == change.after:
            writing.followed_searches.set_parameters(followed.id, change.before)
        if saved is None or saved.parameters != change.after:
            continue
        group = writing.groups.by_id(saved.group_id)
        if group is not None and is_allowed(actor, Action.CONTRIBUTE, group):
            writing.saved_searches.update_parameters(replace(saved, request=saved_request(change.before)))


def _log_undo(
    writing: WriteTransaction, actor: Actor, undo: Undo, changed_back: Iterable[str], tagged_back: Iterable[str]
) -> None:
    """Write one line for each group, with the number of its items that were changed back, or had their tags back.

    An item that goes back to another group counts in both. Users' own libraries are private: nothing is logged.
    """
    groups_of: dict[str, set[str]] = {}
    for change in undo.changed:
        for item in (change.before, change.after):
            if item is not None:
                groups_of.setdefault(item.id, set()).add(item.group_id)
    tagged = writing.tag_assignments.tags_of(tagged_back)
    counts = Counter(group_id for item_id in changed_back for group_id in groups_of.get(item_id, ()))
    counts.update(group_id for group_id, _ in tagged.values())
    for group in writing.groups.by_ids(counts).values():
        if not group.is_personal:
            write_audit_log(writing, actor, AuditEvent.UNDONE, group_id=group.id, detail=str(counts[group.id]))
