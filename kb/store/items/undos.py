"""Undo: the items that an action changed, as they were before it and after it.

The parts that an action did not change (annotations, replies, entries of lists) are left out: otherwise each of many
small changes of a large item would store all of it twice. An unchanged part is stored as its id and a hash, and read
from the item as it is now; where it was changed or removed since, a part stands for it that equals none, so that an
undo leaves what there is.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any, TypeAlias

from sqlalchemy import delete, select, update

from kb.model.items.undo import Undo
from kb.model.storable_text import is_storable
from kb.store.database.database import is_any_of
from kb.store.database.json_values import json_of, user_ids_in, value_of
from kb.store.database.rows import Repository
from kb.store.items.items import ItemsReading
from kb.store.items.lists import ItemListsReading
from kb.store.people.users import Users
from kb.store.tables.item_tables import undos

_Record: TypeAlias = dict[str, Any]
"""A value as JSON. Of its parts, an unchanged one is a text: `<id> <hash>` before the action, `<id>` after it."""

_ALL = select(undos.c.id, undos.c.user_id, undos.c.body, undos.c.expires_at)


class UndosReading(Repository):
    """Undo records, in one transaction."""

    def by_id(self, undo_id: str) -> Undo | None:
        """One record, expired or not."""
        row = self.connection.execute(_ALL.where(undos.c.id == undo_id)).first() if is_storable(undo_id) else None
        return self._undo(row) if row is not None else None

    def present_ids(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that have a record."""
        chosen = select(undos.c.id).where(is_any_of(undos.c.id, ids))
        return frozenset(self.connection.execute(chosen).scalars())

    def about(self, item_id: str, limit: int) -> Iterator[Undo]:
        """The records of actions that changed an item, by any user, the latest first."""
        named = _ALL.where(undos.c.body.contains(json.dumps(item_id), autoescape=True))
        for row in self.connection.execute(named.order_by(undos.c.expires_at.desc()).limit(limit)).all():
            yield self._undo(row)

    def _undo(self, row: Any) -> Undo:
        undo_id, user_id, body, expires_at = row
        record: _Record = json.loads(body)
        self._put_back_annotations([change for change in record["changed"] if "before" in change and "after" in change])
        for change in record["list_changes"]:
            if "after" in change:
                item_list = ItemListsReading(self.connection).by_id(change["before"]["id"])
                now = json_of(item_list)["entries"] if item_list else []
                _put_back(change["before"], change["after"], "entries", now, _missing_entry)
        people = Users(self.connection).by_ids(set(user_ids_in(record)))
        return value_of(Undo, {**record, "id": undo_id, "user_id": user_id, "expires_at": expires_at}, people)

    def _put_back_annotations(self, changes: list[_Record]) -> None:
        present = ItemsReading(self.connection).any_of(change["before"]["id"] for change in changes)
        for change in changes:
            before, after = change["before"], change["after"]
            item = present.get(before["id"])
            now = {part["id"]: part for part in json_of(item)["annotations"]} if item else {}
            _put_back(before, after, "annotations", now.values(), _missing_part)
            later = {annotation["id"]: annotation for annotation in after["annotations"]}
            for annotation in before["annotations"]:
                other = later.get(annotation["id"])
                if other is not None and other is not annotation:
                    replies = now.get(annotation["id"], {}).get("replies", ())
                    _put_back(annotation, other, "replies", replies, _missing_part)


class Undos(UndosReading):
    """Undo records, in a write transaction."""

    def add(self, undo: Undo) -> None:
        """Store what an action has changed."""
        row = {"id": undo.id, "user_id": undo.user_id, "body": _body(undo), "expires_at": undo.expires_at}
        self._insert(undos, row)

    def rewrite(self, undo: Undo) -> None:
        """Replace a record; does nothing if it does not exist."""
        self._write(update(undos).where(undos.c.id == undo.id).values(body=_body(undo)))

    def drop(self, ids: Iterable[str]) -> None:
        """Delete records."""
        self._write(delete(undos).where(undos.c.id.in_(list(ids))))

    def purge(self, now: str) -> int:
        """Delete the expired records; returns their number."""
        return self._write(delete(undos).where(undos.c.expires_at < now))


def _body(undo: Undo) -> str:
    record = json_of(undo)
    # The undo of a merge compares all parts of the merged items.
    is_merge = any(change.before and not change.after for change in undo.changed)
    for change in record["changed"]:
        before, after = change.get("before"), change.get("after")
        if is_merge or before is None or after is None or before["id"] != after["id"]:
            continue
        later = {annotation["id"]: annotation for annotation in after["annotations"]}
        for annotation in before["annotations"]:
            other = later.get(annotation["id"])
            if other is not None and other != annotation:
                _leave_out_unchanged(annotation, other, "replies")
        _leave_out_unchanged(before, after, "annotations")
    for change in record["list_changes"]:
        if "after" in change:
            _leave_out_unchanged(change["before"], change["after"], "entries")
    stored = {name: value for name, value in record.items() if name not in {"id", "user_id", "expires_at"}}
    return json.dumps(stored, ensure_ascii=False)


def _leave_out_unchanged(before: _Record, after: _Record, name: str) -> None:
    """Replace the parts of this name that are the same before and after an action."""
    known = {part["id"]: part for part in after[name]}
    same = {part["id"] for part in before[name] if known.get(part["id"]) == part}
    before[name] = [f"{part['id']} {_hash(part)}" if part["id"] in same else part for part in before[name]]
    after[name] = [part["id"] if part["id"] in same else part for part in after[name]]


def _put_back(
    before: _Record, after: _Record, name: str, now: Iterable[_Record], replacement: Callable[[str], _Record]
) -> None:
    """Undo `_leave_out_unchanged`. `now` are the present parts, `replacement` gives a part that stands for one that is
    not the same any more.
    """
    present = {part["id"]: part for part in now}
    known: dict[str, _Record] = {}
    for part in before[name]:
        if isinstance(part, str):
            id_, _, digest = part.partition(" ")
            is_same = id_ in present and _hash(present[id_]) == digest
            known[id_] = present[id_] if is_same else replacement(id_)
    before[name] = [known[part.partition(" ")[0]] if isinstance(part, str) else part for part in before[name]]
    after[name] = [known[part] if isinstance(part, str) else part for part in after[name]]


def _hash(part: _Record) -> str:
    return blake2b(json.dumps(part, sort_keys=True).encode(), digest_size=12).hexdigest()


def _missing_part(part_id: str) -> _Record:
    """An annotation or a reply that equals none of an item: no date is empty."""
    return {"id": part_id, "kind": "highlight", "added": "", "body": "", "replies": []}


def _missing_entry(entry_id: str) -> _Record:
    """An entry that equals none of a list: no heading is empty."""
    return {"id": entry_id, "kind": "heading"}
