"""Lists, with their entries in order."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import delete, func, insert, select, update

from kb.access.actor import AccessScope
from kb.model.followed_search import list_parameters
from kb.model.items.item_list import ItemList, ListEntry, ReviewSettings
from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.store.database.database import in_savepoint, is_any_of
from kb.store.database.json_values import json_of, value_of
from kb.store.database.rows import Conversion, Repository, ValueColumns
from kb.store.items.change_sequence import Changes
from kb.store.items.followed_searches import FollowedSearchesReading
from kb.store.tables.account_tables import users
from kb.store.tables.group_tables import list_entries, lists
from kb.store.tables.item_tables import annotations, items

_LISTS = select(
    lists.c.id, lists.c.group_id, lists.c.user_id, users.c.login, users.c.name.label("user_name"), lists.c.name,
    lists.c.description,
    lists.c.private, lists.c.created_at, lists.c.changed_at, lists.c.version, lists.c.draft, lists.c.review,
).select_from(lists.outerjoin(users, users.c.id == lists.c.user_id))  # fmt: skip
_ENTRIES = ValueColumns(
    list_entries,
    ListEntry,
    {
        "text": Conversion(lambda text: text or "", str),
        "chosen": Conversion(
            lambda text: None if text is None else tuple(text.split()),
            lambda ids: None if ids is None else " ".join(ids),
        ),
    },
)
_ListedItem: TypeAlias = tuple[str, str | None, str | None]
"""An item, the annotation of it that an entry has, and when the entry was added."""


class ItemListsReading(Repository):
    """Lists, in one transaction."""

    def by_id(self, list_id: str) -> ItemList | None:
        """One list with its entries."""
        if not is_storable(list_id):
            return None
        item_lists = self._lists_of_rows(self.connection.execute(_LISTS.where(lists.c.id == list_id)).all())
        return item_lists[0] if item_lists else None

    def of_groups(self, group_ids: Iterable[str], made_by: str | None = None) -> tuple[ItemList, ...]:
        """The lists of some groups and those that a user made, without entries; the latest changed first."""
        condition = is_any_of(lists.c.group_id, group_ids)
        if made_by is not None:
            condition |= lists.c.user_id == made_by
        rows = self.connection.execute(_LISTS.where(condition).order_by(lists.c.changed_at.desc(), lists.c.id))
        return tuple(_list(row, ()) for row in rows)

    def headers(self, list_ids: Iterable[str]) -> dict[str, ItemList]:
        """Lists without their entries, by id."""
        rows = self.connection.execute(_LISTS.where(is_any_of(lists.c.id, list_ids)))
        return {row.id: _list(row, ()) for row in rows}

    def last_added(
        self, list_ids: Iterable[str], item_ids: Collection[str] | None = None
    ) -> dict[tuple[str, str], str]:
        """When the last entry of each item was added to each of these lists, by list and item; empty if unknown. Of
        some items, or of all. Items and passages that are gone are left out.
        """
        chosen = (
            select(list_entries.c.list_id, list_entries.c.item_id, func.max(func.coalesce(list_entries.c.added_at, "")))
            .join(items, items.c.id == list_entries.c.item_id)
            .outerjoin(annotations, annotations.c.id == list_entries.c.annotation_id)
            .where(
                is_any_of(list_entries.c.list_id, list_ids),
                list_entries.c.annotation_id.is_(None) | (annotations.c.item == items.c.number),
            )
        )
        if item_ids is not None:
            chosen = chosen.where(is_any_of(list_entries.c.item_id, item_ids))
        rows = self.connection.execute(chosen.group_by(list_entries.c.list_id, list_entries.c.item_id))
        return {(list_id, item_id): added_at for list_id, item_id, added_at in rows}

    def groups_of_items(self, list_id: str) -> frozenset[str]:
        """The ids of the groups in which the items of a list are."""
        chosen = select(items.c.group_id).join(list_entries, list_entries.c.item_id == items.c.id)
        return frozenset(self.connection.execute(chosen.where(list_entries.c.list_id == list_id).distinct()).scalars())

    def passages(self, list_id: str, item_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The annotations of items that a list has as entries of their own, those added last first, by item."""
        chosen = select(list_entries.c.item_id, list_entries.c.annotation_id).where(
            list_entries.c.list_id == list_id,
            is_any_of(list_entries.c.item_id, item_ids),
            list_entries.c.annotation_id.is_not(None),
        )
        found: dict[str, tuple[str, ...]] = {}
        latest = (func.coalesce(list_entries.c.added_at, "").desc(), list_entries.c.position.desc())
        for item_id, annotation_id in self.connection.execute(chosen.order_by(*latest)):
            found[item_id] = (*found.get(item_id, ()), annotation_id)
        return found

    def entry_counts(self, list_ids: Iterable[str], scope: AccessScope) -> dict[str, int]:
        """The number of entries of each list whose item, if they have one, is in the scope; lists without any are left
        out.
        """
        is_there = items.c.id.is_not(None) & (
            list_entries.c.annotation_id.is_(None) | (annotations.c.item == items.c.number)
        )
        if not scope.everything:
            is_there &= is_any_of(items.c.group_id, scope.group_ids)
        rows = self.connection.execute(
            select(list_entries.c.list_id, func.count())
            .select_from(
                list_entries.outerjoin(items, items.c.id == list_entries.c.item_id).outerjoin(
                    annotations, annotations.c.id == list_entries.c.annotation_id
                )
            )
            .where(is_any_of(list_entries.c.list_id, list_ids), list_entries.c.item_id.is_(None) | is_there)
            .group_by(list_entries.c.list_id)
        )
        return {list_id: int(count) for list_id, count in rows}

    def of_person(self, user_id: str) -> tuple[ItemList, ...]:
        """The lists that a user made, with entries, the oldest first."""
        rows = self.connection.execute(_LISTS.where(lists.c.user_id == user_id).order_by(lists.c.created_at))
        return tuple(self._lists_of_rows(rows.all()))

    def _lists_of_rows(self, rows: Sequence[Any]) -> list[ItemList]:
        entries: dict[str, list[ListEntry]] = {row.id: [] for row in rows}
        chosen = _ENTRIES.select.add_columns(list_entries.c.list_id).where(is_any_of(list_entries.c.list_id, entries))
        for *row, list_id in self.connection.execute(chosen.order_by(list_entries.c.list_id, list_entries.c.position)):
            entries[list_id].append(_ENTRIES.value(row))
        return [_list(row, entries[row.id]) for row in rows]


