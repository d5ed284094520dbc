"""The rows of digests: readers, subscriptions, digests on their way, requests of strangers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, text, update

from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.records.follow_records import readable_search_rows
from kb.features.digests.tables import digest_readers as readers
from kb.features.digests.tables import digest_requests as requests
from kb.features.digests.tables import digest_subscriptions as subscriptions
from kb.features.digests.tables import digests
from kb.model.ids import is_id
from kb.store.database.rows import Repository, ValueColumns
from kb.store.items.change_sequence import ChangesReading
from kb.store.tables.followed_search_tables import followed_searches, search_matches
from kb.store.transaction_events import Event, PersonErased

CONFIRM_DAYS = 2
"""Days in which a reader without an account confirms what they asked for."""


@dataclass(frozen=True, slots=True)
class DigestReader:
    """A row of `digest_readers`."""

    id: str
    key: str
    language: str
    weekday: int
    hour: int
    user_id: str | None = None
    email: str | None = None
    consent: str = ""
    consented_at: str | None = None
    renewed_at: str | None = None
    asked_at: str | None = None
    refused_at: str | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row of `digest_subscriptions`."""

    reader_id: str
    search_id: str
    title: str
    rhythm: Rhythm
    position: int
    due_at: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A row of `digests`."""

    id: str
    reader_id: str
    content: str
    created_at: str


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """A row of `digest_requests`."""

    hash: str
    email: str
    parameters: str
    title: str
    rhythm: Rhythm
    language: str
    consent: str
    created_at: str
    search_id: str | None = None


_READERS = ValueColumns(readers, DigestReader)
_SUBSCRIPTIONS = ValueColumns(subscriptions, Subscription)
_DIGESTS = ValueColumns(digests, Digest)
_REQUESTS = ValueColumns(requests, SubscriptionRequest)


class DigestsReading(Repository):
    """What is stored about digests, in one transaction."""

    def reader(self, reader_id: str) -> DigestReader | None:
        return _READERS.first(self.connection, _READERS.select.where(readers.c.id == reader_id))

    def by_key(self, key: str) -> DigestReader | None:
        """The reader whose page of preferences has this key."""
        return _READERS.first(self.connection, _READERS.select.where(readers.c.key == key)) if is_id(key) else None

    def by_email(self, email: str) -> DigestReader | None:
        """The reader without an account who has this address."""
        return _READERS.first(self.connection, _READERS.select.where(readers.c.email == email))

    def of_user(self, user_id: str) -> DigestReader | None:
        """The reader who is this user."""
        return _READERS.first(self.connection, _READERS.select.where(readers.c.user_id == user_id))

    def subscriptions(self, reader_id: str) -> tuple[Subscription, ...]:
        """What a reader follows, by title."""
        chosen = _SUBSCRIPTIONS.select.where(subscriptions.c.reader_id == reader_id)
        return _SUBSCRIPTIONS.all(self.connection, chosen.order_by(subscriptions.c.title, subscriptions.c.search_id))

    def due(self, now: str) -> tuple[tuple[DigestReader, Subscription], ...]:
        """Subscriptions that are due at a time, with their readers, by reader. Of those that are sent at once, only
        where something was found since their position.
        """
        found = exists().where(
            search_matches.c.search_id == subscriptions.c.search_id, search_matches.c.number > subscriptions.c.position
        )
        joined = select(*_READERS.select.selected_columns, *_SUBSCRIPTIONS.select.selected_columns).join_from(
            subscriptions, readers
        )
        chosen = joined.where(
            subscriptions.c.due_at <= now,
            (subscriptions.c.rhythm != Rhythm.NOW.value) | found,
            readers.c.refused_at.is_(None),
        )
        width = len(_READERS.select.selected_columns)
        return tuple(
            (_READERS.value(row[:width]), _SUBSCRIPTIONS.value(row[width:]))
            for row in self.connection.execute(chosen.order_by(readers.c.id, subscriptions.c.created_at))
        )

    def digest(self, digest_id: str) -> Digest | None:
        return _DIGESTS.first(self.connection, _DIGESTS.select.where(digests.c.id == digest_id))

    def waiting(self) -> tuple[Digest, ...]:
        """The digests that were not delivered yet."""
        return _DIGESTS.all(self.connection, _DIGESTS.select.order_by(digests.c.id))

    def request(self, hash_: str) -> SubscriptionRequest | None:
        """A request that waits for its confirmation, or has it."""
        return _REQUESTS.first(self.connection, _REQUESTS.select.where(requests.c.hash == hash_))

    def confirmed_by(self, request: SubscriptionRequest) -> DigestReader | None:
        """The reader who follows what a request asked for since it was confirmed; None if they do not any more."""
        confirmed = exists().where(
            subscriptions.c.reader_id == readers.c.id, subscriptions.c.search_id == request.search_id
        )
        return _READERS.first(self.connection, _READERS.select.where(readers.c.email == request.email, confirmed))

    def idle(self, renewed_before: str, asked_before: str | None = None) -> tuple[DigestReader, ...]:
        """Readers without an account who have not renewed their consent since a time, and were not asked to; or who
        were asked to before another time.
        """
        asked = readers.c.asked_at.is_(None) if asked_before is None else readers.c.asked_at < asked_before
        chosen = _READERS.select.where(readers.c.email.is_not(None), readers.c.renewed_at < renewed_before, asked)
        return _READERS.all(self.connection, chosen.order_by(readers.c.id))

    def counts(self) -> tuple[int, int]:
        """How many readers have no account, and how many readers' mail servers refuse messages."""
        strangers = select(func.count()).select_from(readers).where(readers.c.email.is_not(None))
        refused = select(func.count()).select_from(readers).where(readers.c.refused_at.is_not(None))
        return self._number(strangers), self._number(refused)

    def refused(self, limit: int) -> tuple[DigestReader, ...]:
        """Readers whose mail server refuses messages, the latest first."""
        chosen = _READERS.select.where(readers.c.refused_at.is_not(None))
        return _READERS.all(self.connection, chosen.order_by(readers.c.refused_at.desc(), readers.c.id).limit(limit))


