"""The entry point of the store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, overload

from sqlalchemy import Connection

from kb.model.items.item_vectors import ItemVectors
from kb.model.quotation_rule import QuotationRule
from kb.store.database.clock import timestamp_now
from kb.store.database.commit_signal import Listener
from kb.store.database.database import Database, in_savepoint, open_database
from kb.store.database.rows import Repository
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.database.standby_key import IS_STANDBY
from kb.store.feature_store import FeatureStore
from kb.store.groups.groups import Groups, GroupsReading, mark_groups_changed_since
from kb.store.groups.moderation import Moderation, ModerationReading
from kb.store.groups.saved_searches import SavedSearches, SavedSearchesReading
from kb.store.groups.vocabularies import Vocabularies, VocabulariesReading
from kb.store.items.change_sequence import Changes, ChangesReading, IndexFailures, IndexFailuresReading
from kb.store.items.contributions import Contributions, ContributionsReading
from kb.store.items.daily_views import DailyViews, DailyViewsReading
from kb.store.items.followed_searches import FollowedSearches, FollowedSearchesReading
from kb.store.items.incomplete_items import IncompleteItemsReading
from kb.store.items.item_files import ItemFiles, ItemFilesReading
from kb.store.items.item_merges import ItemMerges, ItemMergesReading
from kb.store.items.items import Items, ItemsReading
from kb.store.items.likes import Likes, LikesReading
from kb.store.items.link_checks import LinkChecks, LinkChecksReading
from kb.store.items.lists import ItemLists, ItemListsReading
from kb.store.items.page_fetches import PageFetches, PageFetchesReading
from kb.store.items.page_texts import PageTexts, PageTextsReading
from kb.store.items.reading_list import ReadingLists, ReadingListsReading
from kb.store.items.tag_assignments import TagAssignments, TagAssignmentsReading
from kb.store.items.undos import Undos, UndosReading
from kb.store.maintenance.feature_tables import removed_features, require_no_removed_features
from kb.store.maintenance.migration import check_schema, fill_in_memory_database
from kb.store.meta import Meta, MetaReading
from kb.store.people.accounts import Accounts, AccountsReading
from kb.store.people.credentials import Credentials, CredentialsReading
from kb.store.people.imported_names import ImportedNames, ImportedNamesReading
from kb.store.people.invitations import Invitations, InvitationsReading
from kb.store.people.users import Users, UsersReading
from kb.store.personal_data.erased_people import ErasedPeople, ErasedPeopleReading
from kb.store.personal_data.erasure import Erasure
from kb.store.personal_data.person_data import PersonData
from kb.store.site.idempotent_answers import IdempotentAnswers, IdempotentAnswersReading
from kb.store.site.import_jobs import ImportJobs, ImportJobsReading
from kb.store.site.outbox import Outbox, OutboxReading, ViewsSeen
from kb.store.site.rate_limits import RateLimits, RateLimitsReading
from kb.store.site.site_pages import PagesReading, WrittenPages
from kb.store.transaction_events import clear_events, events_of

R = TypeVar("R", bound=Repository)
W = TypeVar("W", bound=Repository)


class _Repository(Generic[R, W]):
    """A repository of a transaction, made at each use: one that only reads, and one that writes too."""

    def __init__(self, read: type[R], write: type[W]) -> None:
        self._read, self._write = read, write

    @overload
    def __get__(self, snapshot: "WriteTransaction", _owner: type) -> W: ...
    @overload
    def __get__(self, snapshot: "ReadSnapshot", _owner: type) -> R: ...
    def __get__(self, snapshot: "ReadSnapshot", _owner: type) -> R | W:
        return (self._write if isinstance(snapshot, WriteTransaction) else self._read)(snapshot.connection)


@dataclass(frozen=True, slots=True)
class ReadSnapshot:
    """One snapshot of the database. Its repositories, made at each use, only read."""

    connection: Connection

    @property
    def may_lack_commits(self) -> bool:
        """Whether it is of a standby, because no server that writes could be reached: commits may not be there yet."""
        return bool(self.connection.info.get(IS_STANDBY))

    users = _Repository(UsersReading, Users)
    groups = _Repository(GroupsReading, Groups)
    items = _Repository(ItemsReading, Items)
    changes = _Repository(ChangesReading, Changes)
    meta = _Repository(MetaReading, Meta)
    index_failures = _Repository(IndexFailuresReading, IndexFailures)
    saved_searches = _Repository(SavedSearchesReading, SavedSearches)
    site_pages = _Repository(PagesReading, WrittenPages)
    contributions = _Repository(ContributionsReading, Contributions)
    vocabularies = _Repository(VocabulariesReading, Vocabularies)
    accounts = _Repository(AccountsReading, Accounts)
    credentials = _Repository(CredentialsReading, Credentials)
    invitations = _Repository(InvitationsReading, Invitations)
    rate_limits = _Repository(RateLimitsReading, RateLimits)
    moderation = _Repository(ModerationReading, Moderation)
    outbox = _Repository(OutboxReading, Outbox)
    person_data = _Repository(PersonData, PersonData)
    erased_people = _Repository(ErasedPeopleReading, ErasedPeople)
    tag_assignments = _Repository(TagAssignmentsReading, TagAssignments)
    undos = _Repository(UndosReading, Undos)
    reading_lists = _Repository(ReadingListsReading, ReadingLists)
    import_jobs = _Repository(ImportJobsReading, ImportJobs)
    imported_names = _Repository(ImportedNamesReading, ImportedNames)
    lists = _Repository(ItemListsReading, ItemLists)
    idempotent_answers = _Repository(IdempotentAnswersReading, IdempotentAnswers)
    page_fetches = _Repository(PageFetchesReading, PageFetches)
    page_texts = _Repository(PageTextsReading, PageTexts)
    item_files = _Repository(ItemFilesReading, ItemFiles)
    likes = _Repository(LikesReading, Likes)
    link_checks = _Repository(LinkChecksReading, LinkChecks)
    incomplete_items = _Repository(IncompleteItemsReading, IncompleteItemsReading)
    item_merges = _Repository(ItemMergesReading, ItemMerges)
    daily_views = _Repository(DailyViewsReading, DailyViews)
    followed_searches = _Repository(FollowedSearchesReading, FollowedSearches)


@dataclass(frozen=True, slots=True)
class WriteTransaction(ReadSnapshot):
    """One write transaction. Its reads see what it has written."""

    @property
    def views_seen(self) -> ViewsSeen:
        return ViewsSeen(self.connection)

    @property
    def erasure(self) -> Erasure:
        return Erasure(self.connection)


@dataclass(frozen=True, slots=True)
class Store:
    """The store. Threads may share it; a child process may continue to use it.

    `features` are those whose tables the database has; `within` is an open transaction that the store joins: see
    `joined`.
    """

    database: Database
    features: tuple[FeatureStore, ...]
    within: WriteTransaction | None = None

    @contextmanager
    def read(self) -> Iterator[ReadSnapshot]:
        """One snapshot: later commits of others are not visible. The database refuses writes through it."""
        if self.within is not None:
            yield self.within
            return
        with self.database.reading() as connection:
            yield ReadSnapshot(connection)

    @contextmanager
    def write(self, *, is_durable: bool = True) -> Iterator[WriteTransaction]:
        """One transaction, exclusive over all threads and processes; an exception rolls it back.

        `is_durable` False is for counters, which a crash may set back: on PostgreSQL, nobody waits for a standby then.
        Raises Unavailable, and writes nothing, if the disk is full or fails. Raises RuntimeError inside another
        transaction of the same thread, unless the store is joined to it.
        """
        if self.within is not None:
            with in_savepoint(self.within.items.connection):
                yield self.within
            return
        with self.database.writing(is_durable=is_durable) as connection:
            start = timestamp_now()
            clear_events(connection)
            yield WriteTransaction(connection)
            if not connection.invalidated:
                mark_groups_changed_since(connection, start)
                events = events_of(connection)
                for feature in self.features:
                    feature.before_commit(connection, events)

    def vectors_of(self, reading: ReadSnapshot, item_ids: Sequence[str]) -> Mapping[str, ItemVectors]:
        """The vectors of items, by id, from the features that have them; items without any are left out."""
        found: dict[str, ItemVectors] = {}
        for feature in self.features:
            found |= feature.vectors(reading.connection, item_ids)
        return found

    def quotation_rules(self, reading: ReadSnapshot, group_ids: Sequence[str]) -> dict[tuple[str, str], QuotationRule]:
        """What groups let pass on of their sources, from the features that know it."""
        found: dict[tuple[str, str], QuotationRule] = {}
        for feature in self.features:
            found |= feature.quotation_rules(reading.connection, group_ids)
        return found

    def used_by_group(self, reading: ReadSnapshot, group_id: str) -> int:
        """The bytes that the files of a group take, and what features store like files."""
        others = sum(feature.bytes_of_group(reading.connection, group_id) for feature in self.features)
        return reading.item_files.used_by_group(group_id) + others

    def purge_features(self, writing: WriteTransaction) -> None:
        """Delete what features store of items that no longer exist and cannot be restored."""
        for feature in self.features:
            feature.purge(writing.connection)

    def require_complete_erasure(self, writing: WriteTransaction) -> None:
        """Raise Unavailable if the database has tables of a feature that is not installed: they may name people."""
        require_no_removed_features(writing.connection, self.features)

    def removed_features(self, reading: ReadSnapshot) -> tuple[str, ...]:
        """The features whose tables are in the database and which are not installed, by name."""
        return removed_features(reading.connection, self.features)

    def joined(self, writing: WriteTransaction) -> "Store":
        """The same database; all snapshots and transactions of the new store are parts of one open transaction.

        What is done through it is committed together with that transaction, or not at all. Only the thread that opened
        the transaction may use it, and only while the transaction is open.
        """
        return replace(self, within=writing)

    def cut_log(self) -> bool:
        """Remove deleted content from the log that SQLite keeps beside the database; False while others read it."""
        return self.database.cut_log()

    def listen(self) -> Listener:
        """A listener for commits, of this process and of others."""
        return self.database.listen()

    @property
    def is_shared(self) -> bool:
        """Whether several machines may use this database."""
        return not isinstance(self.database, SqliteDatabase)

    @property
    def generation(self) -> str:
        """A name of the server that accepts writes, which changes when another one is promoted; empty if that is never.

        It is the last one that this process has reached.
        """
        return self.database.generation

    def leadership(self) -> AbstractContextManager[Callable[[], bool] | None]:
        """Lead all machines that use this database: see `Database.leadership`."""
        return self.database.leadership()

    def wake_listeners(self) -> None:
        """End the wait of all listeners for commits, so that they see a stop signal."""
        self.database.wake_listeners()

    def close(self) -> None:
        """Close the connections. The store must not be used afterwards."""
        self.database.close()


def open_store(url: str, features: Sequence[FeatureStore]) -> Store:
    """Open a database that `migrate` has made: `sqlite:///path`; or a new, empty in-memory one: `sqlite:///:memory:`.
    `features` are all that are installed, on or off, as for `migrate`.

    Raises Unavailable, with advice, if the database does not exist, or is older or newer than this program; Invalid for
    an address of another form.
    """
    database = open_database(url)
    try:
        if isinstance(database, SqliteDatabase) and database.fleeting:
            fill_in_memory_database(database, features)
        check_schema(database, features)
    except BaseException:
        database.close()
        raise
    return Store(database, tuple(features))
