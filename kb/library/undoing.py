"""Undoing: what an act has changed becomes again what it was, but for what somebody has changed since.

An act remembers the items before and after it (`remember`); undoing it is a merge of three texts for each item: what is
still as the act left it goes back, what has changed since stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from kb.access.actor import Action, Actor
from kb.access.rules import may, require_person
from kb.errors import NotFound
from kb.library.binning import note_restored, put_in_bin, with_free_ids
from kb.library.changing import changing
from kb.library.filling import is_same_but_for_page
from kb.library.opening import Library
from kb.library.relisting import relist
from kb.model.annotation import Annotation, Reply
from kb.model.ids import new_id
from kb.model.item import Item
from kb.model.saved_search import request_of
from kb.model.undo import Changed, Relisted, Retagged, Reworded, Undo
from kb.store import Reading, Writing
from kb.store.instants import instant_in, this_instant

_MOST_IDS = 100
DAYS = 1.0
"""For how long something can be undone."""
_KEPT = frozenset({"id", "order", "tags", "annotations", "views", "changed_at", "version"})
"""Fields of an item that are not simply put back: some are merged, the others are nobody's to undo."""
_GONE = "There is nothing to undo here any more."

Part = TypeVar("Part", Annotation, Reply)


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did: how many items are as they were before, and how many stay as somebody has changed them since.

    `item_ids` are those that are in the library now, a hundred at most; `list_ids`, those of lists.
    """

    done: int
    stayed: int
    item_ids: tuple[str, ...]
    list_ids: tuple[str, ...] = ()


def remember(
    writing: Writing,
    actor: Actor,
    *,
    changed: Iterable[Changed] = (),
    retagged: Iterable[Retagged] = (),
    relisted: Iterable[Relisted] = (),
    reworded: Iterable[Reworded] = (),
    binned: Iterable[str] = (),
    part_of: str | None = None,
) -> str | None:
    """The id by which an act can be undone, kept in its own transaction; None where nothing has changed.

    `part_of` is the id of what the same act has changed before, in another transaction: both are undone by it. Only
    people undo: whoever runs the base has backups.
    """
    if actor.user_id is None:
        return None
    undo = Undo(
        new_id(),
        actor.user_id,
        instant_in(days=DAYS),
        tuple(changed),
        tuple(retagged),
        tuple(relisted),
        tuple(reworded),
        tuple(binned),
    )
    if not (undo.changed or undo.retagged or undo.relisted or undo.reworded or undo.binned):
        return part_of
    writing.undos.add(undo)
    first = writing.undos.by_id(part_of) if part_of else None
    if first is None:
        return undo.id
    writing.undos.rewrite(replace(first, parts=(*first.parts, undo.id)))
    return first.id


def can_undo(library: Library, actor: Actor, undo_id: str) -> bool:
    """Whether there is something of the asker's to undo by this id."""
    with library.store.read() as reading:
        undo = reading.undos.by_id(undo_id)
    return undo is not None and undo.user_id == actor.user_id and undo.expires_at > this_instant()


def undo(library: Library, actor: Actor, undo_id: str) -> Undone:
    """Undo one act of the asker's, once.

    Raises SignInNeeded; NotFound for what is somebody else's, over, or undone already. What lies in groups where the
    asker may no longer contribute stays as it is.
    """
    require_person(actor)
    with library.store.read() as reading:
        parts = _undoable(reading, actor, undo_id).parts
    each = [one for part in parts if (one := _undo_part(library, actor, part)) is not None]
    with changing(library, actor) as writing:
        each.append(_undo_one(writing, actor, _undoable(writing, actor, undo_id)))
    ids = tuple(id_ for one in each for id_ in one.item_ids)
    lists = tuple(id_ for one in each for id_ in one.list_ids)
    return Undone(sum(one.done for one in each), sum(one.stayed for one in each), ids[:_MOST_IDS], lists)


def _undoable(reading: Reading, actor: Actor, undo_id: str) -> Undo:
    found = reading.undos.by_id(undo_id)
    if found is None or found.user_id != actor.user_id or found.expires_at <= this_instant():
        raise NotFound(_GONE)
    return found


