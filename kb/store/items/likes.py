"""The likes of items, annotations and replies."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.store.database.rows import Repository
from kb.store.tables.account_tables import users
from kb.store.tables.activity_tables import likes
from kb.store.tables.item_tables import items
from kb.store.tables.moderation_tables import removed_content


class LikesReading(Repository):
    """Likes, in one transaction."""

    def of_item(self, item_id: str) -> dict[str, tuple[User, ...]]:
        """The users who like an item and each part of it, by the id of the liked thing, the earliest first."""
        if not is_storable(item_id):
            return {}
        chosen = select(likes.c.subject_id, users.c.id, users.c.login, users.c.name)
        whose = chosen.join(users, users.c.id == likes.c.user_id).where(likes.c.item_id == item_id)
        users_by_subject: dict[str, tuple[User, ...]] = {}
        for subject, *row in self.connection.execute(whose.order_by(likes.c.created_at, users.c.login)):
            users_by_subject[subject] = (*users_by_subject.get(subject, ()), User(*row))
        return users_by_subject

    def liked_by(self, user_id: str, subject_ids: Iterable[str]) -> frozenset[str]:
        """Those of some items and parts of items that a user likes."""
        own = select(likes.c.subject_id).where(likes.c.user_id == user_id)
        return frozenset(subject for (subject,) in self._rows_with(own, likes.c.subject_id, subject_ids))

    def of_user(self, user_id: str) -> tuple[tuple[str, str, str], ...]:
        """The likes of a user: the item, the liked part of it, the date."""
        chosen = select(likes.c.item_id, likes.c.subject_id, likes.c.created_at).where(likes.c.user_id == user_id)
        rows = self.connection.execute(chosen.order_by(likes.c.created_at, likes.c.subject_id))
        return tuple((item_id, subject, created_at) for item_id, subject, created_at in rows)


class Likes(LikesReading):
    """Likes, in a write transaction."""

    def add(self, subject_id: str, item_id: str, user_id: str, created_at: str) -> None:
        """Add a like; does nothing if it is there."""
        row = {"subject_id": subject_id, "item_id": item_id, "user_id": user_id, "created_at": created_at}
        self._insert_missing(likes, row)

    def drop(self, subject_id: str, user_id: str) -> None:
        """Delete a like."""
        self._write(delete(likes).where(likes.c.subject_id == subject_id, likes.c.user_id == user_id))

    def purge_orphans(self) -> None:
        """Delete likes of things that were permanently deleted."""
        statement = select(items.c.id).union(select(removed_content.c.item_id))
        self._write(delete(likes).where(likes.c.item_id.not_in(statement)))
