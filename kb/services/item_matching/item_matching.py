"""Find the existing items that imported drafts may match: one query for each batch, never one for each draft."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kb.model.items.import_draft import ItemDraft
from kb.model.items.item import Item
from kb.model.items.undo import ItemChange
from kb.model.people.group import Group
from kb.model.people.user import User, is_same_person
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.item_matching.truncated_titles import (
    MOST_ALIKE,
    TitleStems,
    ids_of_start,
    is_truncation_of,
    truncated_title_stem,
)
from kb.store import ReadSnapshot

_TitleKey: TypeAlias = tuple[str, str, str | None]
"""A group, a title, and the login of the sharer."""

_MOST_CHANGES = 1_000


@dataclass(frozen=True, slots=True)
class PlacedDraft:
    """A draft with its group, and its address in the form to compare."""

    draft: ItemDraft
    group: Group
    address: str | None


class KnownItems:
    """Items by all keys that a draft can match: those of the database, and those that this import has changed."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._before: dict[str, Item | None] = {}
        """The stored version of each item that this batch created or changed."""
        self._by_address: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._by_title: defaultdict[_TitleKey, dict[str, None]] = defaultdict(dict)
        self._without_address: defaultdict[_TitleKey, dict[str, None]] = defaultdict(dict)
        """By title too. A great many items of other addresses may have the same, and are none of them."""
        self._of_files: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        """By group and title: items that the files of one library have made, of which some name no sharer."""
        self._stems_by_group: defaultdict[str, TitleStems] = defaultdict(TitleStems)
        """By group: the stems of the drafts' truncated titles, with the items that begin so."""
        self._cut: dict[str, TitleStems] = {}
        """By group: the items whose own titles are cut."""
        self._used_part_ids: set[str] = set()
        self._newest = -1

    def look_up(self, batch: Sequence[PlacedDraft], reading: ReadSnapshot) -> None:
        """Fetch all items that the drafts of a batch may match."""
        changes = reading.changes.since(self._newest, _MOST_CHANGES)
        if len(changes) == _MOST_CHANGES:
            self._cut.clear()
        elif changes and self._cut:
            for item in reading.items.any_of(change.item_id for change in changes).values():
                self._remember_if_truncated(item)
        self._fetch((placed.draft.id for placed in batch if placed.draft.id), reading)
        for group_id, drafts in drafts_by_group(placed for placed in batch if self.by_id(placed) is None).items():
            addresses = {placed.address for placed in drafts if placed.address is not None}
            self._learn(reading.items.with_addresses(group_id, addresses).values() if addresses else ())
            rest = [
                placed
                for placed in drafts
                if placed.address is None or (group_id, placed.address) not in self._by_address
            ]
            self._look_up_titles(group_id, [placed for placed in rest if placed.draft.title], reading)
        part_ids = {part_id for placed in batch for part in placed.draft.parts if (part_id := part.id)}
        if part_ids:
            self._used_part_ids.update(reading.items.taken_annotation_ids(part_ids))

    def by_id(self, placed: PlacedDraft) -> Item | None:
        """The item of the group with a draft's id."""
        item = self._items.get(placed.draft.id) if placed.draft.id is not None else None
        return item if item is not None and item.group_id == placed.group.id else None

    def is_elsewhere(self, placed: PlacedDraft) -> bool:
        """Whether an item of another group has a draft's id."""
        return placed.draft.id in self._items and self.by_id(placed) is None

    def alike(self, placed: PlacedDraft, user: User | None) -> Item | None:
        """The item of the group that a draft matches: by address, otherwise by title and sharer, with full or truncated
        titles.

        Two addresses are two items, even with equal titles. A truncated title that fits several items matches none of
        them. Of the files of one library, some name no sharer, and others write the name otherwise: there, a title
        matches the only item that has it.
        """
        sharer = user.login if user else None
        group_id, title, address = placed.group.id, placed.draft.title, placed.address
        if address is not None:
            for item in map(self._items.__getitem__, self._by_address.get((group_id, address), ())):
                if canonical_url(item.url) == address:
                    return item
        if not title:
            return None

        def may_be(item: Item) -> bool:
            is_other = address is not None and canonical_url(item.url) is not None
            return not is_other and (_author_login(item) == sharer or _may_be_of_files(placed.draft, item, user))

        same = (self._by_title if address is None else self._without_address).get((group_id, title, sharer), ())
        for item in map(self._items.__getitem__, same):
            if item.title == title and may_be(item):
                return item
        if placed.draft.diigo_file is not None and len(ids := self._of_files.get((group_id, title), {})) <= MOST_ALIKE:
            items = [item for item in map(self._items.__getitem__, ids) if item.title == title and may_be(item)]
            if items:
                return items[0] if len(items) == 1 else None
        return self._match_truncated_title(group_id, title, may_be, is_diigo=placed.draft.diigo_file is not None)

    def is_used_annotation_id(self, annotation_id: str) -> bool:
        """Whether an annotation or a reply has this id."""
        return annotation_id in self._used_part_ids

    def take(self, annotation_id: str) -> None:
        """Mark an id as used by an annotation."""
        self._used_part_ids.add(annotation_id)

    def hold(self, item: Item) -> None:
        """Remember an item as this import has changed it."""
        self._before.setdefault(item.id, self._items.get(item.id))
        self._remember(item)

    def is_changed(self, item_id: str) -> bool:
        """Whether this batch has changed an item."""
        return item_id in self._before and self._before[item_id] != self._items[item_id]

    def changes(self) -> list[ItemChange]:
        """The items that this batch created and changed, before and after."""
        pairs = ((before, self._items[item_id]) for item_id, before in self._before.items())
        return [ItemChange(before, after) for before, after in pairs if before != after]

    def settle(self, reading: ReadSnapshot, *, keep: bool) -> None:
        """End a batch. `keep`: it was not written, so its items must be remembered here."""
        self._before.clear()
        self._newest = reading.changes.newest()
        if not keep:
            for lookup in (
                self._items,
                self._by_address,
                self._by_title,
                self._without_address,
                self._of_files,
                self._stems_by_group,
            ):
                lookup.clear()
            self._used_part_ids.clear()

    def _match_truncated_title(
        self, group_id: str, title: str, may_be: Callable[[Item], bool], *, is_diigo: bool
    ) -> Item | None:
        """`is_diigo`: a whole title of a library may end in an ellipsis too, which one of its files shortens."""
        stem = truncated_title_stem(title)
        if stem is not None:
            ids = self._stems_by_group[group_id].ids_of(stem)
            if len(ids) > MOST_ALIKE:
                return None
            whole = (item for item in map(self._items.__getitem__, ids) if is_truncation_of(title, item.title))
            candidates = [
                item for item in whole if (is_diigo or truncated_title_stem(item.title) is None) and may_be(item)
            ]
            if candidates or not is_diigo:
                return candidates[0] if len(candidates) == 1 else None
        cut = self._cut.get(group_id)
        shortened = map(self._items.__getitem__, cut.ids_beginning(title) if cut else ())
        return next((item for item in shortened if is_truncation_of(item.title, title) and may_be(item)), None)

    def _fetch(self, ids: Iterable[str], reading: ReadSnapshot) -> None:
        self._learn(reading.items.any_of(dict.fromkeys(id_ for id_ in ids if id_ not in self._items)).values())

    def _look_up_titles(self, group_id: str, batch: Sequence[PlacedDraft], reading: ReadSnapshot) -> None:
        titles = {placed.draft.title or "" for placed in batch}
        if not titles:
            return
        free = {placed.draft.title or "" for placed in batch if placed.address is None}
        self._learn(reading.items.with_titles(group_id, free))
        self._learn(reading.items.with_titles(group_id, titles - free, without_address=True))
        title_stems = self._stems_by_group[group_id]
        stems = {
            stem for title in titles if (stem := truncated_title_stem(title)) is not None and stem not in title_stems
        }
        here = (item for item in self._items.values() if item.group_id == group_id and stems)
        titles_and_ids = sorted((item.title, item.id) for item in here if item.title is not None)
        for stem in stems:
            title_stems.add(stem, *ids_of_start(titles_and_ids, stem))
            self._learn(reading.items.with_title_start(group_id, stem, MOST_ALIKE + 1))
        if group_id not in self._cut:
            self._cut[group_id] = TitleStems()
            for item in (*reading.items.with_truncated_titles(group_id), *self._items.values()):
                self._remember_if_truncated(item)
        cut = self._cut[group_id]
        self._fetch((item_id for title in titles for item_id in cut.ids_beginning(title)), reading)

    def _learn(self, items: Iterable[Item]) -> None:
        """Remember items of the database, but not those that this import has changed since."""
        for item in items:
            if item.id not in self._items:
                self._remember(item)

    def _remember(self, item: Item) -> None:
        self._items[item.id] = item
        address = canonical_url(item.url)
        if address is not None:
            self._by_address[item.group_id, address][item.id] = None
        if item.title:
            title = (item.group_id, item.title, _author_login(item))
            self._by_title[title][item.id] = None
            if address is None:
                self._without_address[title][item.id] = None
            if item.import_sources:
                self._of_files[item.group_id, item.title][item.id] = None
            for start in self._stems_by_group[item.group_id].stems_of_title(item.title):
                self._stems_by_group[item.group_id].add(start, item.id)
            self._remember_if_truncated(item)

    def _remember_if_truncated(self, item: Item) -> None:
        stem = truncated_title_stem(item.title)
        if stem is not None and item.group_id in self._cut:
            self._cut[item.group_id].add(stem, item.id)


def _author_login(item: Item) -> str | None:
    return item.author.login if item.author else None


def _may_be_of_files(draft: ItemDraft, item: Item, user: User | None) -> bool:
    """Whether a record of a file of a library may be an item that other files of it have made."""
    if draft.diigo_file is None or not item.import_sources:
        return False
    return item.author is None or user is None or is_same_person(item.author, user)


def drafts_by_group(batch: Iterable[PlacedDraft]) -> dict[str, list[PlacedDraft]]:
    """The drafts by the id of their group."""
    groups: defaultdict[str, list[PlacedDraft]] = defaultdict(list)
    for draft in batch:
        groups[draft.group.id].append(draft)
    return groups
