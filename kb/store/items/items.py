"""Items: reads within an access scope, look-ups for imports, and writes.

Every read for a user takes an AccessScope. Only `any_of`, and the look-ups of imports, which name their group, take
none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, false, func, insert, select, true, update

from kb.access.actor import AccessScope
from kb.errors import NotFound
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.item_budget import ItemSize, item_size
from kb.model.storable_text import is_storable
from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import prefix_upper_bound, run_compiled_select
from kb.store.database.database import BATCH, batches, in_savepoint, is_any_of
from kb.store.database.rows import Repository, bulk_write
from kb.store.groups.groups import mark_groups_changed
from kb.store.items.change_sequence import Changes
from kb.store.items.item_beginnings import beginnings_of_items, listed_annotations
from kb.store.items.item_rows import (
    ITEMS,
    MOST_VIEWS,
    RELATED_ROWS,
    item_values,
    items_with_annotations,
    replies_to,
    whole_items,
)
from kb.store.meta import Meta
from kb.store.tables.item_tables import HAS_TRUNCATED_TITLE, annotations, import_sources, item_sharers, item_tags, items
from kb.store.tables.moderation_tables import removed_content

# Expressions, here and below, so that SQLite looks up the rows and sorts them instead of walking through a group.
_AS_THEY_CAME = items.c.number + 0
_BY_ID = ITEMS.where(items.c.id.in_(bindparam("ids", expanding=True)))
_GROUP = items.c.group_id.concat("")
_READABLE = _BY_ID.where(_GROUP.in_(bindparam("groups", expanding=True)))
_ITEM_OF = (
    select(annotations.c.id, items.c.id)
    .join(items, items.c.number == annotations.c.item)
    .where(annotations.c.id.in_(bindparam("ids", expanding=True)))
)
_NEW = insert(items)
_REWRITE = update(items).where(items.c.number == bindparam("row"))
_NUMBERS_OF = select(items.c.id, items.c.number).where(items.c.id.in_(bindparam("ids", expanding=True)))
_GROUPS_OF = select(items.c.group_id).where(items.c.number.in_(bindparam("numbers", expanding=True))).distinct()
_NEWEST_REMOVED = "newest-removed-item"
"""The key, in the table `meta`, of the largest order of a removed item."""
_DELETE = delete(items).where(items.c.id.in_(bindparam("ids", expanding=True)))
_DELETE_RELATED_ROWS = [
    delete(table).where(table.c.item.in_(bindparam("numbers", expanding=True)))
    for table in (annotations, item_tags, item_sharers, import_sources)
]


class ItemsReading(Repository):
    """Items, in one transaction."""

    def visible(self, ids: Iterable[str], scope: AccessScope) -> dict[str, Item]:
        """Whole items by id, in the order asked; items that do not exist or are not readable are left out."""
        return self._by_id(ids, lambda batch: whole_items(self.connection, self._readable_rows(batch, scope)))

    def beginnings(self, ids: Iterable[str], scope: AccessScope) -> dict[str, Item]:
        """As `visible`, for listings: of an item with many or long texts only the beginning is read
        (`Item.annotation_count`).
        """
        return self._by_id(ids, lambda batch: beginnings_of_items(self.connection, self._readable_rows(batch, scope)))

    def counts_by_day(self, ids: Iterable[str], scope: AccessScope) -> tuple[tuple[str, int], ...]:
        """How many of these items, if readable, were added on each day (`YYYY-MM-DD`), the last day first."""
        counts = Counter[str]()
        day = func.substr(items.c.added, 1, 10)
        for batch in batches(ids):
            statement = select(day, func.count()).where(items.c.id.in_(batch), _readable(scope), func.length(day) == 10)
            counts.update({date: int(count) for date, count in self.connection.execute(statement.group_by(day))})
        return tuple(sorted(counts.items(), reverse=True))

    def with_order(self, order: int, scope: AccessScope) -> Item | None:
        """The item with this order; None if there is none, or it is not readable."""
        return next(iter(self._items_where(items.c.number == order, _readable(scope))), None)

    def any_of(self, ids: Iterable[str]) -> dict[str, Item]:
        """Whole items by id, without a check of read permission: only for the indexer and the import."""
        return self.visible(ids, AccessScope(everything=True))

    def of_annotations(self, annotation_ids: Iterable[str], scope: AccessScope) -> dict[str, Item]:
        """The item of each annotation (or reply), by the annotation's id; items that are not readable are left out."""
        item_of = self.taken_annotation_ids(annotation_ids)
        visible = self.visible(item_of.values(), scope)
        return {annotation_id: visible[item_id] for annotation_id, item_id in item_of.items() if item_id in visible}

    def with_annotations(self, annotation_ids: Iterable[str], scope: AccessScope) -> dict[str, Item]:
        """As `of_annotations`, but of its annotations an item has only those asked for, without their replies: a reply
        has its item alone.
        """
        item_of = self.taken_annotation_ids(annotation_ids)
        readable = self._with_annotations(item_of.values(), scope, list(item_of))
        return {annotation_id: readable[item_id] for annotation_id, item_id in item_of.items() if item_id in readable}

    def without_annotations(self, ids: Iterable[str], scope: AccessScope) -> dict[str, Item]:
        """Readable items by id, in the order asked, without their annotations."""
        return self._with_annotations(ids, scope, ())

    def annotation_counts(self, ids: Iterable[str]) -> dict[str, int]:
        """How many annotations, without replies, these items have; an item without any is left out."""
        counted = (
            select(items.c.id, func.count())
            .join(annotations, annotations.c.item == items.c.number)
            .where(annotations.c.parent_id.is_(None))
            .group_by(items.c.id)
        )
        return {item_id: int(count) for item_id, count in self._rows_with(counted, items.c.id, ids)}

    def _with_annotations(
        self, ids: Iterable[str], scope: AccessScope, annotation_ids: Sequence[str]
    ) -> dict[str, Item]:
        def read(batch: list[str]) -> list[Item]:
            rows = self.connection.execute(ITEMS.where(items.c.id.in_(batch), _readable(scope))).all()
            return items_with_annotations(self.connection, rows, annotation_ids)

        return self._by_id(dict.fromkeys(ids), read)

    def replies_to(self, annotation_id: str) -> tuple[Reply, ...]:
        """The replies to an annotation that the caller may read, in their order."""
        return replies_to(self.connection, annotation_id)

    def listed_annotations(self, part_ids: Iterable[str], known: Iterable[Item] = ()) -> dict[str, Annotation]:
        """Annotations for listings, each with its first replies; by the id of a reply, its annotation with this reply.

        Only for parts of items that the reader may read. What is in whole items among `known` is not read again.
        """
        return listed_annotations(self.connection, part_ids, known)

    def taken_annotation_ids(self, ids: Iterable[str]) -> dict[str, str]:
        """Of these ids, those that an annotation or a reply has, with the id of its item."""
        return dict(self._rows_of(_ITEM_OF, ids))

    def stream(self, scope: AccessScope, group_id: str | None = None) -> Iterator[Item]:
        """Every readable item, in the order of import; one page of them is in memory at a time."""
        readable = ITEMS.where(_readable(scope))
        if group_id is not None:
            pages = self._pages(readable.where(items.c.group_id == group_id))
        else:
            # For the next readable items of several groups, SQLite would sort all that remain, for each page.
            windows = self._pages(select(items.c.number))
            pages = (self._between(readable, window[0].number, window[-1].number) for window in windows)
        for rows in pages:
            yield from whole_items(self.connection, rows)

    def ids(self) -> Iterator[str]:
        """The id of every item, in the order of import."""
        for rows in self._pages(select(items.c.number, items.c.id)):
            for _, item_id in rows:
                yield item_id

    def ids_of_group(self, group_id: str) -> list[str]:
        """The id of every item of a group, in the order of import."""
        chosen = select(items.c.number, items.c.id).where(items.c.group_id == group_id)
        return [item_id for rows in self._pages(chosen) for _, item_id in rows]

    def ids_decided(self, group_id: str) -> list[str]:
        """The items of a group whose language was detected from their words, in the order of import."""
        decided = select(items.c.id).where(items.c.group_id == group_id, items.c.language_decided.is_(true()))
        return list(self.connection.execute(decided.order_by(items.c.number)).scalars())

    def readable_ids(self, ids: Iterable[str], scope: AccessScope) -> tuple[str, ...]:
        """Those of these ids that are ids of readable items, in their order, each once."""
        candidates = tuple(dict.fromkeys(filter(is_storable, ids)))
        readable = select(items.c.id).where(_readable(scope))
        readable_ids = {item_id for (item_id,) in self._rows_with(readable, items.c.id, candidates)}
        return tuple(word for word in candidates if word in readable_ids)

    def count(self, scope: AccessScope) -> int:
        """The number of readable items."""
        return self._number(select(func.count()).select_from(items).where(_readable(scope)))

    def changes(self, scope: AccessScope, first: int, limit: int) -> tuple[tuple[str, str | None], ...]:
        """The ids of readable items from a place in the order of import on, each with the time of its last change."""
        chosen = select(items.c.id, func.coalesce(items.c.changed_at, items.c.updated, items.c.added))
        rows = self.connection.execute(
            chosen.where(_readable(scope)).order_by(items.c.number).offset(first).limit(limit)
        )
        return tuple((item_id, changed_at) for item_id, changed_at in rows)

    def with_addresses(self, group_id: str, canonical_urls: Iterable[str]) -> dict[str, Item]:
        """Items of a group by canonical address; if several share one, the first imported."""
        by_address: dict[str, Item] = {}
        for batch in batches(canonical_urls):
            statement = ITEMS.add_columns(items.c.canonical_url).where(
                items.c.group_id == group_id, items.c.canonical_url.in_(batch)
            )
            rows = self.connection.execute(statement.order_by(_AS_THEY_CAME)).all()
            first: dict[str, Any] = {}
            for row in rows:
                first.setdefault(row.canonical_url, row)
            by_address |= zip(first, whole_items(self.connection, list(first.values())), strict=True)
        return by_address

    def at_address(self, canonical_url: str, group_ids: Iterable[str], limit: int) -> list[Item]:
        """Items of some groups that have a canonical address, or whose page declares it, `limit` at most.

        Items that have it come first, then in the order of import.
        """
        return list(self.any_of(self.ids_at_address(canonical_url, group_ids, limit)).values())

    def ids_at_address(self, canonical_url: str, group_ids: Iterable[str], limit: int) -> list[str]:
        """The ids of the items of `at_address`, in their order."""
        if not is_storable(canonical_url):
            return []
        here = is_any_of(items.c.group_id, filter(is_storable, group_ids))
        ids: dict[str, None] = {}
        for column in (items.c.canonical_url, items.c.linked_url):
            statement = select(items.c.id).where(here, column == canonical_url).order_by(_AS_THEY_CAME).limit(limit)
            ids |= dict.fromkeys(self.connection.execute(statement).scalars())
        return list(ids)[:limit]

    def ids_at_addresses(self, addresses: Iterable[str], group_ids: Iterable[str]) -> dict[str, list[str]]:
        """The ids of the items of some groups that have these canonical addresses, by address."""
        here = is_any_of(items.c.group_id, filter(is_storable, group_ids))
        ids: dict[str, list[str]] = {}
        statement = select(items.c.canonical_url, items.c.id).where(here)
        for address, id_ in self._rows_with(statement, items.c.canonical_url, addresses):
            ids.setdefault(str(address), []).append(str(id_))
        return ids

    def with_titles(self, group_id: str, titles: Iterable[str], *, without_address: bool = False) -> list[Item]:
        """Items of a group that have one of these exact titles, in the order of import.

        `without_address`: only items without an address; many others may have the same title.
        """
        condition = items.c.canonical_url.is_(None) if without_address else true()
        matches = [
            item
            for batch in batches(titles)
            for item in self._items_where(items.c.group_id == group_id, items.c.title.in_(batch), condition)
        ]
        return sorted(matches, key=lambda item: item.order)

    def with_title_start(self, group_id: str, start: str, limit: int | None = None) -> list[Item]:
        """The first `limit` items by title of a group whose title begins with `start`; none for an empty start."""
        if not start or not is_storable(start):
            return []
        end = prefix_upper_bound(start)
        bound = items.c.title < end if end is not None else true()
        statement = ITEMS.where(items.c.group_id == group_id, items.c.title >= start, bound)
        rows = self.connection.execute(statement.order_by(items.c.title).limit(limit)).all()
        return whole_items(self.connection, sorted(rows, key=lambda row: row.number))

    def with_truncated_titles(self, group_id: str) -> list[Item]:
        """Items of a group whose title ends in "..." or "…"."""
        return self._items_where(items.c.group_id == group_id, HAS_TRUNCATED_TITLE)

    def _by_id(self, ids: Iterable[str], read: Callable[[list[str]], list[Item]]) -> dict[str, Item]:
        item_ids = list(ids)
        by_id = {item.id: item for batch in batches(item_ids) for item in read(batch)}
        return {item_id: by_id[item_id] for item_id in item_ids if item_id in by_id}

    def _readable_rows(self, ids: list[str], scope: AccessScope) -> Sequence[Any]:
        """The rows of those of these items, a batch at most, that a scope lets through."""
        if scope.everything:
            return run_compiled_select(self.connection, _BY_ID, ids=ids)
        groups = sorted(filter(is_storable, scope.group_ids))
        if not groups:
            return ()
        if len(groups) > BATCH:
            return self.connection.execute(ITEMS.where(items.c.id.in_(ids), is_any_of(_GROUP, groups))).all()
        return run_compiled_select(self.connection, _READABLE, ids=ids, groups=groups)

    def _items_where(self, *conditions: ColumnElement[bool]) -> list[Item]:
        rows = self.connection.execute(ITEMS.where(*conditions).order_by(_AS_THEY_CAME)).all()
        return whole_items(self.connection, rows)

    def _pages(self, chosen: Select[Any]) -> Iterator[Sequence[Any]]:
        """Rows of items, with their `number`, a page at a time."""
        page = chosen.order_by(items.c.number).limit(BATCH)
        rows = self.connection.execute(page).all()
        while rows:
            yield rows
            rows = self.connection.execute(page.where(items.c.number > rows[-1].number)).all()

    def _between(self, chosen: Select[Any], first: int, last: int) -> Sequence[Any]:
        window = chosen.where(items.c.number.between(first, last))
        return self.connection.execute(window.order_by(items.c.number)).all()


