"""The outbox: messages that wait to be sent, and the members who visited today."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, delete, func, insert, select, update

from kb.store.database.database import in_savepoint, is_any_of
from kb.store.database.rows import ValueColumns, execute_write, insert_rows
from kb.store.tables.activity_tables import views_seen
from kb.store.tables.site_tables import letters


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """An e-mail message in plain text, after `tries` failed attempts; the next one is at `next_at`.

    `recipient_id` is the user who gets it, if the user has an account; `about_id` is the user whom its text names.
    """

    id: str
    recipient: str
    subject: str
    body: str
    created_at: str
    next_at: str
    tries: int = 0
    recipient_id: str | None = None
    about_id: str | None = None


_MESSAGES = ValueColumns(letters, OutboxMessage)


@dataclass(frozen=True, slots=True)
class OutboxReading:
    """The messages to send, in one transaction."""

    connection: Connection

    def due(self, now: str, limit: int = 20) -> tuple[OutboxMessage, ...]:
        """The messages that are due, the earliest first."""
        chosen = _MESSAGES.select.where(letters.c.next_at <= now).order_by(letters.c.next_at, letters.c.id)
        return _MESSAGES.all(self.connection, chosen.limit(limit))

    def next_due(self) -> str | None:
        """When the next message is due; it may have passed. None if none waits."""
        return cast("str | None", self.connection.scalar(select(func.min(letters.c.next_at))))

    def waiting(self) -> tuple[int, str | None]:
        """How many messages wait, and the date of the oldest."""
        count, oldest = self.connection.execute(select(func.count(), func.min(letters.c.created_at))).one()
        return int(count), oldest


@dataclass(frozen=True, slots=True)
class Outbox(OutboxReading):
    """The messages to send, in a write transaction."""

    def add(self, message: OutboxMessage) -> None:
        insert_rows(self.connection, letters, _MESSAGES.row(message))

    def claim(self, message: OutboxMessage, next_at: str) -> bool:
        """Count an attempt to send a message; False if another process has claimed or removed it meanwhile."""
        chosen = update(letters).where(letters.c.id == message.id, letters.c.tries == message.tries)
        return execute_write(self.connection, chosen.values(next_at=next_at, tries=letters.c.tries + 1)) > 0

    def remove(self, ids: Iterable[str]) -> None:
        """Delete messages that were sent, or will never be."""
        execute_write(self.connection, delete(letters).where(is_any_of(letters.c.id, ids)))

    def purge(self, before: str) -> int:
        """Delete messages that were written before a time and never sent; returns their number."""
        return execute_write(self.connection, delete(letters).where(letters.c.created_at < before))


@dataclass(frozen=True, slots=True)
class ViewsSeen:
    """The viewers of today, as hashes, in one transaction."""

    connection: Connection

    def is_new(self, hash_: str, day: str) -> bool:
        """Whether this view was not recorded today; it is recorded now. Views of other days are deleted."""
        with in_savepoint(self.connection):
            self.connection.execute(delete(views_seen).where(views_seen.c.day != day))
            if self.connection.execute(select(views_seen.c.day).where(views_seen.c.hash == hash_)).first():
                return False
            self.connection.execute(insert(views_seen), [{"hash": hash_, "day": day}])
            return True

    def purge(self, day: str) -> None:
        """Delete the views of other days."""
        execute_write(self.connection, delete(views_seen).where(views_seen.c.day != day))
