"""What users changed in items, in the database.

Rows are written at the end of the transaction that makes the change, from its `ItemsEdited`. An item keeps its latest
changes: at most MOST_CHANGES of them, with at most MOST_CHARACTERS of text together.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, update

from kb.features.history.item_changes import GROUP, TAGS, TITLE, PartChange, Values, changes_between
from kb.features.history.tables import item_history
from kb.model.people.user import User
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import BATCH, batches
from kb.store.database.rows import Repository
from kb.store.people.users import Users
from kb.store.tables.item_tables import annotations, items
from kb.store.transaction_events import Event, ItemsEdited, ItemsErased, PersonErased, changed_item_ids

MOST_CHANGES = 500
MOST_CHARACTERS = 2_000_000
"""Of all changes of an item that are kept; what one change alone goes beyond is not kept."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OF_ITEM = item_history.c.item_id == bindparam("item")
_NEWEST = item_history.c.number.desc()
_SUBJECTS = select(
    item_history.c.number, item_history.c.group_id, item_history.c.moved_to_id, item_history.c.part_id
).where(_OF_ITEM)
_CHANGES = select(
    item_history.c.number,
    item_history.c.group_id,
    item_history.c.part_id,
    item_history.c.user_id,
    item_history.c.changed_at,
    item_history.c.changes,
).where(_OF_ITEM, item_history.c.number.in_(_IDS))
_TITLE_CHANGES = (
    select(item_history.c.group_id, item_history.c.user_id, item_history.c.changes)
    .where(
        _OF_ITEM,
        item_history.c.part_id == "",
        item_history.c.size <= bindparam("longest"),
        item_history.c.changes.contains(f'"{TITLE}":[', autoescape=True),
    )
    .order_by(_NEWEST)
    .limit(bindparam("most"))
)
_TOTALS = (
    select(
        item_history.c.item_id,
        func.max(item_history.c.number),
        func.count(),
        func.sum(item_history.c.size),
    )
    .where(item_history.c.item_id.in_(_IDS))
    .group_by(item_history.c.item_id)
)
_GROUPS = select(items.c.id, items.c.group_id).where(items.c.id.in_(_IDS))
_WITH_PARTS = (
    select(item_history.c.item_id).where(item_history.c.item_id.in_(_IDS), item_history.c.part_id != "").limit(1)
)
_PRESENT_AUTHOR = (
    select(annotations.c.author_id)
    .where(annotations.c.id == item_history.c.part_id, annotations.c.author_id.is_not(None))
    .scalar_subquery()
)
_FOLLOW_AUTHORS = (
    update(item_history)
    .where(item_history.c.item_id.in_(_IDS), item_history.c.part_id != "")
    .values(part_author_id=func.coalesce(_PRESENT_AUTHOR, item_history.c.part_author_id))
)


@dataclass(frozen=True, slots=True)
class ChangeSubject:
    """The groups and the part of an item that a change is about; see HistoryEntry."""

    number: int
    group_ids: frozenset[str]
    part_id: str


@dataclass(frozen=True, slots=True)
class TitleChange:
    """A change of an item's title; `group_id` and `user_id` as of HistoryEntry."""

    group_id: str
    user_id: str | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What one user changed at once in an item, or in the part `part_id` of it (else empty). `number` counts the
    changes of the item from 1. `user` is None for the operator and for who was erased. `group_id` is where the item
    was. `changed_at` is an RFC 3339 instant.
    """

    number: int
    group_id: str
    part_id: str
    user: User | None
    changed_at: str
    changes: Mapping[str, Values]


class ItemHistoryReading(Repository):
    """The history of items, in one transaction. The caller checks who may read it."""

    def subjects(self, item_id: str) -> list[ChangeSubject]:
        """Where each kept change of an item was made, the latest first."""
        rows = run_compiled_select(self.connection, _SUBJECTS, {"item": item_id})
        subjects = [
            ChangeSubject(number, frozenset(filter(None, (group_id, moved_to_id))), part_id)
            for number, group_id, moved_to_id, part_id in rows
        ]
        return sorted(subjects, key=lambda subject: subject.number, reverse=True)

    def title_changes(self, item_id: str, most: int, longest: int) -> list[TitleChange]:
        """The latest changes of an item's title, without those with more than `longest` characters of texts."""
        values: dict[str, str | int] = {"item": item_id, "most": most, "longest": longest}
        return [
            TitleChange(group_id, user_id, *(str(title or "") for title in changes[TITLE]))
            for group_id, user_id, text in run_compiled_select(self.connection, _TITLE_CHANGES, values)
            if TITLE in (changes := _changes_of(text))
        ]

    def entries(self, item_id: str, numbers: Collection[int]) -> list[HistoryEntry]:
        """The changes of an item with these numbers, the latest first."""
        if not numbers:
            return []
        rows = run_compiled_select(self.connection, _CHANGES, {"item": item_id}, ids=list(numbers))
        people = Users(self.connection).by_ids({row[3] for row in rows if row[3]})
        entries = [
            HistoryEntry(number, group_id, part_id, people.get(user_id), at, _changes_of(text))
            for number, group_id, part_id, user_id, at, text in rows
        ]
        return sorted(entries, key=lambda entry: entry.number, reverse=True)