def _undo_part(library: Library, actor: Actor, part_id: str) -> Undone | None:
    """Undo a part of a great act; None for one that was undone already, before something went wrong."""
    with changing(library, actor) as writing:
        found = writing.undos.by_id(part_id)
        return None if found is None else _undo_one(writing, actor, found)


def _undo_one(writing: Writing, actor: Actor, found: Undo) -> Undone:
    undone, stayed = _put_back(writing, actor, found)
    tags_done, tags_stayed = _retag(writing, actor, found.retagged)
    came_back, out = _out_of_bin(writing, actor, found.binned)
    lists, lists_stayed = relist(writing, actor, found.relisted)
    _say_again(writing, actor, found.reworded)
    writing.undos.drop([found.id])
    ids = (*undone, *tags_done, *came_back)
    left = stayed + tags_stayed + out + lists_stayed
    return Undone(len(ids) + len(lists), left, ids[:_MOST_IDS], tuple(lists))


def reverted(now: Item, before: Item, after: Item) -> Item:
    """An item as it was before an act which made it what is `after`, but for what has changed since."""
    own = {
        name: getattr(before, name)
        for name in (field.name for field in fields(Item) if field.name not in _KEPT)
        if getattr(now, name) == getattr(after, name)
    }
    return replace(
        now,
        **own,
        tags=tags_reverted(now.tags, before.tags, after.tags),
        annotations=_parts_reverted(now.annotations, before.annotations, after.annotations),
    )


