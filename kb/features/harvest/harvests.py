"""Harvest what everyone may read (OAI-PMH): records by date, a part at a time, and single records.

A record is dated when its transaction ends, and never before the clock of a harvest that did not see it. So a harvest
has all records up to its limit, `before`, which is fixed when it begins; a record that changes later gets a later date,
and is in the next harvest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kb.access.actor import ANONYMOUS, AccessScope, ReadableGroups
from kb.errors import NotFound, Unavailable
from kb.features.harvest.harvest_sets import HarvestSet, public_groups_by_id, tag_spec
from kb.features.harvest.records import HarvestRange, HarvestRecord, HarvestRecordsReading
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.services.core.library import INDEX_NOT_READY, Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now

COMMON = 5_000
"""Items with a tag from which on all records of the group are read in turn; a rarer tag has few items to list."""
BATCH = 20
"""Items in memory at a time: one item may have thousands of annotations."""
Position = tuple[str, str]
"""The position of a record in the order of a harvest: its date and the id of its item."""


@dataclass(frozen=True, slots=True)
class HarvestedRecord:
    """A record, with its item unless it is withdrawn, and the sets that are known to have it.

    `stamp` is an RFC 3339 instant. A record of a group that not everyone may read any more has no set.
    """

    item_id: str
    stamp: str
    specs: tuple[str, ...]
    item: Item | None

    @property
    def position(self) -> Position:
        return self.stamp, self.item_id


@dataclass(frozen=True, slots=True)
class Repository:
    """What a repository says of itself. `earliest` is the date of its first record, `authority` is part of its ids,
    and `identity` changes when the database is restored.
    """

    authority: str
    identity: str
    earliest: str


def harvest_repository(library: Library) -> Repository:
    with library.store.read() as reading:
        earliest = HarvestRecordsReading(reading.connection).earliest() or timestamp_now()
        authority = reading.meta.get("authority") or ""
        return Repository(authority, reading.meta.get("identity") or authority, earliest)


def harvest_limit(library: Library) -> str:
    """The limit of a harvest that begins now: after all records that are there, before all that are to come."""
    with library.store.read() as reading:
        return max(timestamp_now(), f"{HarvestRecordsReading(reading.connection).latest() or ''}~")


def harvest_range(library: Library, selected: HarvestSet | None, since: str | None, before: str) -> HarvestRange:
    """The records of a set, or of all, in a period. Raises Unavailable while the index is behind the database.

    The index is not asked for all items of a tag that many have: to name them takes longer than to read their records.
    """
    if selected is None:
        return HarvestRange(since, before)
    if selected.request is None:
        return HarvestRange(since, before, selected.group.id)
    if selected.tag is not None and _is_common(library, selected.request):
        return HarvestRange(since, before, selected.group.id, tag=selected.tag)
    with library.store.read() as reading:
        require_current_index(library, reading)
        newest = reading.changes.newest()
        readable = ReadableGroups.of(public_groups_by_id(reading).values())
    # A record that the index does not know yet would be missing from this harvest and be too old for the next one.
    if not wait_for_own_changes(library, replace(ANONYMOUS, last_change=newest)):
        raise Unavailable(INDEX_NOT_READY)
    result_ids = library.catalogue.search(selected.request.verbatim(), readable).ids()
    is_of_group = selected.request.group == (selected.group.slug,)
    return HarvestRange(since, before, selected.group.id if is_of_group else None, result_ids)


def _is_common(library: Library, request: SearchRequest) -> bool:
    """Whether so many items are found that reading records in their order soon meets some of them."""
    with library.store.read() as reading:
        readable = ReadableGroups.of(public_groups_by_id(reading).values())
    return library.catalogue.search(request.verbatim(), readable).count() >= COMMON


def harvest_size(library: Library, selected: HarvestRange) -> int | None:
    """The number of records of a range; None for a common tag, whose records would all be read."""
    if selected.tag is not None:
        return None
    with library.store.read() as reading:
        return HarvestRecordsReading(reading.connection).count(selected)


def harvested_records(
    library: Library, selected: HarvestRange, after: Position | None, limit: int
) -> Iterator[HarvestedRecord]:
    """At most `limit` records of a range after a position, with the rights of everyone at that moment."""
    with library.store.read() as reading:
        page = HarvestRecordsReading(reading.connection).page(selected, after, limit)
    for start in range(0, len(page), BATCH):
        batch = page[start : start + BATCH]
        with library.store.read() as reading:
            records = _records_with_items(reading, batch)
        yield from records


def harvested_record(library: Library, item_id: str) -> HarvestedRecord:
    """One record. Raises NotFound, with the same message for an item that was never public."""
    with library.store.read() as reading:
        record = HarvestRecordsReading(reading.connection).of_item(item_id)
        if record is None:
            raise NotFound("This item does not exist, or you may not read it.")
        return _records_with_items(reading, (record,))[0]


def _records_with_items(reading: ReadSnapshot, batch: tuple[HarvestRecord, ...]) -> tuple[HarvestedRecord, ...]:
    groups = public_groups_by_id(reading)
    live = (record.item_id for record in batch if not record.withdrawn)
    items = reading.items.beginnings(live, AccessScope(frozenset(groups)))
    return tuple(
        HarvestedRecord(record.item_id, record.stamp, _specs(groups.get(item.group_id), item.tags), item)
        if (item := items.get(record.item_id))
        else _withdrawn(record, groups)
        for record in batch
    )


def _withdrawn(record: HarvestRecord, groups: dict[str, Group]) -> HarvestedRecord:
    return HarvestedRecord(record.item_id, record.stamp, _specs(groups.get(record.public_group_id), ()), None)


def _specs(group: Group | None, tags: tuple[str, ...]) -> tuple[str, ...]:
    if group is None:
        return ()
    return (group.slug, *dict.fromkeys(filter(None, (tag_spec(group, tag) for tag in tags))))
