"""The outbox: messages that wait to be sent, and the members who visited today."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, func, insert, or_, select, update

from kb.model.people.delivery import UNDELIVERED, Delivery, DeliveryState
from kb.store.database.database import in_savepoint, is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.account_tables import invitations
from kb.store.tables.activity_tables import views_seen
from kb.store.tables.site_tables import outbox

SITE_KIND = "site"
"""The kind of the messages of the site itself: about an account, an invitation, a request, a mention."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """An e-mail message after `tries` failed attempts; the next one is at `next_at`.

    `recipient_id` is the user who gets it, if the user has an account; `about_id` is the user whom its text names,
    `invitation_id` the invitation whose link it brings; `answer` is the last answer of the mail server.

    `body` is plain text, `html` the same content as HTML, if the message has such a part. `kind` names who asks for the
    rights again when it is sent; `author_key` is the key by which its author asks for its result. A `POST` to
    `unsubscribe_url` stops such messages (RFC 8058), and `list_id` names them (RFC 2919).
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
    kind: str = SITE_KIND
    author_key: str | None = None
    html: str = ""
    unsubscribe_url: str = ""
    list_id: str = ""


_MESSAGES = ValueColumns(outbox, OutboxMessage)
_NEVER = "9999-12-31T00:00:00.000000Z"
"""The time of the next attempt for a message that is not tried again."""
_FAILED = (outbox.c.next_at == _NEVER) & outbox.c.state.in_([state.value for state in UNDELIVERED])


class OutboxReading(Repository):
    """The messages to send, in one transaction."""

    def due(self, now: str, limit: int = 20) -> tuple[OutboxMessage, ...]:
        """The messages that are due, the earliest first. Those of the site come before those of features, which may
        be thousands at once.
        """
        order = (outbox.c.kind != SITE_KIND, outbox.c.next_at, outbox.c.id)
        chosen = _MESSAGES.select.where(outbox.c.next_at <= now).order_by(*order)
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
        """The number of messages in each state, of those that no mail server has accepted."""
        chosen = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        found = {state: count for state, count in self.connection.execute(chosen)}  # noqa: C416 - rows are not pairs for mypy
        unaccepted = (state for state in DeliveryState if state not in (DeliveryState.SENT, DeliveryState.DROPPED))
        return {state: found.get(state.value, 0) for state in unaccepted}

    def failures(self) -> tuple[int, int]:
        """The number of messages that are not tried again: all, and those that bring an invitation to the site."""
        of_site = select(func.count()).select_from(outbox).join(invitations, invitations.c.id == outbox.c.invitation_id)
        return (
            self._number(select(func.count()).select_from(outbox).where(_FAILED)),
            self._number(of_site.where(_FAILED, invitations.c.group_id.is_(None))),
        )

    def undelivered(self, limit: int) -> tuple[tuple[str, str], ...]:
        """The recipients of messages that are not tried again, with the date of the message, the latest first."""
        chosen = select(outbox.c.recipient, outbox.c.created_at).where(_FAILED)
        rows = self.connection.execute(chosen.order_by(outbox.c.created_at.desc(), outbox.c.id).limit(limit))
        return tuple((recipient, created_at) for recipient, created_at in rows)

    def deliveries(self, invitation_ids: Iterable[str]) -> dict[str, Delivery]:
        """The deliveries of the messages that bring these invitations, as far as they are in the outbox."""
        return self._deliveries(outbox.c.invitation_id, is_any_of(outbox.c.invitation_id, invitation_ids))

    def results(self, kind: str, author_keys: Iterable[str]) -> dict[str, Delivery]:
        """The deliveries of the messages of a kind with these keys, as far as they are in the outbox: 30 days after
        they were written they are there no more.
        """
        return self._deliveries(outbox.c.author_key, outbox.c.kind == kind, is_any_of(outbox.c.author_key, author_keys))

    def keys_to(self, recipient: str, kinds: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """The kind and the key of each message of these kinds to an address."""
        to_one = (outbox.c.recipient == recipient, outbox.c.kind.in_(list(kinds)), outbox.c.author_key.is_not(None))
        rows = self.connection.execute(select(outbox.c.kind, outbox.c.author_key).where(*to_one))
        return tuple((kind, key) for kind, key in rows)

    def _deliveries(self, key: Column[Any], *chosen: ColumnElement[bool]) -> dict[str, Delivery]:
        columns = (key, outbox.c.state, outbox.c.answer, outbox.c.tries, outbox.c.next_at)
        return {
            found: Delivery(DeliveryState(state), answer, tries, None if next_at == _NEVER else next_at)
            for found, state, answer, tries, next_at in self.connection.execute(select(*columns).where(*chosen))
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
        which may have a secret link, and keeps its recipient only if it was not delivered.
        """
        values = {"state": state.value, "answer": answer}
        if is_final:
            values |= {"next_at": _NEVER, "subject": "", "body": "", "html": "", "unsubscribe_url": ""}
            if state not in UNDELIVERED:
                values["recipient"] = ""
        self._write(update(outbox).where(outbox.c.id == message_id).values(values))

    def remove(self, ids: Iterable[str]) -> None:
        """Delete messages that were sent, or will never be."""
        self._write(delete(outbox).where(is_any_of(outbox.c.id, ids)))

    def remove_waiting(self) -> None:
        """Delete the messages that are still to be sent."""
        self._write(delete(outbox).where(outbox.c.next_at < _NEVER))

    def remove_by_key(self, kind: str, author_keys: Iterable[str]) -> None:
        """Delete messages of a kind, by key, with their results."""
        self._write(delete(outbox).where(outbox.c.kind == kind, is_any_of(outbox.c.author_key, author_keys)))

    def purge(self, before: str, failed_before: str) -> None:
        """Delete messages that were written before a time and never sent, those that are not tried again and were
        written before another one, and those that failed and whose invitation is no more.
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
