"""The outbox: messages that wait to be sent, and the members who visited today."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from kb.store.database.database import in_savepoint, is_any_of
from kb.store.tables.moderation_tables import letters, views_seen


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A letter in plain text. `tries` were made in vain; the next one is at `next_at`.

    `recipient_id` is the person who gets it, if they have an account; `about_id` the person whom its text names.
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


@dataclass(frozen=True, slots=True)
class Outbox:
    """Letters, in one transaction."""

    connection: Connection

    def due(self, now: str, limit: int = 20) -> tuple[OutboxMessage, ...]:
        """Those whose turn has come, the first first."""
        chosen = select(letters).where(letters.c.next_at <= now).order_by(letters.c.next_at, letters.c.id)
        return tuple(OutboxMessage(*row) for row in self.connection.execute(chosen.limit(limit)))

    def waiting(self) -> tuple[int, str | None]:
        """How many wait, and since when the oldest does."""
        count, oldest = self.connection.execute(select(func.count(), func.min(letters.c.created_at))).one()
        return int(count), oldest

    def add(self, letter: OutboxMessage) -> None:
        """Have a letter sent."""
        row = {
            "id": letter.id,
            "recipient": letter.recipient,
            "subject": letter.subject,
            "body": letter.body,
            "created_at": letter.created_at,
            "next_at": letter.next_at,
            "tries": letter.tries,
            "recipient_id": letter.recipient_id,
            "about_id": letter.about_id,
        }
        with in_savepoint(self.connection):
            self.connection.execute(insert(letters), [row])

    def later(self, letter_id: str, next_at: str) -> None:
        """Note a try in vain."""
        chosen = update(letters).where(letters.c.id == letter_id)
        with in_savepoint(self.connection):
            self.connection.execute(chosen.values(next_at=next_at, tries=letters.c.tries + 1))

    def remove(self, ids: Iterable[str]) -> None:
        """Forget letters: they were sent, or never will be."""
        with in_savepoint(self.connection):
            self.connection.execute(delete(letters).where(is_any_of(letters.c.id, ids)))

    def sweep(self, before: str) -> int:
        """Forget letters that were written before an instant and never sent; tells how many."""
        with in_savepoint(self.connection):
            return self.connection.execute(delete(letters).where(letters.c.created_at < before)).rowcount


@dataclass(frozen=True, slots=True)
class ViewsSeen:
    """Who has seen what today, as hashes, in one transaction."""

    connection: Connection

    def is_new(self, hash_: str, day: str) -> bool:
        """Whether this was not seen yet today; from now on it was. What was seen on other days is forgotten."""
        with in_savepoint(self.connection):
            self.connection.execute(delete(views_seen).where(views_seen.c.day != day))
            if self.connection.execute(select(views_seen.c.day).where(views_seen.c.hash == hash_)).first():
                return False
            self.connection.execute(insert(views_seen), [{"hash": hash_, "day": day}])
            return True

    def sweep(self, day: str) -> None:
        """Forget what was seen on other days."""
        with in_savepoint(self.connection):
            self.connection.execute(delete(views_seen).where(views_seen.c.day != day))
