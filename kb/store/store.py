"""The entry point of the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sqlalchemy import Connection

from kb.store.database.clock import timestamp_now
from kb.store.database.commit_signal import CommitListener, wake_listeners
from kb.store.database.database import Database, in_savepoint, open_database
from kb.store.groups.groups import Groups, mark_groups_changed_since
from kb.store.groups.lists import ItemLists
from kb.store.groups.moderation import Moderation
from kb.store.groups.saved_searches import SavedSearches
from kb.store.groups.vocabularies import Vocabularies
from kb.store.items.change_sequence import Changes
from kb.store.items.contribution_statistics import Contributions
from kb.store.items.index_failures import IndexFailures
from kb.store.items.item_merges import ItemMerges
from kb.store.items.items import Items
from kb.store.items.likes import Likes
from kb.store.items.link_checks import LinkChecks
from kb.store.items.mentions import Mentions
from kb.store.items.page_fetches import PageFetches
from kb.store.items.page_texts import PageTexts
from kb.store.items.reading_list import ReadingLists
from kb.store.items.tag_assignments import TagAssignments
from kb.store.items.undos import Undos
from kb.store.maintenance.in_memory import fill_in_memory_database
from kb.store.maintenance.migration import check_schema
from kb.store.meta import Meta
from kb.store.people.accounts import Accounts
from kb.store.people.credentials import Credentials
from kb.store.people.invitations import Invitations
from kb.store.people.users import Users
from kb.store.personal_data.erased_people import ErasedPeople
from kb.store.personal_data.erasure import Erasure
from kb.store.personal_data.person_data import PersonData
from kb.store.read_snapshot import ReadSnapshot
from kb.store.site.idempotent_answers import IdempotentAnswers
from kb.store.site.import_jobs import ImportJobs
from kb.store.site.outbox import Outbox, ViewsSeen
from kb.store.site.rate_limits import RateLimits
from kb.store.site.site_pages import WrittenPages

P = TypeVar("P")


class _Part(Generic[P]):
    """A repository of a transaction, made at first use."""

    def __init__(self, make: Callable[[Connection], P]) -> None:
        self._make = make

    def __get__(self, held: "WriteTransaction", _owner: type) -> P:
        return self._make(held.connection)


@dataclass(frozen=True, slots=True)
class WriteTransaction:
    """One write transaction. Its reads see what it has written; its repositories are made at first use."""

    connection: Connection

    users = _Part(Users)
    groups = _Part(Groups)
    items = _Part(Items)
    changes = _Part(Changes)
    meta = _Part(Meta)
    rejects = _Part(IndexFailures)
    saved_searches = _Part(SavedSearches)
    pages = _Part(WrittenPages)
    contributions = _Part(Contributions)
    vocabularies = _Part(Vocabularies)
    accounts = _Part(Accounts)
    credentials = _Part(Credentials)
    invitations = _Part(Invitations)
    limits = _Part(RateLimits)
    moderation = _Part(Moderation)
    letters = _Part(Outbox)
    views_seen = _Part(ViewsSeen)
    persons = _Part(PersonData)
    forgotten = _Part(ErasedPeople)
    erasing = _Part(Erasure)
    tagging = _Part(TagAssignments)
    undos = _Part(Undos)
    reading_lists = _Part(ReadingLists)
    intakes = _Part(ImportJobs)
    outlines = _Part(ItemLists)
    answered = _Part(IdempotentAnswers)
    fetches = _Part(PageFetches)
    page_texts = _Part(PageTexts)
    likes = _Part(Likes)
    mentions = _Part(Mentions)
    link_checks = _Part(LinkChecks)
    merging = _Part(ItemMerges)


@dataclass(frozen=True, slots=True)
class Store:
    """The store. Threads may share it; a child process may continue to use it.

    `within` is an open transaction that the store joins: see `joined`.
    """

    database: Database
    within: WriteTransaction | None = None

    @contextmanager
    def read(self) -> Iterator[ReadSnapshot]:
        """One snapshot: later commits of others are not visible. The database refuses writes through it."""
        if self.within is not None:
            yield self.within
            return
        with self.database.reading() as connection:
            yield WriteTransaction(connection)

    @contextmanager
    def write(self) -> Iterator[WriteTransaction]:
        """One transaction, exclusive over all threads and processes; an exception rolls it back.

        Raises Unavailable, and writes nothing, if the disk is full or fails. Raises RuntimeError inside another
        transaction of the same thread, unless the store is joined to it.
        """
        if self.within is not None:
            with in_savepoint(self.within.items.connection):
                yield self.within
            return
        with self.database.writing() as connection:
            start = timestamp_now()
            yield WriteTransaction(connection)
            if not connection.invalidated:
                mark_groups_changed_since(connection, start)

    def joined(self, writing: WriteTransaction) -> "Store":
        """The same database; all snapshots and transactions of the new store are parts of one open transaction.

        What is done through it is committed together with that transaction, or not at all. Only the thread that opened
        the transaction may use it, and only while the transaction is open.
        """
        return replace(self, within=writing)

    def cut_log(self) -> bool:
        """Remove deleted content from the log that SQLite keeps beside the database; False while others read it."""
        return self.database.cut_log()

    def listen(self) -> CommitListener:
        """A listener for commits, of this process and of others."""
        return CommitListener(self.database.path)

    def wake_listeners(self) -> None:
        """End the wait of all listeners for commits, so that they see a stop signal."""
        wake_listeners(self.database.path)

    def close(self) -> None:
        """Close the connections. The store must not be used afterwards."""
        self.database.close()


def open_store(url: str) -> Store:
    """Open a database that `migrate` has made: `sqlite:///path`; or a new, empty in-memory one: `sqlite:///:memory:`.

    Raises Unavailable, with advice, if the database does not exist, or is older or newer than this program; Invalid for
    an address of another form.
    """
    database = open_database(url)
    try:
        if database.fleeting:
            fill_in_memory_database(database)
        check_schema(database)
    except BaseException:
        database.close()
        raise
    return Store(database)
