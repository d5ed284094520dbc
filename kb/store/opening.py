"""The way into the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from kb.store.accounts import Accounts
from kb.store.changes import Changes
from kb.store.contributions import Contributions
from kb.store.credentials import Credentials
from kb.store.database import Database, database_of
from kb.store.erasing import Erasing
from kb.store.forgotten import Forgotten
from kb.store.groups import Groups, stamp_again
from kb.store.instants import this_instant
from kb.store.invitations import Invitations
from kb.store.items import Items
from kb.store.letters import Letters, ViewsSeen
from kb.store.limits import Limits
from kb.store.meta import Meta
from kb.store.migrating import check_schema, migrate_database
from kb.store.moderation import Moderation
from kb.store.pages import Pages
from kb.store.persons import Persons
from kb.store.reading import Reading
from kb.store.rejects import Rejects
from kb.store.saved_searches import SavedSearches
from kb.store.users import Users
from kb.store.vocabularies import Vocabularies


@dataclass(frozen=True, slots=True)
class Writing:
    """One write transaction: reads see what it has written."""

    users: Users
    groups: Groups
    items: Items
    changes: Changes
    meta: Meta
    rejects: Rejects
    saved_searches: SavedSearches
    pages: Pages
    contributions: Contributions
    vocabularies: Vocabularies
    accounts: Accounts
    credentials: Credentials
    invitations: Invitations
    limits: Limits
    moderation: Moderation
    letters: Letters
    views_seen: ViewsSeen
    persons: Persons
    forgotten: Forgotten
    erasing: Erasing


@dataclass(frozen=True, slots=True)
class Store:
    """The base. Threads may share it; a child process may go on with it."""

    database: Database

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """One snapshot: what others commit meanwhile is not seen. Writing through it is refused by the database."""
        with self.database.reading() as connection:
            yield _transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Writing]:
        """One transaction, alone among all threads and processes; committed at the end unless an exception leaves it.

        Raises Unavailable, and keeps nothing, when the disk is full or refuses. Raises RuntimeError inside another
        one of the same thread.
        """
        with self.database.writing() as connection:
            start = this_instant()
            yield _transaction(connection)
            if not connection.invalidated:
                stamp_again(connection, start)

    def cut_log(self) -> bool:
        """Leave nothing of what was removed in the log that SQLite keeps beside the base; False while others read."""
        return self.database.cut_log()

    def close(self) -> None:
        """Close the connections. The store is used no more."""
        self.database.close()


def open_store(url: str) -> Store:
    """Open a base that `migrate` has made: `sqlite:///path`; or a fleeting one, new and empty: `sqlite:///:memory:`.

    Raises Unavailable, saying what helps, when the base is absent, or older or newer than this program; Invalid for an
    address that names no base.
    """
    database = database_of(url)
    try:
        if database.fleeting:
            migrate_database(database)
        check_schema(database)
    except BaseException:
        database.close()
        raise
    return Store(database)


def _transaction(connection: Connection) -> Writing:
    return Writing(
        Users(connection),
        Groups(connection),
        Items(connection),
        Changes(connection),
        Meta(connection),
        Rejects(connection),
        SavedSearches(connection),
        Pages(connection),
        Contributions(connection),
        Vocabularies(connection),
        Accounts(connection),
        Credentials(connection),
        Invitations(connection),
        Limits(connection),
        Moderation(connection),
        Letters(connection),
        ViewsSeen(connection),
        Persons(connection),
        Forgotten(connection),
        Erasing(connection),
    )
