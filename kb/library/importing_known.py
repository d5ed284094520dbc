"""What an import knows of the base: the items that its drafts may be, found a batch at a time, never one by one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kb.library.importing_titles import Stems, is_cut_of, stem_of
from kb.model.address import canonical_url
from kb.model.draft import ItemDraft
from kb.model.group import Group
from kb.model.item import Item
from kb.store import Reading


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft with the group that it goes to, and its address as it is compared."""

    draft: ItemDraft
    group: Group
    address: str | None


class Known:
    """Items by all that they can be known by, as they are in the base and as this import has made them."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._before: dict[str, Item | None] = {}
        """What is in the base, of each item that this batch made or changed."""
        self._by_address: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._by_title: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._wanted: defaultdict[str, Stems] = defaultdict(Stems)
        """By group: the stems of the drafts' cut titles, with the items that begin so."""
        self._cut: dict[str, Stems] = {}
        """By group: the items whose own titles are cut."""
        self._taken: set[str] = set()
        self._newest = -1

    def look_up(self, batch: Sequence[Placed], reading: Reading) -> None:
        """Fetch all that the drafts of a batch may be."""
        if reading.changes.newest() != self._newest:
            # Somebody else has written since.
            self._cut.clear()
        self._fetch((one.draft.id for one in batch if one.draft.id), reading)
        for group_id, placed in _by_group(one for one in batch if one.draft.id not in self._items).items():
            self._look_up_addresses(group_id, placed, reading)
            rest = [one for one in placed if one.address is None or (group_id, one.address) not in self._by_address]
            if rest:
                self._look_up_titles(group_id, [one.draft.title for one in rest if one.draft.title], reading)
        wanted = {one for placed in batch for one in _annotation_ids(placed.draft)}
        if wanted:
            self._taken.update(reading.items.taken_annotation_ids(wanted))

    def by_id(self, item_id: str | None) -> Item | None:
        """The item with this id, in whatever group."""
        return self._items.get(item_id) if item_id is not None else None

    def alike(self, placed: Placed, is_sharer: Callable[[Item], bool]) -> Item | None:
        """The item of the group that a draft is: by address, else by title and sharer, whole or cut.

        Two addresses are two items, whatever their titles. A cut title that may be any of several is none of them.
        """
        group_id, title = placed.group.id, placed.draft.title
        if placed.address is not None:
            for item in self._of(self._by_address.get((group_id, placed.address), ())):
                if canonical_url(item.url) == placed.address:
                    return item

        def may_be(item: Item) -> bool:
            return (placed.address is None or canonical_url(item.url) is None) and is_sharer(item)

        if not title:
            return None
        same = (item for item in self._of(self._by_title.get((group_id, title), ())) if item.title == title)
        for item in same:
            if may_be(item):
                return item
        return self._cut_alike(group_id, title, may_be)

    def is_taken(self, annotation_id: str) -> bool:
        """Whether an annotation or a reply has this id."""
        return annotation_id in self._taken

    def take(self, annotation_id: str) -> None:
        """Give an id to an annotation."""
        self._taken.add(annotation_id)

    def hold(self, item: Item) -> None:
        """Remember what an item has become."""
        self._before.setdefault(item.id, self._items.get(item.id))
        self._remember(item)

    def is_changed(self, item_id: str) -> bool:
        """Whether this batch left an item other than it was."""
        return item_id in self._before and self._before[item_id] != self._items[item_id]

    def added(self) -> list[Item]:
        """The items that this batch made."""
        return [self._items[item_id] for item_id, before in self._before.items() if before is None]

    def changed(self) -> list[Item]:
        """The items of the base that this batch changed."""
        return [
            self._items[item_id]
            for item_id, before in self._before.items()
            if before is not None and before != self._items[item_id]
        ]

    def settle(self, reading: Reading, *, keep: bool) -> None:
        """End a batch. `keep`: it was not written, and must be remembered here."""
        self._before.clear()
        self._newest = reading.changes.newest()
        if not keep:
            for found in (self._items, self._by_address, self._by_title, self._wanted, self._taken):
                found.clear()

    def _cut_alike(self, group_id: str, title: str, may_be: Callable[[Item], bool]) -> Item | None:
        stem = stem_of(title)
        if stem is not None:
            whole = (item for item in self._of(self._wanted[group_id].ids_of(stem)) if is_cut_of(title, item.title))
            candidates = [item for item in whole if stem_of(item.title) is None and may_be(item)]
            return candidates[0] if len(candidates) == 1 else None
        cut = self._cut.get(group_id)
        ids = (item_id for start in cut.beginning(title) for item_id in cut.ids_of(start)) if cut else ()
        return next((item for item in self._of(ids) if is_cut_of(item.title, title) and may_be(item)), None)

    def _of(self, ids: Iterable[str]) -> Iterable[Item]:
        return (self._items[item_id] for item_id in ids)

    def _fetch(self, ids: Iterable[str], reading: Reading) -> None:
        self._learn(reading.items.any_of(dict.fromkeys(one for one in ids if one not in self._items)).values())

    def _look_up_addresses(self, group_id: str, batch: Sequence[Placed], reading: Reading) -> None:
        addresses = {one.address for one in batch if one.address is not None}
        if addresses:
            self._learn(reading.items.with_addresses(group_id, addresses).values())

    def _look_up_titles(self, group_id: str, titles: Sequence[str], reading: Reading) -> None:
        self._learn(reading.items.with_titles(group_id, set(titles)))
        wanted = self._wanted[group_id]
        for stem in {stem for title in titles if (stem := stem_of(title)) is not None and stem not in wanted}:
            wanted.add(stem, *(item.id for item in self._items.values() if _begins(item, group_id, stem)))
            self._learn(reading.items.with_title_start(group_id, stem))
        if group_id not in self._cut:
            cut = self._cut[group_id] = Stems()
            for item in (*reading.items.with_cut_titles(group_id), *self._items.values()):
                if item.group_id == group_id and (stem := stem_of(item.title)) is not None:
                    cut.add(stem, item.id)
        cut = self._cut[group_id]
        self._fetch((one for title in titles for stem in cut.beginning(title) for one in cut.ids_of(stem)), reading)

    def _learn(self, items: Iterable[Item]) -> None:
        """Remember items of the base, but not what this import has changed since."""
        for item in items:
            if item.id not in self._items:
                self._remember(item)

    def _remember(self, item: Item) -> None:
        self._items[item.id] = item
        address = canonical_url(item.url)
        if address is not None:
            _add(self._by_address[item.group_id, address], item.id)
        if item.title:
            _add(self._by_title[item.group_id, item.title], item.id)
            for start in self._wanted[item.group_id].beginning(item.title):
                self._wanted[item.group_id].add(start, item.id)
            stem = stem_of(item.title)
            if stem is not None and item.group_id in self._cut:
                self._cut[item.group_id].add(stem, item.id)


def _add(ids: list[str], item_id: str) -> None:
    if item_id not in ids:
        ids.append(item_id)


def _begins(item: Item, group_id: str, stem: str) -> bool:
    return item.group_id == group_id and item.title is not None and item.title.startswith(stem)


def _by_group(batch: Iterable[Placed]) -> dict[str, list[Placed]]:
    groups: defaultdict[str, list[Placed]] = defaultdict(list)
    for one in batch:
        groups[one.group.id].append(one)
    return groups


def _annotation_ids(draft: ItemDraft) -> Iterable[str]:
    for annotation in draft.annotations:
        if annotation.id:
            yield annotation.id
        yield from (reply.id for reply in annotation.replies if reply.id)
