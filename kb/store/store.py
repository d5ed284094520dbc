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
    """A part of a transaction, made when it is asked for."""

    def __init__(self, make: Callable[[Connection], P]) -> None:
        self._make = make

    def __get__(self, held: "WriteTransaction", _owner: type) -> P:
        return self._make(held.connection)


@dataclass(frozen=True, slots=True)
class WriteTransaction:
    """One write transaction: reads see what it has written. Its parts are made when they are asked for."""

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
    """The base. Threads may share it; a child process may go on with it.

    `within` is a transaction that is open already: see `joined`.
    """

    database: Database
    within: WriteTransaction | None = None

    @contextmanager
    def read(self) -> Iterator[ReadSnapshot]:
        """One snapshot: what others commit meanwhile is not seen. Writing through it is refused by the database."""
        if self.within is not None:
            yield self.within
            return
        with self.database.reading() as connection:
            yield WriteTransaction(connection)

    @contextmanager
    def write(self) -> Iterator[WriteTransaction]:
        """One transaction, alone among all threads and processes; committed at the end unless an exception leaves it.

        Raises Unavailable, and keeps nothing, when the disk is full or refuses. Raises RuntimeError inside another
        one of the same thread, but for a store that is joined to it.
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
        """The same base, all of whose snapshots and transactions are parts of one transaction that is open.

        What is done through it is done together, or not at all, and only once that transaction is committed. It is for
        the thread that has opened the transaction, and for as long as it lasts.
        """
        return replace(self, within=writing)

    def cut_log(self) -> bool:
        """Leave nothing of what was removed in the log that SQLite keeps beside the base; False while others read."""
        return self.database.cut_log()

    def listen(self) -> CommitListener:
        """What waits for commits, of this process and of others."""
        return CommitListener(self.database.path)

    def wake_listeners(self) -> None:
        """End the wait of everything that waits for commits, to let it see that it is to stop."""
        wake_listeners(self.database.path)

    def close(self) -> None:
        """Close the connections. The store is used no more."""
        self.database.close()


def open_store(url: str) -> Store:
    """Open a base that `migrate` has made: `sqlite:///path`; or a fleeting one, new and empty: `sqlite:///:memory:`.

    Raises Unavailable, saying what helps, when the base is absent, or older or newer than this program; Invalid for an
    address that names no base.
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