class Items(ItemsReading):
    """Items, in a write transaction."""

    def next_order(self) -> int:
        """The order of the next item to add; later items follow by one. No item has had it before."""
        # A removed item may be restored, and numeric ids and followed searches go on to know the item by its order.
        # Before the newest removed order was stored, only the bin had it.
        tables = (select(func.max(table.c.number)).scalar_subquery() for table in (items, removed_content))
        newest = self.connection.execute(select(*(func.coalesce(table, 0) for table in tables))).one()
        return max(*map(int, newest), self._newest_removed_order()) + 1

    def add(self, new: Sequence[Item], *, restored: bool = False) -> None:
        """Add items, whose authors and groups are in the database. An item with a date of last change was restored.

        `restored`: the items were here before as they are, so they may be beyond the budget of an item. Raises
        Conflict, and adds nothing, if an id or an order is taken, or an item is beyond its budget; Invalid for a text
        that cannot be stored.
        """
        if not restored:
            self._require_budget(new)
        now, version = timestamp_now(), Changes(self.connection).next_version()
        with in_savepoint(self.connection):
            for start in range(0, len(new), BATCH):
                batch = new[start : start + BATCH]
                dated_items = ((item, item.changed_at or item.updated or item.added or now) for item in batch)
                rows = [
                    {**item_values(item), "changed_at": changed_at, "version": version}
                    for item, changed_at in dated_items
                ]
                bulk_write(self.connection, _NEW, rows)
                self._add_related_rows(batch)
            Changes(self.connection).record([item.id for item in new])
            mark_groups_changed(self.connection, (item.group_id for item in new), now)

    def update(self, changed: Sequence[Item]) -> None:
        """Replace items, known by id, with all that belongs to them.

        Raises NotFound if one does not exist, Conflict if an annotation's id is another item's or an item grows beyond
        its budget, ValueError if an item changes its order, which never changes; then nothing is written.
        """
        self._require_budget(changed)
        now = timestamp_now()
        common_values = {"changed_at": now, "version": Changes(self.connection).next_version()}
        with in_savepoint(self.connection):
            self._check_orders(changed)
            numbers = [item.order for item in changed]
            left = self._groups_of(numbers)
            # An annotation may move from one of these items to another: all are deleted before any is inserted.
            self._drop_related_rows(numbers)
            for start in range(0, len(changed), BATCH):
                batch = changed[start : start + BATCH]
                rows = [{**item_values(item), **common_values, "row": item.order} for item in batch]
                bulk_write(self.connection, _REWRITE, rows)
                self._add_related_rows(batch)
            Changes(self.connection).record([item.id for item in changed])
            mark_groups_changed(self.connection, (*left, *(item.group_id for item in changed)), now)

    def remove(self, ids: Iterable[str]) -> None:
        """Delete items with all that belongs to them; unknown ids are ignored."""
        with in_savepoint(self.connection):
            numbers = self._numbers(ids)
            newest = max(numbers.values(), default=0)
            if newest > self._newest_removed_order():
                Meta(self.connection).set(_NEWEST_REMOVED, str(newest))
            left = self._groups_of(list(numbers.values()))
            self._drop_related_rows(list(numbers.values()))
            for batch in batches(numbers):
                self.connection.execute(_DELETE, {"ids": batch})
            Changes(self.connection).record(list(numbers))
            mark_groups_changed(self.connection, left, timestamp_now())

    def count_view(self, item_id: str) -> None:
        """Count one more view. Raises NotFound if the item does not exist."""
        counted = update(items).where(items.c.id == item_id, items.c.views < MOST_VIEWS)
        with in_savepoint(self.connection):
            if not self._numbers([item_id]):
                raise NotFound("This item does not exist, or you may not read it.")
            self.connection.execute(counted.values(views=items.c.views + 1))
            Changes(self.connection).record_for_index([item_id])

    def _require_budget(self, changed: Sequence[Item]) -> None:
        """Raise Conflict if an item will be larger than its budget, and than it is now."""
        large = {item.id: size for item in changed if not (size := item_size(item)).is_within_budget}
        present = self.any_of(large)
        for item_id, size in large.items():
            before = item_size(present[item_id]) if item_id in present else ItemSize()
            if error := size.error_beyond_budget(before):
                raise error

    def _newest_removed_order(self) -> int:
        return int(Meta(self.connection).get(_NEWEST_REMOVED) or 0)

    def _numbers(self, ids: Iterable[str]) -> dict[str, int]:
        return dict(self._rows_of(_NUMBERS_OF, ids))

    def _groups_of(self, numbers: Sequence[int]) -> set[str]:
        """The ids of the groups of these items."""
        return {
            group_id
            for start in range(0, len(numbers), BATCH)
            for (group_id,) in run_compiled_select(self.connection, _GROUPS_OF, numbers=numbers[start : start + BATCH])
        }

    def _check_orders(self, changed: Sequence[Item]) -> None:
        numbers = self._numbers(item.id for item in changed)
        for item in changed:
            if item.id not in numbers:
                raise NotFound("This item does not exist, or you may not read it.")
            if numbers[item.id] != item.order:
                raise ValueError(f"item {item.id} has order {numbers[item.id]}, not {item.order}")

    def _add_related_rows(self, batch: Sequence[Item]) -> None:
        for new, values in RELATED_ROWS:
            bulk_write(self.connection, new, [row for item in batch for row in values(item)])

    def _drop_related_rows(self, numbers: Sequence[int]) -> None:
        for start in range(0, len(numbers), BATCH):
            for deletion in _DELETE_RELATED_ROWS:
                self.connection.execute(deletion, {"numbers": numbers[start : start + BATCH]})


def _readable(scope: AccessScope, group_id: ColumnElement[str] = items.c.group_id) -> ColumnElement[bool]:
    """The condition for rows that a scope lets through: none, for an empty scope."""
    if scope.everything:
        return true()
    return is_any_of(group_id, scope.group_ids) if scope.group_ids else false()
