"""Undo: the items that an action changed, as they were before it and after it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, select, update

from kb.model.items.undo import ItemChange, ListChange, RoleChange, SavedSearchChange, TagsChange, Undo
from kb.model.people.group import Role
from kb.model.storable_text import is_storable
from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository
from kb.store.groups.lists import ItemListsReading, list_from_record, list_record
from kb.store.groups.removed_content_json import author_ids_in, item_from_record, item_record
from kb.store.items.items import ItemsReading
from kb.store.items.unchanged_parts import with_unchanged, without_unchanged
from kb.store.people.users import Users
from kb.store.tables.item_tables import undos

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
        record = json.loads(body)
        pairs, relisted = self._whole_items(record["items"]), [self._whole_list(pair) for pair in record["lists"]]
        named = {author for pair in pairs for author in _authors(pair)}
        owners = {
            list_json["user_id"]
            for pair in relisted
            for list_json in pair
            if list_json is not None and list_json["user_id"]
        }
        people = Users(self.connection).by_ids(named | owners)
        changed = (
            ItemChange(*(item_from_record(item_json, people) if item_json else None for item_json in pair))
            for pair in pairs
        )
        retagged = (TagsChange(id_, tuple(before), tuple(after)) for id_, before, after in record["tags"])
        laid = (
            ListChange(list_from_record(a, people), list_from_record(b, people) if b else None) for a, b in relisted
        )
        return Undo(
            undo_id,
            user_id,
            expires_at,
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

    def _whole_items(self, pairs: list[list[Any]]) -> list[list[Any]]:
        """The pairs with the parts that `_item_pair` left out."""
        ids = [before["id"] for before, after in pairs if before and after]
        now = {id_: item_record(item) for id_, item in ItemsReading(self.connection).any_of(ids).items()}
        return [
            _with_unchanged_parts(before, after, now.get(before["id"])) if before and after else [before, after]
            for before, after in pairs
        ]

    def _whole_list(self, pair: list[Any]) -> list[Any]:
        before, after = pair
        if after is None:
            return pair
        item_list = ItemListsReading(self.connection).by_id(before["id"])
        now = {entry[0]: entry for entry in list_record(item_list)["entries"]} if item_list else {}
        earlier, later = with_unchanged(before["entries"], after["entries"], now, _missing_entry)
        return [{**before, "entries": earlier}, {**after, "entries": later}]


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
    # The undo of a merge compares all parts of the merged items.
    is_merge = any(change.before and not change.after for change in undo.changed)
    record = {
        "items": [_item_pair(change, is_whole=is_merge) for change in undo.changed],
        "tags": [[change.item_id, change.before, change.after] for change in undo.retagged],
        "lists": [_list_pair(change) for change in undo.relisted],
        "searches": [[change.search_id, change.before, change.after] for change in undo.reworded],
        "binned": undo.binned,
        "parts": undo.parts,
        "roles": [
            [change.group_id, change.user_id, change.before.value, change.after and change.after.value]
            for change in undo.roles
        ],
    }
    return json.dumps(record, ensure_ascii=False)


def _item_pair(change: ItemChange, *, is_whole: bool) -> list[dict[str, Any] | None]:
    """The item before and after; without the annotations and replies that are the same, unless `is_whole`."""
    before, after = (None if item is None else item_record(item) for item in (change.before, change.after))
    if before is None or after is None or before["id"] != after["id"] or is_whole:
        return [before, after]
    replied = {annotation["id"]: annotation for annotation in after["annotations"]}
    for annotation in before["annotations"]:
        other = replied.get(annotation["id"])
        if other is not None and other != annotation:
            annotation["replies"], other["replies"] = without_unchanged(
                annotation["replies"], other["replies"], _id_of_part
            )
    before["annotations"], after["annotations"] = without_unchanged(
        before["annotations"], after["annotations"], _id_of_part
    )
    return [before, after]


def _with_unchanged_parts(
    before: dict[str, Any], after: dict[str, Any], now: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """The item before and after an action, with the parts that `_item_pair` left out, as they are `now`."""
    parts = {annotation["id"]: annotation for annotation in now["annotations"]} if now else {}
    earlier, later = with_unchanged(before["annotations"], after["annotations"], parts, _missing_part)
    replied = {annotation["id"]: annotation for annotation in later}
    for annotation in earlier:
        other = replied.get(annotation["id"])
        if other is not None and other is not annotation:
            replies = {reply["id"]: reply for reply in parts.get(annotation["id"], {}).get("replies", ())}
            annotation["replies"], other["replies"] = with_unchanged(
                annotation["replies"], other["replies"], replies, _missing_part
            )
    return [{**before, "annotations": earlier}, {**after, "annotations": later}]


def _list_pair(change: ListChange) -> list[dict[str, Any] | None]:
    """The list before and after, without the entries that are the same."""
    before = list_record(change.before)
    if change.after is None:
        return [before, None]
    after = list_record(change.after)
    before["entries"], after["entries"] = without_unchanged(before["entries"], after["entries"], _id_of_entry)
    return [before, after]


def _id_of_part(part: dict[str, Any]) -> str:
    id_: str = part["id"]
    return id_


def _id_of_entry(entry: list[Any]) -> str:
    id_: str = entry[0]
    return id_


def _missing_part(part_id: str) -> dict[str, Any]:
    """An annotation or a reply that equals none of an item: no date is empty."""
    return {"id": part_id, "kind": "highlight", "author_id": None, "added": "", "body": "", "replies": ()}


def _missing_entry(entry_id: str) -> list[Any]:
    """An entry that equals none of a list: no heading is empty."""
    return [entry_id, "heading", None, None, "", None]


def _authors(pair: list[dict[str, Any] | None]) -> Iterator[str]:
    for item_json in pair:
        if item_json is not None:
            yield from author_ids_in({"item": item_json})