class ItemHistory(ItemHistoryReading):
    """The history of items, in a write transaction."""

    def record(self, edits: Iterable[ItemsEdited]) -> None:
        """Write what users changed."""
        now = timestamp_now()
        for edit in edits:
            changed = [
                (change.before.id, change.before.group_id, part)
                for change in edit.changes
                if change.before and change.after
                for part in changes_between(change.before, change.after)
            ]
            groups = dict(self._rows_of(_GROUPS, [tags.item_id for tags in edit.tag_changes]))
            changed += [
                (tags.item_id, groups[tags.item_id], PartChange({TAGS: (list(tags.before), list(tags.after))}))
                for tags in edit.tag_changes
                if tags.item_id in groups
            ]
            for start in range(0, len(changed), BATCH):
                self._record_batch(changed[start : start + BATCH], edit.user_id, now)

    def delete(self, item_id: str, number: int) -> None:
        """Delete one change from the history of an item."""
        self._write(delete(item_history).where(item_history.c.item_id == item_id, item_history.c.number == number))

    def delete_items(self, item_ids: Iterable[str]) -> None:
        """Delete the history of items."""
        for batch in batches(item_ids):
            self.connection.execute(delete(item_history).where(item_history.c.item_id.in_(batch)))

    def delete_words_of(self, user_id: str) -> None:
        """Delete the earlier texts of annotations and replies that a user wrote."""
        self._write(delete(item_history).where(item_history.c.part_author_id == user_id))

    def follow_authors(self, item_ids: Sequence[str]) -> None:
        """Note who the author of each annotation is now: an imported text may have been given to an account."""
        for batch in batches(item_ids):
            if run_compiled_select(self.connection, _WITH_PARTS, None, ids=batch):
                self.connection.execute(_FOLLOW_AUTHORS, {"ids": batch})

    def _record_batch(self, changed: Sequence[tuple[str, str, PartChange]], user_id: str | None, now: str) -> None:
        ids = list(dict.fromkeys(item_id for item_id, _, _ in changed))
        totals = {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in self._rows_of(_TOTALS, ids)}
        rows = []
        for item_id, group_id, part in changed:
            text = json.dumps(part.changes, ensure_ascii=False, separators=(",", ":"))
            if len(text) > MOST_CHARACTERS:
                continue
            number, count, size = totals.get(item_id, (0, 0, 0))
            totals[item_id] = (number + 1, count + 1, size + len(text))
            rows.append(
                {
                    "item_id": item_id, "number": number + 1, "group_id": group_id, "part_id": part.part_id,
                    "moved_to_id": part.changes[GROUP][1] if GROUP in part.changes else None,
                    "part_author_id": part.part_author_id, "user_id": user_id, "changed_at": now, "changes": text,
                    "size": len(text),
                }
            )  # fmt: skip
        if rows:
            self.connection.execute(insert(item_history), rows)
        for item_id, (_, count, size) in totals.items():
            if count > MOST_CHANGES or size > MOST_CHARACTERS:
                self._delete_oldest(item_id)

    def _delete_oldest(self, item_id: str) -> None:
        """Delete the oldest changes of an item that has more than it may keep."""
        sizes = select(item_history.c.number, item_history.c.size).where(item_history.c.item_id == item_id)
        total = 0
        for count, (number, size) in enumerate(self.connection.execute(sizes.order_by(_NEWEST)).all(), 1):
            total += size
            if count > MOST_CHANGES or total > MOST_CHARACTERS:
                older = (item_history.c.item_id == item_id) & (item_history.c.number <= number)
                self.connection.execute(delete(item_history).where(older))
                return


def _changes_of(text: str) -> dict[str, Values]:
    return {name: (before, after) for name, (before, after) in json.loads(text).items()}


def record_events(connection: Connection, events: list[Event]) -> None:
    """Write what a transaction changed, and delete what it erased."""
    history = ItemHistory(connection)
    history.record(event for event in events if isinstance(event, ItemsEdited))
    history.follow_authors(changed_item_ids(events))
    for event in events:
        if isinstance(event, ItemsErased):
            history.delete_items(event.item_ids)
        elif isinstance(event, PersonErased):
            history.delete_words_of(event.user_id)


def _changes_by(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """The changes that a user made, as the values that the user gave."""
    own = select(item_history.c.item_id, item_history.c.changed_at, item_history.c.part_id, item_history.c.changes)
    rows = connection.execute(own.where(item_history.c.user_id == user_id).order_by(item_history.c.changed_at))
    return list(_personal_rows(rows))


def _personal_rows(rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for item_id, changed_at, part_id, text in rows:
        changes = _changes_of(text)
        given: dict[str, Any] = {name: after for name, (_, after) in changes.items()}
        if TAGS in changes:
            # The other tags are what others gave: the user may not read them any more.
            before, after = changes[TAGS]
            given[TAGS] = [tag for tag in after or () if tag not in (before or ())]
        yield {"item": item_id, "changed_at": changed_at, "part": part_id or None, "values": given}


STORE = FeatureStore((item_history,), before_commit=record_events, personal_data=_changes_by)
