"""Undo: the items that an action changed, as they were before it and after it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kb.model.items.item import Item
from kb.model.items.undo import ItemChange, ListChange, RoleChange, SavedSearchChange, TagsChange, Undo
from kb.model.people.group import Role
from kb.model.storable_text import is_keepable
from kb.store.database.rows import execute_write, insert_rows
from kb.store.groups.lists import list_from_record, list_record
from kb.store.groups.removed_content_json import author_ids_in, item_from_record, item_record
from kb.store.people.users import Users
from kb.store.tables.activity_tables import undos

_ALL = select(undos.c.id, undos.c.user_id, undos.c.body, undos.c.expires_at)


@dataclass(frozen=True, slots=True)
class UndosReading:
    """Undo records, in one transaction."""

    connection: Connection

    def by_id(self, undo_id: str) -> Undo | None:
        """One record, expired or not."""
        row = self.connection.execute(_ALL.where(undos.c.id == undo_id)).first() if is_keepable(undo_id) else None
        return self._undo(row) if row is not None else None

    def about(self, item_id: str, limit: int) -> Iterator[Undo]:
        """The records of actions that changed an item, by any user, the latest first."""
        named = _ALL.where(undos.c.body.contains(json.dumps(item_id), autoescape=True))
        for row in self.connection.execute(named.order_by(undos.c.expires_at.desc()).limit(limit)).all():
            yield self._undo(row)

    def _undo(self, row: Any) -> Undo:
        record = json.loads(row[2])
        relisted = record["lists"]
        named = {author for pair in record["items"] for author in _authors(pair)}
        owners = {
            list_json["user_id"]
            for pair in relisted
            for list_json in pair
            if list_json is not None and list_json["user_id"]
        }
        people = Users(self.connection).by_ids(named | owners)
        changed = (
            ItemChange(*(item_from_record(item_json, people) if item_json else None for item_json in pair))
            for pair in record["items"]
        )
        retagged = (TagsChange(id_, tuple(before), tuple(after)) for id_, before, after in record["tags"])
        laid = (
            ListChange(list_from_record(a, people), list_from_record(b, people) if b else None) for a, b in relisted
        )
        return Undo(
            row[0],
            row[1],
            row[3],
            tuple(changed),
            tuple(retagged),
            tuple(laid),
            tuple(SavedSearchChange(*change) for change in record["searches"]),
            tuple(record["binned"]),
            tuple(record["parts"]),
            # An earlier version stored none.
            tuple(
                RoleChange(group_id, user_id, Role(before), None if after is None else Role(after))
                for group_id, user_id, before, after in record.get("roles", ())
            ),
        )


@dataclass(frozen=True, slots=True)
class Undos(UndosReading):
    """Undo records, in a write transaction."""

    def add(self, undo: Undo) -> None:
        """Store what an action has changed."""
        row = {"id": undo.id, "user_id": undo.user_id, "body": _body(undo), "expires_at": undo.expires_at}
        insert_rows(self.connection, undos, row)

    def rewrite(self, undo: Undo) -> None:
        """Replace a record; does nothing if it does not exist."""
        execute_write(self.connection, update(undos).where(undos.c.id == undo.id).values(body=_body(undo)))

    def drop(self, ids: Iterable[str]) -> None:
        """Delete records."""
        execute_write(self.connection, delete(undos).where(undos.c.id.in_(list(ids))))

    def purge(self, now: str) -> int:
        """Delete the expired records; returns their number."""
        return execute_write(self.connection, delete(undos).where(undos.c.expires_at < now))


def _body(undo: Undo) -> str:
    record = {
        "items": [[_record(change.before), _record(change.after)] for change in undo.changed],
        "tags": [[change.item_id, change.before, change.after] for change in undo.retagged],
        "lists": [
            [list_record(change.before), list_record(change.after) if change.after else None]
            for change in undo.relisted
        ],
        "searches": [[change.search_id, change.before, change.after] for change in undo.reworded],
        "binned": undo.binned,
        "parts": undo.parts,
        "roles": [
            [change.group_id, change.user_id, change.before.value, change.after and change.after.value]
            for change in undo.roles
        ],
    }
    return json.dumps(record, ensure_ascii=False)


def _record(item: Item | None) -> dict[str, Any] | None:
    return None if item is None else item_record(item)


def _authors(pair: list[dict[str, Any] | None]) -> Iterator[str]:
    for item_json in pair:
        if item_json is not None:
            yield from author_ids_in({"item": item_json})
