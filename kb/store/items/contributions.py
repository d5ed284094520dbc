"""Statistics of the contributions of users to groups."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, delete, func, literal, select, true, union, union_all, update

from kb.model.people.group import PERSONAL
from kb.model.people.user import Contribution
from kb.model.storable_text import is_storable
from kb.store.database.clock import timestamp_now
from kb.store.database.database import batches, in_savepoint
from kb.store.database.json_values import replace_user
from kb.store.database.rows import Repository
from kb.store.groups.groups import mark_groups_changed
from kb.store.items.change_sequence import Changes
from kb.store.people.users import user_of_row
from kb.store.tables.account_tables import IS_IMPORTED, accounts, users
from kb.store.tables.group_tables import groups
from kb.store.tables.item_tables import annotations, item_sharers, items
from kb.store.tables.moderation_tables import removed_content


class ContributionsReading(Repository):
    """The contributions of users, in one transaction."""

    def item_ids(self, user_id: str, group_id: str | None = None) -> list[str]:
        """The items that a user shared or annotated, in one group or in all."""
        here = true() if group_id is None else items.c.group_id == group_id
        return list(self.connection.execute(union(*_contributed(items.c.id, user_id, here))).scalars())

    def is_in_group(self, user_id: str, group_id: str) -> bool:
        """Whether a user shared or annotated an item of a group."""
        every = _contributed(items.c.number, user_id, items.c.group_id == group_id)
        return any(self.connection.execute(statement.limit(1)).first() is not None for statement in every)

    def has_removed_content(self, user_id: str) -> bool:
        """Whether content of a user may be hidden, or in the trash."""
        named = select(removed_content.c.id).where(removed_content.c.body.contains(user_id, autoescape=True)).limit(1)
        return self.connection.execute(named).first() is not None

    def of_group(self, group_id: str) -> tuple[Contribution, ...]:
        """All users who contributed to a group, by login."""
        return self._counted(items.c.group_id == group_id) if is_storable(group_id) else ()

    def imported(self) -> tuple[Contribution, ...]:
        """All users without account who contributed to a shared library, by login."""
        shared = select(groups.c.id).where(groups.c.slug.not_like(PERSONAL + "%"))
        without = users.c.id.not_in(select(accounts.c.user_id))
        return self._counted(items.c.group_id.in_(shared), without)

    def of_person(self, user_id: str) -> dict[str, tuple[int, int]]:
        """How many items a user shared, and how many annotations and replies the user wrote, by group id."""
        shared = select(items.c.group_id, func.count(), literal(0)).where(items.c.author_id == user_id)
        annotated = (
            select(items.c.group_id, literal(0), func.count())
            .select_from(annotations.join(items, items.c.number == annotations.c.item))
            .where(annotations.c.author_id == user_id)
        )
        both = union_all(shared.group_by(items.c.group_id), annotated.group_by(items.c.group_id))
        counts: dict[str, tuple[int, int]] = {}
        for group_id, items_, annotations_ in self.connection.execute(both):
            subtotal = counts.get(group_id, (0, 0))
            counts[group_id] = (subtotal[0] + items_, subtotal[1] + annotations_)
        return counts

    def _counted(self, here: ColumnElement[bool], who: ColumnElement[bool] | None = None) -> tuple[Contribution, ...]:
        shared = select(
            items.c.author_id,
            func.count().label("shared"),
            literal(0).label("annotated"),
            func.max(items.c.added).label("last"),
        )
        annotated = select(
            annotations.c.author_id, literal(0), func.count(), func.max(annotations.c.added)
        ).select_from(annotations.join(items, items.c.number == annotations.c.item))
        both = union_all(
            shared.where(here).group_by(items.c.author_id), annotated.where(here).group_by(annotations.c.author_id)
        ).subquery()
        counted = (
            select(
                users.c.id,
                users.c.login,
                users.c.name,
                IS_IMPORTED,
                func.sum(both.c.shared),
                func.sum(both.c.annotated),
                func.max(both.c.last),
            )
            .join(both, both.c.author_id == users.c.id)
            .where(true() if who is None else who)
            .group_by(users.c.id, users.c.login, users.c.name)
            .order_by(users.c.login)
        )
        return tuple(
            Contribution(user_of_row(user), int(items_), int(annotations_), last)
            for *user, items_, annotations_, last in self.connection.execute(counted)
        )


class Contributions(ContributionsReading):
    """The contributions of users, in a write transaction."""

    def attribute(self, from_id: str, to_id: str | None, group_id: str | None = None) -> list[str]:
        """Give what a user shared and wrote to another user, or to nobody; returns the items, to be indexed again.

        Hidden content and content in the trash is given too, so that it is the other user's when it is restored.
        """
        ids = self.item_ids(from_id, group_id)
        here = true() if group_id is None else items.c.group_id == group_id
        numbers = select(items.c.number).where(here)
        with in_savepoint(self.connection):
            self.connection.execute(
                update(annotations)
                .where(annotations.c.author_id == from_id, annotations.c.item.in_(numbers))
                .values(author_id=to_id)
            )
            self.connection.execute(update(items).where(items.c.author_id == from_id, here).values(author_id=to_id))
            self._attribute_sharings(from_id, to_id, numbers)
            self._attribute_removals(from_id, to_id, group_id)
            self.mark_changed(ids)
        return ids

    def _attribute_sharings(self, from_id: str, to_id: str | None, numbers: Select[tuple[int]]) -> None:
        """A user who shared an item already is not added twice."""
        here = item_sharers.c.item.in_(numbers)
        if to_id is None:
            self.connection.execute(delete(item_sharers).where(here, item_sharers.c.user_id == from_id))
            return
        own_items = select(items.c.number).where(items.c.author_id == to_id)
        too = select(item_sharers.c.item).where(item_sharers.c.user_id == to_id)
        twice = item_sharers.c.user_id.in_((from_id, to_id)) & item_sharers.c.item.in_(own_items)
        condition = item_sharers.c.user_id == from_id
        self.connection.execute(delete(item_sharers).where(here, twice | (condition & item_sharers.c.item.in_(too))))
        self.connection.execute(update(item_sharers).where(here, condition).values(user_id=to_id))

    def _attribute_removals(self, from_id: str, to_id: str | None, group_id: str | None) -> None:
        here = true() if group_id is None else removed_content.c.group_id == group_id
        named = select(removed_content.c.id, removed_content.c.body).where(
            removed_content.c.body.contains(from_id, autoescape=True), here
        )
        for id_, body in self.connection.execute(named).all():
            record = json.loads(body)
            replace_user(record, from_id, to_id)
            after = json.dumps(record, ensure_ascii=False)
            self.connection.execute(update(removed_content).where(removed_content.c.id == id_).values(body=after))

    def mark_changed(self, ids: Sequence[str]) -> None:
        """Have items indexed again and mark their feeds as changed, after a change of other data about them."""
        now = timestamp_now()
        with in_savepoint(self.connection):
            Changes(self.connection).record(ids)
            for batch in batches(ids):
                self.connection.execute(update(items).where(items.c.id.in_(batch)).values(changed_at=now))
                of_items = select(items.c.group_id).where(items.c.id.in_(batch)).distinct()
                mark_groups_changed(self.connection, list(self.connection.execute(of_items).scalars()), now)


def _contributed(column: Column[Any], user_id: str, here: ColumnElement[bool]) -> tuple[Select[Any], ...]:
    """A column of the items that a user shared, annotated, or shared too; an item may be in several."""
    worded = select(column).join(annotations, annotations.c.item == items.c.number)
    shared_too = select(column).join(item_sharers, item_sharers.c.item == items.c.number)
    return (
        select(column).where(items.c.author_id == user_id, here),
        worded.where(annotations.c.author_id == user_id, here),
        shared_too.where(item_sharers.c.user_id == user_id, here),
    )
