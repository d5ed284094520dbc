"""The press review of a list: draft lists of selected results, and what is chosen for the review."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import NotFound
from kb.model.ids import new_id
from kb.model.items.item_list import (
    ItemList,
    ItemPart,
    ListEntry,
    ListEntryKind,
    checked_list_description,
    checked_list_name,
)
from kb.services.core.library import Library
from kb.services.items.item_creation import author_of_actor, writable_groups
from kb.services.lists.list_additions import entries_of_item_parts
from kb.services.lists.list_rights import editable_list
from kb.services.lists.lists import ListChanged, ListEditResult, save_list
from kb.services.lists.press_review import PressReviewOptions
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

MOST_CHOSEN = 5_000
"""Passages and comments that one form chooses; further ones are ignored."""


@dataclass(frozen=True, slots=True)
class ReviewChange:
    """What the form of a press review changes in its list: `options` with its name and its description.

    The items `left_out` leave the list. `selected` are the ids of the passages and comments that are selected, of each
    item with boxes; ids of anything else are ignored. `gives_up`: each item has its first passages again. `keeps`: the
    list is no draft any more.
    """

    options: PressReviewOptions
    version: int
    left_out: Collection[str]
    selected: Mapping[str, Sequence[str]]
    gives_up: bool = False
    keeps: bool = False


def draft_list(
    library: Library, actor: Actor, options: PressReviewOptions, parts: Iterable[ItemPart], list_id: str = ""
) -> ItemList:
    """A draft of a press review: a list of the actor alone, in their own library if they have one, that holds these
    items and annotations.

    A draft of the id `list_id` that the actor may change is filled again instead: what is selected no more leaves it,
    and its title, introduction and settings stay. Raises LoginNeeded, Forbidden, Invalid.
    """
    require_signed_in_user(actor)
    home = next(iter(writable_groups(library, actor)), None)
    with library.store.write() as writing:
        entries = entries_of_item_parts(writing, actor, _by_item(parts))
        if list_id and (item_list := _draft(writing, actor, list_id)):
            filled = replace(item_list, entries=_filled_again(item_list.entries, entries))
            return save_list(writing, actor, item_list, filled).item_list
        home = require_permission(actor, Action.CONTRIBUTE, home)
        now = timestamp_now()
        drafted = ItemList(
            new_id(),
            home.id,
            author_of_actor(actor),
            checked_list_name(options.title),
            checked_list_description(options.introduction),
            private=True,
            created_at=now,
            changed_at=now,
            entries=entries,
            draft=True,
            review=options.settings,
        )
        writing.lists.add(drafted)
    return drafted


def change_review(library: Library, actor: Actor, list_id: str, change: ReviewChange) -> ListEditResult:
    """Change the press review of a list. Raises NotFound, LoginNeeded, Forbidden, Invalid; ListChanged if another user
    has changed the title or the introduction since `version`.
    """
    options = change.options
    name, description = checked_list_name(options.title), checked_list_description(options.introduction)
    with library.store.write() as writing:
        item_list, _ = editable_list(writing, actor, list_id)
        is_renamed = (name, description) != (item_list.name, item_list.description)
        if change.version != item_list.version and is_renamed and not item_list.draft:
            raise ListChanged(item_list)
        chosen = _known_annotation_ids(writing, change.selected)
        entries = (_changed_entry(entry, change, chosen) for entry in item_list.entries)
        after = replace(
            item_list,
            name=name,
            description=description,
            review=options.settings,
            entries=tuple(entry for entry in entries if entry is not None),
            draft=item_list.draft and not change.keeps,
        )
        return save_list(writing, actor, item_list, after)


def _known_annotation_ids(reading: ReadSnapshot, chosen: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Those ids of each item that are ids of its annotations."""
    every = islice(dict.fromkeys(chain.from_iterable(chosen.values())), MOST_CHOSEN)
    items = reading.items.taken_annotation_ids(every)
    return {
        item_id: tuple(part_id for part_id in dict.fromkeys(part_ids) if items.get(part_id) == item_id)
        for item_id, part_ids in chosen.items()
    }


def _changed_entry(entry: ListEntry, change: ReviewChange, chosen: Mapping[str, tuple[str, ...]]) -> ListEntry | None:
    """The entry after the change; None if it leaves the list."""
    ticked = chosen.get(entry.item_id or "")
    if entry.item_id in change.left_out:
        return None
    if ticked is None:
        return replace(entry, chosen=None) if change.gives_up else entry
    if entry.kind is ListEntryKind.PASSAGE:
        return entry if entry.annotation_id in ticked else None
    return replace(entry, chosen=ticked)


def _draft(writing: WriteTransaction, actor: Actor, list_id: str) -> ItemList | None:
    try:
        item_list, _ = editable_list(writing, actor, list_id)
    except NotFound:
        return None
    return item_list if item_list.draft else None


def _by_item(parts: Iterable[ItemPart]) -> Iterable[ItemPart]:
    """The parts of each item one after the other, the whole item first."""
    grouped: dict[str, list[ItemPart]] = {}
    for part in parts:
        grouped.setdefault(part[0], []).append(part)
    return (part for of_item in grouped.values() for part in sorted(of_item, key=lambda part: part[1] is not None))


def _filled_again(entries: Iterable[ListEntry], selected: tuple[ListEntry, ...]) -> tuple[ListEntry, ...]:
    """The entries that are still selected and all headings and texts, in their order, then what is new."""
    wanted = {(entry.item_id, entry.annotation_id): entry for entry in selected}
    kept = tuple(entry for entry in entries if entry.item_id is None or (entry.item_id, entry.annotation_id) in wanted)
    for entry in kept:
        wanted.pop((entry.item_id, entry.annotation_id), None)
    return (*kept, *wanted.values())