def tags_reverted(now: Sequence[str], before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Tags as they were before an act, but for those that were added or taken away since."""
    if tuple(now) == tuple(after):
        return tuple(before)
    added, dropped = set(after) - set(before), set(before) - set(after)
    kept = [tag for tag in now if tag not in added]
    return (*kept, *(tag for tag in before if tag in dropped and tag not in kept))


def _put_back(writing: Writing, actor: Actor, found: Undo) -> tuple[list[str], int]:
    """Undo what is kept as whole items: the ids of those that are as they were, and how many others stay."""
    ids = [one.id for pair in found.changed for one in (pair.before, pair.after) if one is not None]
    present = writing.items.any_of(dict.fromkeys(ids))
    named = {one.group_id for pair in found.changed for one in (pair.before, pair.after) if one is not None}
    groups = writing.groups.by_ids(named | {one.group_id for one in present.values()})
    allowed = {id_ for id_, group in groups.items() if may(actor, Action.CONTRIBUTE, group)}
    done: list[str] = []
    updates: list[Item] = []
    again: list[Item] = []
    stayed = 0
    for pair in found.changed:
        now = present.get(pair.after.id) if pair.after is not None else None
        # Somebody may have moved it since, to where the asker has no say.
        here = {one.group_id for one in (pair.before, pair.after, now) if one is not None}
        if not here <= allowed:
            stayed += 1
        elif pair.before is None and pair.after is not None:
            gone = _take_away(writing, actor, now, pair.after)
            stayed += not gone
        elif pair.before is not None and pair.after is None:
            again.append(pair.before)
        elif pair.before is not None and pair.after is not None:
            then = _back_in_place(now, pair.before, pair.after) if now is not None else None
            if then is None or then == now:
                stayed += 1
            else:
                updates.append(then)
                done.append(then.id)
    writing.items.update(updates)
    back = [item.id for item in again if _add_again(writing, item, present)]
    return done + back, stayed + len(again) - len(back)


def _back_in_place(now: Item, before: Item, after: Item) -> Item | None:
    """An item as it was before an act. Words that were added where it was moved to do not go back with it."""
    if before.group_id != after.group_id and replace(now, views=after.views) != after:
        return None
    return reverted(now, before, after)


def _take_away(writing: Writing, actor: Actor, now: Item | None, after: Item) -> bool:
    """Put an item that the act has added in the bin, if nobody has done anything with it since."""
    if now is None or not is_same_but_for_page(now, after):
        return False
    put_in_bin(writing, actor, now, DAYS)
    return True


def _add_again(writing: Writing, before: Item, present: dict[str, Item]) -> bool:
    """Add an item that the act has taken away; its parts may be another's by now."""
    if before.id in present:
        return False
    ids = [id_ for one in before.annotations for id_ in (one.id, *(reply.id for reply in one.replies))]
    # What took them over has given them back by now, unless somebody has changed them there.
    taken = writing.items.taken_annotation_ids(ids)
    kept = tuple(one for one in before.annotations if one.id not in taken)
    item = replace(before, annotations=kept)
    writing.items.add([item])
    writing.merging.part([item])
    return True


def _retag(writing: Writing, actor: Actor, retagged: Sequence[Retagged]) -> tuple[list[str], int]:
    present = writing.tagging.tags_of(one.item_id for one in retagged)
    groups = writing.groups.by_ids({group_id for group_id, _ in present.values()})
    allowed = {id_ for id_, group in groups.items() if may(actor, Action.CONTRIBUTE, group)}
    tags: dict[str, tuple[str, ...]] = {}
    for one in retagged:
        group_id, now = present.get(one.item_id, ("", ()))
        then = tags_reverted(now, one.before, one.after)
        if group_id in allowed and then != now:
            tags[one.item_id] = then
    writing.tagging.set_tags(tags)
    return list(tags), len(retagged) - len(tags)


def _out_of_bin(writing: Writing, actor: Actor, binned: Sequence[str]) -> tuple[list[str], int]:
    """Put back what the act put in the bin; what is gone for good, or back already, stays so."""
    items: list[Item] = []
    for aside_id in binned:
        aside = writing.moderation.aside(aside_id)
        taken = writing.moderation.taken(aside) if aside is not None else None
        if aside is None or taken is None or taken.item is None or writing.items.any_of([aside.item_id]):
            continue
        group = writing.groups.by_ids([aside.group_id])[aside.group_id]
        if may(actor, Action.CONTRIBUTE, group):
            item = with_free_ids(writing, taken.item)
            writing.items.add([item])
            writing.moderation.drop_aside([aside.id])
            note_restored(writing, actor, aside, taken)
            items.append(item)
    return [one.id for one in items], len(binned) - len(items)


def _say_again(writing: Writing, actor: Actor, reworded: Sequence[Reworded]) -> None:
    """Give saved searches their words of before, where nobody has saved them otherwise since."""
    for one in reworded:
        saved = writing.saved_searches.by_id(one.search_id)
        if saved is None or saved.parameters != one.after:
            continue
        group = writing.groups.by_ids([saved.group_id]).get(saved.group_id)
        if group is not None and may(actor, Action.CONTRIBUTE, group):
            writing.saved_searches.reword(replace(saved, request=request_of(one.before)))


def _parts_reverted(now: Sequence[Part], before: Sequence[Part], after: Sequence[Part]) -> tuple[Part, ...]:
    """Annotations, or replies, as they were before an act, but for what was changed since."""
    was, became = {one.id: one for one in before}, {one.id: one for one in after}
    kept: list[Part] = []
    for one in now:
        if one.id in became and one.id not in was:
            # Added by the act: it goes, unless somebody has changed it or answered it since.
            if one != became[one.id]:
                kept.append(one)
        elif one.id in was and one.id in became:
            kept.append(_part_reverted(one, was[one.id], became[one.id]))
        else:
            kept.append(one)
    here = {one.id for one in kept}
    for place, one in enumerate(before):
        if one.id not in became and one.id not in here:
            earlier = {other.id for other in before[:place]}
            at = max((index + 1 for index, other in enumerate(kept) if other.id in earlier), default=0)
            kept.insert(at, one)
    return tuple(kept)


def _part_reverted(now: Part, before: Part, after: Part) -> Part:
    if now == after:
        return before
    own = {
        field.name: getattr(before, field.name)
        for field in fields(now)
        if field.name != "replies" and getattr(now, field.name) == getattr(after, field.name)
    }
    if isinstance(now, Annotation) and isinstance(before, Annotation) and isinstance(after, Annotation):
        return replace(now, **own, replies=_parts_reverted(now.replies, before.replies, after.replies))
    return replace(now, **own)