class ItemLists(ItemListsReading):
    """Lists, in a write transaction."""

    def add(self, one_list: ItemList) -> None:
        """Insert a list."""
        with in_savepoint(self.connection):
            self.connection.execute(insert(lists), [_row(one_list)])
            self._add_entries(one_list)
            self._record_for_followers(one_list.id, _items_of(one_list))

    def update(self, one_list: ItemList) -> None:
        """Replace a list and its entries."""
        with in_savepoint(self.connection):
            self.connection.execute(update(lists).where(lists.c.id == one_list.id).values(_row(one_list)))
            before = self._listed_items(one_list.id)
            self.connection.execute(delete(list_entries).where(list_entries.c.list_id == one_list.id))
            self._add_entries(one_list)
            self._record_for_followers(one_list.id, before ^ _items_of(one_list))

    def remove(self, ids: Iterable[str]) -> None:
        """Remove lists with their entries."""
        chosen = list(ids)
        for list_id in chosen:
            self._record_for_followers(list_id, self._listed_items(list_id))
        self._write(
            delete(list_entries).where(is_any_of(list_entries.c.list_id, chosen)),
            delete(lists).where(is_any_of(lists.c.id, chosen)),
        )

    def purge_drafts(self, before: str) -> None:
        """Remove the drafts that nobody has changed since."""
        chosen = select(lists.c.id).where(lists.c.draft, lists.c.changed_at < before)
        self.remove(self.connection.execute(chosen).scalars().all())

    def _listed_items(self, list_id: str) -> set[_ListedItem]:
        chosen = select(list_entries.c.item_id, list_entries.c.annotation_id, list_entries.c.added_at)
        rows = self.connection.execute(chosen.where(list_entries.c.list_id == list_id))
        return {(item_id, annotation_id, added_at) for item_id, annotation_id, added_at in rows if item_id}

    def _record_for_followers(self, list_id: str, changed: Collection[_ListedItem]) -> None:
        """If somebody follows a list, record its items that came or went: followed searches run over changed items."""
        if changed and FollowedSearchesReading(self.connection).by_parameters(list_parameters(list_id)) is not None:
            Changes(self.connection).record_for_index(sorted({item_id for item_id, _, _ in changed}))

    def _add_entries(self, one_list: ItemList) -> None:
        rows = (
            {"list_id": one_list.id, "position": position, **_ENTRIES.row(entry)}
            for position, entry in enumerate(one_list.entries)
        )
        self._insert(list_entries, *rows)


def _items_of(one_list: ItemList) -> set[_ListedItem]:
    return {(entry.item_id, entry.annotation_id, entry.added_at) for entry in one_list.entries if entry.item_id}


def _row(one_list: ItemList) -> dict[str, Any]:
    return {
        "id": one_list.id,
        "group_id": one_list.group_id,
        "user_id": one_list.owner.id if one_list.owner else None,
        "name": one_list.name,
        "description": one_list.description,
        "private": one_list.private,
        "version": one_list.version,
        "created_at": one_list.created_at,
        "changed_at": one_list.changed_at,
        "draft": one_list.draft,
        "review": json.dumps(json_of(one_list.review), ensure_ascii=False),
    }


def _list(row: Any, entries: Sequence[ListEntry]) -> ItemList:
    owner = User(row.user_id, row.login, row.user_name) if row.user_id is not None else None
    return ItemList(
        row.id,
        row.group_id,
        owner,
        row.name,
        row.description or "",
        bool(row.private),
        row.created_at,
        row.changed_at,
        row.version,
        tuple(entries),
        bool(row.draft),
        value_of(ReviewSettings, json.loads(row.review), {}) if row.review else ReviewSettings(),
    )
