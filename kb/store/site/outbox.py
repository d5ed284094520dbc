"""The outbox: messages that wait to be sent, and the members who visited today."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, or_, select, update

from kb.model.people.delivery import Delivery, DeliveryState
from kb.store.database.database import in_savepoint, is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.account_tables import invitations
from kb.store.tables.activity_tables import views_seen
from kb.store.tables.site_tables import outbox


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """An e-mail message in plain text, after `tries` failed attempts; the next one is at `next_at`.

    `recipient_id` is the user who gets it, if the user has an account; `about_id` is the user whom its text names,
    `invitation_id` the invitation whose link it brings; `answer` is the last answer of the mail server.
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
    state: DeliveryState = DeliveryState.QUEUED
    answer: str = ""
    invitation_id: str | None = None


_MESSAGES = ValueColumns(outbox, OutboxMessage)
_NEVER = "9999-12-31T00:00:00.000000Z"
"""The time of the next attempt for a message that is not tried again."""


class OutboxReading(Repository):
    """The messages to send, in one transaction."""

    def due(self, now: str, limit: int = 20) -> tuple[OutboxMessage, ...]:
        """The messages that are due, the earliest first."""
        chosen = _MESSAGES.select.where(outbox.c.next_at <= now).order_by(outbox.c.next_at, outbox.c.id)
        return _MESSAGES.all(self.connection, chosen.limit(limit))

    def next_due(self) -> str | None:
        """When the next message is due; it may have passed. None if none waits."""
        return self._text(select(func.min(outbox.c.next_at)))

    def waiting(self) -> tuple[int, str | None]:
        """How many messages are still to be sent, and the date of the oldest."""
        chosen = select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.next_at < _NEVER)
        count, oldest = self.connection.execute(chosen).one()
        return int(count), oldest

    def counts(self) -> dict[DeliveryState, int]:
        """The number of messages in each state."""
        chosen = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        found = {state: count for state, count in self.connection.execute(chosen)}  # noqa: C416 - rows are not pairs for mypy
        return {state: found.get(state.value, 0) for state in DeliveryState}

    def failures(self) -> tuple[int, int]:
        """The number of messages that are not tried again: all, and those that bring an invitation to the site."""
        failed = outbox.c.next_at == _NEVER
        of_site = select(func.count()).select_from(outbox).join(invitations, invitations.c.id == outbox.c.invitation_id)
        return (
            self._number(select(func.count()).select_from(outbox).where(failed)),
            self._number(of_site.where(failed, invitations.c.group_id.is_(None))),
        )

    def deliveries(self, invitation_ids: Iterable[str]) -> dict[str, Delivery]:
        """The deliveries of the messages that bring these invitations, as far as they are in the outbox."""
        chosen = select(
            outbox.c.invitation_id, outbox.c.state, outbox.c.answer, outbox.c.tries, outbox.c.next_at
        ).where(is_any_of(outbox.c.invitation_id, invitation_ids))
        return {
            row.invitation_id: Delivery(
                DeliveryState(row.state), row.answer, row.tries, None if row.next_at == _NEVER else row.next_at
            )
            for row in self.connection.execute(chosen)
        }


class Outbox(OutboxReading):
    """The messages to send, in a write transaction."""

    def add(self, message: OutboxMessage) -> None:
        self._insert(outbox, _MESSAGES.row(message))

    def claim(self, message: OutboxMessage, next_at: str) -> bool:
        """Count an attempt to send a message; False if another process has claimed or removed it meanwhile."""
        chosen = update(outbox).where(outbox.c.id == message.id, outbox.c.tries == message.tries)
        values = {"next_at": next_at, "tries": outbox.c.tries + 1, "state": DeliveryState.SENDING.value}
        return self._write(chosen.values(values)) > 0

    def record(self, message_id: str, state: DeliveryState, answer: str, *, is_final: bool) -> None:
        """Store the outcome of an attempt. A message that is not tried again keeps neither its subject nor its text,
        which may have a secret link.
        """
        values = {"state": state.value, "answer": answer}
        if is_final:
            values |= {"next_at": _NEVER, "subject": "", "body": ""}
        self._write(update(outbox).where(outbox.c.id == message_id).values(values))

    def remove(self, ids: Iterable[str]) -> None:
        """Delete messages that were sent, or will never be."""
        self._write(delete(outbox).where(is_any_of(outbox.c.id, ids)))

    def purge(self, before: str, failed_before: str) -> None:
        """Delete messages that were written before a time and never sent, those that failed and were written before
        another one, and those that failed and whose invitation is no more.
        """
        failed = outbox.c.next_at == _NEVER
        is_void = outbox.c.invitation_id.is_not(None) & outbox.c.invitation_id.not_in(select(invitations.c.id))
        is_old = or_(~failed & (outbox.c.created_at < before), failed & (outbox.c.created_at < failed_before))
        self._write(delete(outbox).where(or_(is_old, failed & is_void)))


class ViewsSeen(Repository):
    """The viewers of today, as hashes, in one transaction."""

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
        self._write(delete(views_seen).where(views_seen.c.day != day))
