"""Undo of list edits: what has not changed since the action goes back, and later changes stay."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.model.items.item_list import ItemList
from kb.model.items.undo import ListChange
from kb.services.undo.three_way_merge import with_removed
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now


def undo_list_changes(writing: WriteTransaction, actor: Actor, changes: Sequence[ListChange]) -> tuple[list[str], int]:
    """Undo changes of lists that the actor may still change: the ids of the restored lists, and how many stay."""
    done: list[str] = []
    for one in changes:
        now = writing.outlines.by_id(one.before.id)
        if not _may_undo_list_change(writing, actor, now or one.before, was_removed=one.after is None):
            continue
        if one.after is None and now is None:
            writing.outlines.add(one.before)
            done.append(one.before.id)
        elif one.after is not None and now is not None and (then := revert_list(now, one.before, one.after)) != now:
            writing.outlines.update(replace(then, version=now.version + 1, changed_at=timestamp_now()))
            done.append(now.id)
    return done, len(changes) - len(done)


def _may_undo_list_change(writing: WriteTransaction, actor: Actor, item_list: ItemList, *, was_removed: bool) -> bool:
    """Whether the actor may still change a list; its creator and moderators may restore a deleted one."""
    group = writing.groups.by_ids([item_list.group_id]).get(item_list.group_id)
    is_own = item_list.owner is not None and item_list.owner.id == actor.user_id
    if group is None or (item_list.private and not is_own):
        return False
    return is_allowed(actor, Action.MODERATE if was_removed and not is_own else Action.CONTRIBUTE, group)


def revert_list(now: ItemList, before: ItemList, after: ItemList) -> ItemList:
    """A list as it was before the action that changed `before` to `after`, with later changes kept."""
    own = {
        name: getattr(before, name)
        for name in ("name", "description", "private")
        if getattr(now, name) == getattr(after, name)
    }
    if now.entries == after.entries:
        return replace(now, **own, entries=before.entries)
    old, new = {one.id: one for one in before.entries}, {one.id: one for one in after.entries}
    kept = [
        old[one.id] if one.id in old and one == new.get(one.id) else one
        for one in now.entries
        if one.id in old or one.id not in new
    ]
    return replace(now, **own, entries=tuple(with_removed(kept, before.entries, new.keys())))
