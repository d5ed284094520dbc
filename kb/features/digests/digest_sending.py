"""Send digests: find out who is to get one, queue it, and see what became of it.

The position of each subscription and the row of the message are written in one transaction: a kill loses nothing and
tells nothing twice. The text is written when the message is sent, from what its reader may read at that moment.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
from urllib.parse import urlsplit

from kb.features.digests.digest_content import Section, groups_of_reader, new_section, stored_sections, write_digest
from kb.features.digests.digest_schedule import Rhythm, due_after
from kb.features.digests.records.digest_records import Digest, DigestReader, Digests, DigestsReading, Subscription
from kb.features.digests.subscribers import DIGEST_KIND, ask_idle_readers
from kb.model.ids import new_id
from kb.model.people.delivery import DeliveryState
from kb.services.core.library import Library, MessageKind
from kb.services.email.outbox import can_send_email, queue_feature_message
from kb.services.followed_searches.matching import bring_up_to_date
from kb.store import OutboxMessage, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_of
from kb.web.ui.local_time import site_time_zone

_LONGEST_TRIED = timedelta(days=14)
"""How long a digest is tried again whose mail server is down."""
_WAIT = 60.0
"""Seconds between two looks for digests that are due."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueDigest:
    """What is due for a reader at an address: `sections` with something new, and `others` without."""

    reader: DigestReader
    email: str
    sections: tuple[Section, ...]
    others: tuple[Section, ...]


def due_digests(library: Library, now: datetime) -> Iterator[DueDigest]:
    """What is due at a time, for each reader who has something due, in a snapshot for each."""
    with library.store.read() as reading:
        rows_due = DigestsReading(reading.connection).due(timestamp_of(now))
        on_their_way = {digest.reader_id for digest in DigestsReading(reading.connection).waiting()}
    for reader, rows in groupby(rows_due, key=lambda row: row[0]):
        # Of what waits, the reader learns first: after an outage, two messages and not one for each day.
        if reader.id not in on_their_way:
            with library.store.read() as reading:
                found = _due_digest(reading, reader, [subscription for _, subscription in rows])
            if found is not None:
                yield found


def _due_digest(reading: ReadSnapshot, reader: DigestReader, due: list[Subscription]) -> DueDigest | None:
    email = address_of(reading, reader)
    if email is None:
        return None
    groups = groups_of_reader(reading, reader)
    parts = [new_section(reading, groups, reader.user_id, subscription) for subscription in due]
    return DueDigest(
        reader,
        email,
        tuple(part for part in parts if part.item_ids),
        tuple(part for part in parts if not part.item_ids),
    )


def address_of(reading: ReadSnapshot, reader: DigestReader) -> str | None:
    """The address of a reader; None for a user whose account is closed or has no confirmed address."""
    if reader.user_id is None:
        return reader.email
    account = reading.accounts.by_id(reader.user_id)
    return account.email if account is not None and account.closed_at is None else None


class _SentMeanwhile(Exception):
    """Another process has moved a subscription on."""


def queue_digest(library: Library, due: DueDigest, now: datetime) -> str | None:
    """Queue a digest and move its subscriptions on, in one transaction; return its id, None if nothing is new or
    another process was quicker.
    """
    digest_id, moment = new_id(), timestamp_of(now)
    moves = _moves(due, now, site_time_zone(library.settings)[0])
    if not moves:
        return None
    try:
        with library.store.write() as writing:
            records = Digests(writing.connection)
            _move_on(records, moves)
            if not due.sections:
                return None
            records.add_digest(Digest(digest_id, due.reader.id, stored_sections(due.sections), moment))
            _queue(library, writing, digest_id, due.reader, due.email)
    except _SentMeanwhile:
        return None
    return digest_id


def _moves(due: DueDigest, now: datetime, zone: tzinfo) -> list[tuple[Subscription, int, str]]:
    """The subscriptions that change, each with its position and when it is due next."""
    moves = []
    for part in (*due.sections, *due.others):
        before, reader = part.subscription, due.reader
        # What is sent at once is due as soon as something is new: its pause begins with a message.
        is_idle = before.rhythm is Rhythm.NOW and not part.item_ids
        next_time = due_after(before.rhythm, reader.weekday, reader.hour, now, zone)
        after = (part.through, before.due_at if is_idle else timestamp_of(next_time))
        if after != (before.position, before.due_at):
            moves.append((before, *after))
    return moves


def _move_on(records: Digests, moves: list[tuple[Subscription, int, str]]) -> None:
    for before, position, due_at in moves:
        if not records.move_on(before, position, due_at):
            raise _SentMeanwhile


def _queue(library: Library, writing: WriteTransaction, digest_id: str, reader: DigestReader, email: str) -> None:
    base_url = library.settings.base_url
    host = urlsplit(base_url).hostname or "localhost"
    queue_feature_message(
        writing, DIGEST_KIND, digest_id, email, "", recipient_id=reader.user_id,
        unsubscribe_url=f"{base_url}/subscription/{reader.key}/stop", list_id=f"digest.{host}",
    )  # fmt: skip


def digest_at_sending(library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """The digest as its reader may read it now; None if nothing is left of it."""
    records = DigestsReading(reading.connection)
    digest = records.digest(message.author_key or "")
    reader = records.reader(digest.reader_id) if digest else None
    email = address_of(reading, reader) if reader else None
    if digest is None or reader is None or email is None:
        return None
    following = tuple(one for one in records.subscriptions(reader.id) if one.rhythm is not Rhythm.NEVER)
    written = write_digest(library, reading, reader, digest.content, following)
    if written is None:
        return None
    texts = written.email
    return replace(message, recipient=email, subject=written.subject, body=texts.text, html=texts.html)


def settle_digests(library: Library, now: datetime) -> None:
    """See what became of the digests on their way: forget those that were sent; try those again whose server was down;
    and stop what a mail server has refused for good.
    """
    with library.store.read() as reading:
        waiting = DigestsReading(reading.connection).waiting()
        results = reading.outbox.results(DIGEST_KIND, [digest.id for digest in waiting])
    for digest in waiting:
        result = results.get(digest.id)
        if result is not None and result.next_at is not None:
            continue
        with library.store.write() as writing:
            records = Digests(writing.connection)
            reader = records.reader(digest.reader_id)
            is_young = digest.created_at > timestamp_of(now - _LONGEST_TRIED)
            lost = result is None or result.state is DeliveryState.GIVEN_UP
            email = address_of(writing, reader) if reader else None
            if lost and is_young and reader and email:
                _queue(library, writing, digest.id, reader, email)
                continue
            if reader and result and result.state is DeliveryState.REFUSED:
                _log.warning("digests to a reader are stopped: their mail server refuses them")
                records.put_reader(replace(reader, refused_at=timestamp_of(now), refusal=result.answer))
            records.remove_digests([digest.id])


def send_digests(library: Library, now: datetime) -> None:
    """Queue all digests that are due, after running followed searches over what has changed. Raises Unavailable."""
    settle_digests(library, now)
    bring_up_to_date(library)
    for due in due_digests(library, now):
        queue_digest(library, due, now)


def send_digests_until_stopped(library: Library, stop: threading.Event) -> None:
    """Queue digests as they are due, until `stop` is set. Raises Unavailable."""
    while not stop.is_set():
        if can_send_email(library.settings):
            now = datetime.now(UTC)
            send_digests(library, now)
            ask_idle_readers(library, now)
        stop.wait(_WAIT)


DIGEST_MESSAGES = (MessageKind(DIGEST_KIND, digest_at_sending),)
