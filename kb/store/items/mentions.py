"""Mentions of users in texts, and the users who want an e-mail message about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from kb.model.people.mention import Mention
from kb.store.database.database import batches, in_savepoint
from kb.store.tables.activity_tables import mention_letters, mentions
from kb.store.tables.library_tables import annotations
from kb.store.tables.moderation_tables import set_aside


@dataclass(frozen=True, slots=True)
class MentionsReading:
    """Mentions, in one transaction."""

    connection: Connection

    def unread(self, user_id: str, limit: int) -> int:
        """The number of unread mentions of a user, counted up to a limit, readable or not.

        Every page of a signed-in user asks for it, so it reads only the index.
        """
        some = select(mentions.c.annotation_id).where(_of(user_id), mentions.c.seen_at.is_(None)).limit(limit)
        return int(self.connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())

    def of_user(self, user_id: str, limit: int | None = None) -> tuple[Mention, ...]:
        """The mentions of a user, unread ones first, then the latest."""
        order = (mentions.c.seen_at.is_not(None), mentions.c.at.desc(), mentions.c.annotation_id)
        rows = self.connection.execute(select(*_COLUMNS).where(_of(user_id)).order_by(*order).limit(limit))
        return tuple(Mention(*row) for row in rows)

    def in_part(self, annotation_id: str) -> tuple[Mention, ...]:
        """The mentions in one annotation or reply."""
        chosen = select(*_COLUMNS).where(mentions.c.annotation_id == annotation_id)
        return tuple(Mention(*row) for row in self.connection.execute(chosen.order_by(mentions.c.user_id)))

    def wants_letters(self, user_ids: Iterable[str]) -> set[str]:
        """Of these users, those who want an e-mail message when they are mentioned."""
        chosen = select(mention_letters.c.user_id)
        return {
            user_id
            for batch in batches(user_ids)
            for user_id in self.connection.execute(chosen.where(mention_letters.c.user_id.in_(batch))).scalars()
        }


@dataclass(frozen=True, slots=True)
class Mentions(MentionsReading):
    """Mentions, in a write transaction."""

    def add(self, new: Sequence[Mention]) -> None:
        """Insert mentions; an existing one stays as it is."""
        names = ("annotation_id", "user_id", "item_id", "by_id", "at", "seen_at")
        rows = [{name: getattr(one, name) for name in names} for one in new]
        if rows:
            with in_savepoint(self.connection):
                self.connection.execute(insert(mentions).prefix_with("OR IGNORE"), rows)

    def drop(self, annotation_id: str, user_ids: Iterable[str]) -> None:
        """Delete the mentions of these users in a text."""
        with in_savepoint(self.connection):
            for batch in batches(user_ids):
                chosen = delete(mentions).where(mentions.c.annotation_id == annotation_id)
                self.connection.execute(chosen.where(mentions.c.user_id.in_(batch)))

    def see(self, user_id: str, annotation_ids: Iterable[str] | None, at: str) -> None:
        """Mark these mentions of a user, or all of them, as read."""
        unseen = update(mentions).where(_of(user_id), mentions.c.seen_at.is_(None)).values(seen_at=at)
        with in_savepoint(self.connection):
            if annotation_ids is None:
                self.connection.execute(unseen)
                return
            for batch in batches(annotation_ids):
                self.connection.execute(unseen.where(mentions.c.annotation_id.in_(batch)))

    def want_letters(self, user_id: str, *, wanted: bool) -> None:
        """Set whether a user wants these messages."""
        with in_savepoint(self.connection):
            self.connection.execute(delete(mention_letters).where(mention_letters.c.user_id == user_id))
            if wanted:
                self.connection.execute(insert(mention_letters), [{"user_id": user_id}])

    def sweep_orphans(self) -> None:
        """Delete mentions in things that were permanently deleted."""
        gone = mentions.c.annotation_id.not_in(select(annotations.c.id))
        may_come_back = mentions.c.item_id.in_(select(set_aside.c.item_id))
        with in_savepoint(self.connection):
            self.connection.execute(delete(mentions).where(gone, ~may_come_back))


_COLUMNS = (
    mentions.c.annotation_id,
    mentions.c.user_id,
    mentions.c.item_id,
    mentions.c.by_id,
    mentions.c.at,
    mentions.c.seen_at,
)


def _of(user_id: str) -> ColumnElement[bool]:
    return mentions.c.user_id == user_id