class Digests(DigestsReading):
    """The same, in a write transaction."""

    def put_reader(self, reader: DigestReader) -> None:
        """Insert or change a reader."""
        changed = update(readers).where(readers.c.id == reader.id).values(_READERS.row(reader))
        if not self._write(changed):
            self._insert(readers, _READERS.row(reader))

    def remove_reader(self, reader_id: str) -> None:
        """Erase a reader with all that is stored for them."""
        for table in (digests, subscriptions):
            self._write(delete(table).where(table.c.reader_id == reader_id))
        self._write(delete(readers).where(readers.c.id == reader_id))

    def put_subscription(self, subscription: Subscription) -> None:
        """Insert a subscription, or change the title, the rhythm and the next time of a present one."""
        is_same = (
            subscriptions.c.reader_id == subscription.reader_id,
            subscriptions.c.search_id == subscription.search_id,
        )
        values = {
            "title": subscription.title,
            "rhythm": subscription.rhythm.value,
            "due_at": subscription.due_at,
        }
        if not self._write(update(subscriptions).where(*is_same).values(values)):
            self._insert(subscriptions, _SUBSCRIPTIONS.row(subscription))

    def remove_subscription(self, reader_id: str, search_id: str) -> None:
        chosen = (subscriptions.c.reader_id == reader_id, subscriptions.c.search_id == search_id)
        self._write(delete(subscriptions).where(*chosen))

    def move_on(self, before: Subscription, position: int, due_at: str) -> bool:
        """Note up to where a subscription was told, and when it is due next; False if it was changed meanwhile."""
        is_same = (
            subscriptions.c.reader_id == before.reader_id,
            subscriptions.c.search_id == before.search_id,
            subscriptions.c.position == before.position,
            subscriptions.c.due_at == before.due_at,
        )
        values = {"position": position, "due_at": due_at}
        return self._write(update(subscriptions).where(*is_same).values(values)) > 0

    def add_digest(self, digest: Digest) -> None:
        self._insert(digests, _DIGESTS.row(digest))

    def remove_digests(self, ids: Iterable[str]) -> None:
        for digest_id in ids:
            self._write(delete(digests).where(digests.c.id == digest_id))

    def add_request(self, request: SubscriptionRequest) -> None:
        self._insert(requests, _REQUESTS.row(request))

    def confirm_request(self, hash_: str, search_id: str) -> None:
        """Note what is followed since a request was confirmed."""
        self._write(update(requests).where(requests.c.hash == hash_).values(search_id=search_id))

    def remove_requests_of(self, email: str) -> None:
        self._write(delete(requests).where(requests.c.email == email))

    def remove_requests_before(self, before: str) -> None:
        """Delete requests that were made before a time, but those that led to what a reader follows still."""
        is_followed = exists().where(
            readers.c.email == requests.c.email,
            subscriptions.c.reader_id == readers.c.id,
            subscriptions.c.search_id == requests.c.search_id,
        )
        self._write(delete(requests).where(requests.c.created_at < before, ~is_followed))


def remember_confirmations(connection: Connection) -> None:
    """Keep what was confirmed, which earlier versions forgot."""
    connection.execute(text("ALTER TABLE digest_requests ADD COLUMN search_id TEXT"))
    connection.execute(text("CREATE INDEX digest_requests_email ON digest_requests (email)"))


def delete_erased_people(connection: Connection, events: list[Event]) -> None:
    """Delete the readers of accounts that are erased in a transaction: erasure has emptied their `user_id`."""
    if not any(isinstance(event, PersonErased) for event in events):
        return
    lost = connection.execute(select(readers.c.id).where(readers.c.user_id.is_(None), readers.c.email.is_(None)))
    for reader_id in lost.scalars().all():
        Digests(connection).remove_reader(reader_id)


def delete_waiting(connection: Connection) -> None:
    """After a backup was put back: what it would tell may have been told since, so that what is new counts from now."""
    connection.execute(delete(digests))
    newest = ChangesReading(connection).newest()
    connection.execute(update(subscriptions).values(position=newest))


def personal_digest_data(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """The choices of a user, and what they follow by e-mail."""
    columns = (readers.c.language, readers.c.weekday, readers.c.hour, readers.c.refused_at, readers.c.refusal)
    follows = select(*columns, subscriptions.c.title, followed_searches.c.parameters, subscriptions.c.rhythm)
    joined = follows.select_from(readers.outerjoin(subscriptions).outerjoin(followed_searches))
    chosen = joined.where(readers.c.user_id == user_id).order_by(subscriptions.c.created_at)
    return readable_search_rows(connection, user_id, connection.execute(chosen).mappings())


DIGEST_TABLES = (readers, subscriptions, digests, requests)
