"""Harvest records: the items that everyone may read, and those that everyone could read once, by the date of their
last change, for OAI-PMH.

Rows are written at the end of the transaction that changes an item or the visibility of its group
(`record_events`), with that date: an earlier one could be before the end of a harvest that did not see the change, and
the next harvest would miss it.

A change of the visibility of a group concerns all its items. The transaction writes the records of the first ones; the
others follow in transactions of their own (`record_next_items`). Until then a record of a closed group
has its old date, and rights are asked again at use; an item of an opened group has no record, or a withdrawn one.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Table,
    bindparam,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from kb.features.harvest.tables import harvest_records
from kb.model.items.tag import tag_form
from kb.model.people.group import Group, Visibility
from kb.model.storable_text import is_storable
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_in
from kb.store.database.database import batches, is_any_of
from kb.store.database.rows import Repository, replace_rows
from kb.store.tables.group_tables import groups
from kb.store.tables.item_tables import item_tags, items
from kb.store.tables.site_tables import meta
from kb.store.tables.table_columns import StorableText
from kb.store.transaction_events import Event, GroupChanged, changed_item_ids

_COMMIT_SECONDS = 1.0
"""The longest time between the end of a transaction and the moment at which others see it."""
_MOST_IDS = 5_000
"""Ids that a statement names for each part of a list; more of them are many of all records, which are then read."""
_WINDOW = 1_000
GROUP_BATCH = 500
"""Items of a group whose records one transaction writes when the group is opened or closed."""
_WAITING = "harvest-group:"
"""The begin of the key, in `meta`, of a group whose items wait for this; the value is the number of the last item
whose record is written."""
_FIELDS = (
    harvest_records.c.item_id,
    harvest_records.c.public_group_id,
    harvest_records.c.stamp,
    harvest_records.c.withdrawn,
)
_POSITION = tuple_(harvest_records.c.stamp, harvest_records.c.item_id)
_IS_PUBLIC = (groups.c.visible == Visibility.EVERYONE.value) & groups.c.deleted_at.is_(None)
_LAST_DATE = select(func.max(harvest_records.c.stamp))
_DATE: BindParameter[str] = bindparam("date", type_=StorableText())
# The statements of each change are made once: to build them takes longer than to execute them.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# First these items, then their groups: SQLite would otherwise read all items of the public groups for each batch.
_CHOSEN = select(items.c.id, items.c.group_id).where(items.c.id.in_(_IDS)).cte("chosen").prefix_with("MATERIALIZED")
_PUBLIC = select(_CHOSEN.c.id, _CHOSEN.c.group_id).join(groups, groups.c.id == _CHOSEN.c.group_id).where(_IS_PUBLIC)
_WITHDRAW = (
    update(harvest_records)
    .where(
        harvest_records.c.item_id.in_(_IDS),
        harvest_records.c.item_id.not_in(_PUBLIC.with_only_columns(_CHOSEN.c.id)),
        harvest_records.c.withdrawn.is_(False),
    )
    .values(withdrawn=True, stamp=_DATE)
)


def _publish_with(insert: Callable[[Table], Any]) -> Executable:
    """The statement that writes the records of items, as far as everyone may read them."""
    rows = _PUBLIC.add_columns(_DATE, false())
    new = insert(harvest_records).from_select([column.name for column in _FIELDS], rows)
    key, *others = _FIELDS
    changed = {column.name: new.excluded[column.name] for column in others}
    statement: Executable = new.on_conflict_do_update(index_elements=[key], set_=changed)
    return statement


_PUBLISH = {"sqlite": _publish_with(sqlite.insert), "postgresql": _publish_with(postgresql.insert)}


@dataclass(frozen=True, slots=True)
class HarvestRecord:
    """An item that everyone may read, or that everyone could read until `stamp`, if it is `withdrawn`.

    `stamp` is an RFC 3339 instant in UTC, to the microsecond: when the record last changed. `public_group_id` is the
    group that published it, which may be gone.
    """

    item_id: str
    public_group_id: str
    stamp: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class HarvestRange:
    """Records whose `stamp` is in `[since, before)`, each limit if it is given, of one group or of all.

    `item_ids` limits the items that are not withdrawn: what a withdrawn one was is not stored. So does `tag`, a tag in
    its form to compare (`tag_form`), for a list that goes on: each part then costs what it reads, however many items
    have the tag.
    """

    since: str | None = None
    before: str | None = None
    group_id: str | None = None
    item_ids: frozenset[str] | None = None
    tag: str | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        stamp, group = harvest_records.c.stamp, harvest_records.c.public_group_id
        is_chosen = is_any_of(harvest_records.c.item_id, self.item_ids or ())
        return (
            (true() if self.since is None else stamp >= self.since)
            & (true() if self.before is None else stamp < self.before)
            & (true() if self.group_id is None else group == self.group_id)
            & (true() if self.item_ids is None else harvest_records.c.withdrawn | is_chosen)
        )


class HarvestRecordsReading(Repository):
    """Harvest records, in one transaction."""

    def page(self, selected: HarvestRange, after: tuple[str, str] | None, limit: int) -> tuple[HarvestRecord, ...]:
        """At most `limit` records of a range, by date and id, after the record with this date and id."""
        if selected.tag is None and (selected.item_ids is None or len(selected.item_ids) <= _MOST_IDS):
            return self._rows(selected, after, limit)
        records, every = list[HarvestRecord](), replace(selected, item_ids=None, tag=None)
        while len(records) < limit and (rows := self._rows(every, after, _WINDOW)):
            here = {row.item_id for row in rows if not row.withdrawn}
            if selected.item_ids is not None:
                here &= selected.item_ids
            if selected.tag is not None:
                here = self._with_tag(here, selected.tag)
            records += (row for row in rows if row.withdrawn or row.item_id in here)
            after = rows[-1].stamp, rows[-1].item_id
        return tuple(records[:limit])

    def _with_tag(self, ids: set[str], tag: str) -> set[str]:
        """Those of a window of items that have a tag, given in its form to compare."""
        tags = select(items.c.id, item_tags.c.tag).select_from(
            items.join(item_tags, item_tags.c.item == items.c.number)
        )
        rows = self._rows_with(tags, items.c.id, ids)
        return {item_id for item_id, written in rows if tag_form(written) == tag}

    def _rows(self, selected: HarvestRange, after: tuple[str, str] | None, limit: int) -> tuple[HarvestRecord, ...]:
        later = true() if after is None else tuple_(literal(after[0]), literal(after[1])) < _POSITION
        statement = select(*_FIELDS).where(selected.condition, later).order_by(*_POSITION.clauses).limit(limit)
        return tuple(HarvestRecord(*row) for row in self.connection.execute(statement))

    def count(self, selected: HarvestRange) -> int:
        """The number of records of a range."""
        if selected.tag is not None:
            return len(self.page(selected, None, sys.maxsize))
        counted = select(func.count()).select_from(harvest_records).where(selected.condition)
        return int(self.connection.execute(counted).scalar_one())

    def of_item(self, item_id: str) -> HarvestRecord | None:
        """The record of an item; None if it was never public."""
        selected = select(*_FIELDS).where(harvest_records.c.item_id == item_id)
        row = self.connection.execute(selected).first() if is_storable(item_id) else None
        return HarvestRecord(*row) if row else None

    def earliest(self) -> str | None:
        """The date of the first record; None if there is none."""
        stamp: str | None = self.connection.execute(select(func.min(harvest_records.c.stamp))).scalar()
        return stamp

    def latest(self) -> str | None:
        """The date of the last record; None if there is none."""
        stamp: str | None = self.connection.execute(_LAST_DATE).scalar()
        return stamp


def record_next_items(connection: Connection) -> None:
    """Write the records of the next items of a group that was opened or closed, if there is one."""
    if waiting := waiting_group(connection):
        _record_group_items(connection, *waiting, _commit_date(connection))


def record_events(connection: Connection, events: list[Event]) -> None:
    """Record the items that a transaction added, changed or removed, and the groups that it opened or closed."""
    ids = changed_item_ids(events)
    groups_changed = [
        event.group.id
        for event in events
        if isinstance(event, GroupChanged) and is_public_group(event.before) is not is_public_group(event.group)
    ]
    if not ids and not groups_changed:
        return
    date = _commit_date(connection)
    _record_items(connection, ids, date)
    for group_id in groups_changed:
        # From the first item, also if items wait since another change: a harvest has seen them in both states.
        _record_group_items(connection, group_id, None, date)


def fill_records(connection: Connection) -> None:
    """Record all items of public groups, in a database that had no harvest records. Their own dates are those of their
    sources, which no harvest has seen.
    """
    rows = select(items.c.id, items.c.group_id, literal(timestamp_in()), false())
    public = rows.join(groups, groups.c.id == items.c.group_id).where(_IS_PUBLIC)
    connection.execute(insert(harvest_records).from_select([column.name for column in _FIELDS], public))


def is_public_group(group: Group) -> bool:
    """Whether everyone may read a group: the same rule as in SQL here, and in `kb.access.permissions`."""
    return group.visible is Visibility.EVERYONE and group.deleted_at is None


def date_all_records(connection: Connection) -> None:
    """Date all records anew, after a restore: each may differ from what was harvested."""
    connection.execute(update(harvest_records).values(stamp=timestamp_in()))


def _commit_date(connection: Connection) -> str:
    """The date of what a transaction records at its end; never before one that was given."""
    last: str = connection.execute(_LAST_DATE).scalar() or ""
    return max(last, timestamp_in(seconds=_COMMIT_SECONDS))


def _record_items(connection: Connection, ids: Iterable[str], date: str) -> None:
    """Record that these items were added, changed or removed."""
    publish = _PUBLISH[connection.dialect.name]
    for batch in batches(ids):
        if connection.execute(publish, {"ids": batch, "date": date}).rowcount < len(batch):
            connection.execute(_WITHDRAW, {"ids": batch, "date": date})


def waiting_group(connection: Connection) -> tuple[str, int] | None:
    """The id of a group that was opened or closed and whose items wait for their records, and the number of the last
    item that does not; None if there is no such group.
    """
    selected = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(_WAITING)).order_by(meta.c.key).limit(1)
    row = connection.execute(selected).first()
    return (row.key.removeprefix(_WAITING), int(row.value)) if row else None


def _record_group_items(connection: Connection, group_id: str, after: int | None, date: str) -> None:
    """Write the records of the next items of a group, as everyone may read it at this moment.

    What changes meanwhile in the part that is done has its own record: an item that is added, moved or removed.
    """
    later = true() if after is None else items.c.number > after
    selected = select(items.c.number, items.c.id).where(items.c.group_id == group_id, later)
    rows = connection.execute(selected.order_by(items.c.number).limit(GROUP_BATCH)).all()
    _record_items(connection, [item_id for _, item_id in rows], date)
    key = f"{_WAITING}{group_id}"
    if len(rows) == GROUP_BATCH:
        replace_rows(connection, meta, {"key": key, "value": str(rows[-1].number)})
    else:
        connection.execute(delete(meta).where(meta.c.key == key))


STORE = FeatureStore((harvest_records,), fill=fill_records, before_commit=record_events, restored=date_all_records)
