"""The `Library`: database, index and settings in one object, and the only place that opens them together."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic

from kb.errors import Unavailable
from kb.files.file_store import FileStore
from kb.files.opening import open_file_store
from kb.model.inline_picture import InlinePicture
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.embedder import Embedder
from kb.search.index_search import Catalogue, open_catalogue
from kb.search.percolator import KnownPlans
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.settings import Settings
from kb.store import FeatureStore, OutboxMessage, ReadSnapshot, Store, database_identity, open_store


@dataclass(slots=True)
class IndexLag:
    """Watches one change at a time: the newest one, until the index has it. Threads may share it.

    An index that follows steadily, a moment behind a database that changes all the time, reaches each watched change
    soon. One that stands still, or has far to go, does not.
    """

    clock: Callable[[], float] = monotonic
    _base: str = ""
    _change: int = 0
    _since: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def seconds(self, base: str, newest: int, indexed: int) -> float:
        """Seconds since the watched change was first seen, 0 if the index has it.

        `base` is the identity of the database, to which the change numbers belong.
        """
        with self._lock:
            now = self.clock()
            # An older copy of the database may have been restored by hand.
            if base != self._base or newest < self._change or indexed >= self._change:
                self._base, self._change, self._since = base, newest, now
            return now - self._since if indexed < self._change else 0.0


@dataclass(slots=True)
class FirstCatchUp:
    """Whether the index of a process that has just started can be searched for all that the database holds."""

    _base: str = ""
    _change: int = 0
    _is_done: bool = False
    _lock: Lock = field(default_factory=Lock)

    def is_done(self, base: str, newest: int, indexed: int) -> bool:
        """Whether the index has once had the change that was the newest at the first look. Then it stays so."""
        with self._lock:
            if base != self._base or newest < self._change:
                self._base, self._change = base, newest
            self._is_done = self._is_done or indexed >= self._change
            return self._is_done


@dataclass(slots=True)
class StandbyTime:
    """The time since which every check found that the database was read from a standby. Threads may share it."""

    clock: Callable[[], float] = monotonic
    _since: float | None = None
    _lock: Lock = field(default_factory=Lock)

    def seconds(self, *, is_standby: bool) -> float:
        """Seconds since a standby was first seen, 0 if the database is not read from one now."""
        with self._lock:
            if not is_standby:
                self._since = None
                return 0.0
            now = self.clock()
            self._since = now if self._since is None else self._since
            return now - self._since


MOST_LABELS = 200_000
"""Labels that one process keeps in memory, of the most recently used vocabularies; some 500 bytes each."""


@dataclass(slots=True)
class VocabularyCache:
    """The prepared vocabularies of this process, by version, so that an outdated one is never used.

    Each search reads the versions, a row for each group with a vocabulary; a vocabulary itself is read when its version
    is first used.
    """

    _matchers: OrderedDict[str, VocabularyMatcher] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, reading: ReadSnapshot, groups: Iterable[Group]) -> tuple[VocabularyMatcher, ...]:
        """The vocabularies of some groups, as they are in this snapshot. The caller has the right to read them."""
        versions = reading.vocabularies.versions()
        if not versions:
            return ()
        group_versions = [(group.id, versions[group.id]) for group in groups if group.id in versions]
        return tuple(self._matcher(reading, group_id, version) for group_id, version in group_versions)

    def _matcher(self, reading: ReadSnapshot, group_id: str, version: str) -> VocabularyMatcher:
        # One thread prepares it, and the others wait, because all of them need it.
        with self._lock:
            if (matcher := self._matchers.get(version)) is not None:
                self._matchers.move_to_end(version)
                return matcher
            made = VocabularyMatcher.of(group_id, reading.vocabularies.of_group(group_id))
            self._matchers[version] = made
            while (
                len(self._matchers) > 1
                and sum(len(matcher.concepts_by_key) for matcher in self._matchers.values()) > MOST_LABELS
            ):
                self._matchers.popitem(last=False)
            return made

    def for_search(
        self, reading: ReadSnapshot, request: SearchRequest, readable: Iterable[Group]
    ) -> tuple[VocabularyMatcher, ...]:
        """The vocabularies that may expand a search: of the groups that it names, otherwise of all readable groups."""
        if not request.wants_vocabulary:
            return ()
        return self.of(reading, (group for group in readable if not request.group or group.slug in request.group))


MOST_KNOWN_ANSWERS = 2000
"""Queries of which a process remembers whether they find something: those of about a hundred sets of groups."""


@dataclass(slots=True)
class AnswerCache:
    """Whether a query finds something in some groups, as of a commit of the index: the key names all three."""

    _answers: OrderedDict[Hashable, bool] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def known(self, key: Hashable) -> bool | None:
        """The answer; None if it is not known."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def remember(self, key: Hashable, answer: bool) -> None:
        """Remember an answer, in place of the one that was asked least recently."""
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > MOST_KNOWN_ANSWERS:
                self._answers.popitem(last=False)


@dataclass(frozen=True, slots=True)
class MessageKind:
    """A kind of e-mail messages of a feature.

    `at_sending` asks for the rights again when a message is sent: it answers the message as it is to be sent now, or
    None if its recipient may not read it any more. It may write or rewrite subject, text, HTML part and recipient
    (`dataclasses.replace`), so that a message to thousands is not stored thousands of times. The core has checked that
    the account of a recipient with one is open. `pictures` are those of the HTML part, parts of the message too.
    """

    name: str
    at_sending: "Callable[[Library, ReadSnapshot, OutboxMessage], OutboxMessage | None]"
    pictures: "Callable[[Library, ReadSnapshot, OutboxMessage], tuple[InlinePicture, ...]]" = (
        lambda _library, _reading, _message: ()
    )


INDEX_NOT_READY = "The database was restored and its index is not ready yet: try again in a moment."


@dataclass(frozen=True, slots=True)
class Library:
    """The database, its index, and the settings. Threads may share it."""

    store: Store
    catalogue: Catalogue
    settings: Settings
    vocabulary_cache: VocabularyCache = field(default_factory=VocabularyCache, compare=False, repr=False)
    answer_cache: AnswerCache = field(default_factory=AnswerCache, compare=False, repr=False)
    index_lag: IndexLag = field(default_factory=IndexLag, compare=False, repr=False)
    first_catch_up: FirstCatchUp = field(default_factory=FirstCatchUp, compare=False, repr=False)
    standby_time: StandbyTime = field(default_factory=StandbyTime, compare=False, repr=False)
    followed_plans: KnownPlans = field(default_factory=KnownPlans, compare=False, repr=False)
    embedder: Embedder | None = field(default=None, compare=False, repr=False)
    message_kinds: Callable[[], Mapping[str, MessageKind]] = field(default=dict, compare=False, repr=False)
    """The kinds of messages of the features that are on, by name."""

    @property
    def files(self) -> FileStore:
        """The files that belong to items. Raises Unavailable if the client for their store is not installed."""
        return open_file_store(self.settings.files_url, self.settings.data)

    def close(self) -> None:
        """Close files and connections; the library cannot be used afterwards."""
        if self.embedder is not None:
            self.embedder.close()
        self.catalogue.close()
        self.store.close()


def open_library(settings: Settings, features: Sequence[FeatureStore], index_values: Path | None = None) -> Library:
    """Open the library that the settings name, with the tables of all installed features. `index_values` is the folder
    in which the processes of a server share values of the index.

    Raises Unavailable, with advice, if it cannot be opened.
    """
    store = open_store(settings.store_url, features)
    try:
        catalogue = open_catalogue(settings.index_url, settings.index_memory, index_values)
    except BaseException:
        store.close()
        raise
    return Library(store, catalogue, settings)


def require_current_index(library: Library, reading: ReadSnapshot) -> None:
    """Raise Unavailable while the index still belongs to a database that a restore has replaced: it counts wrong."""
    if not library.catalogue.checkpoint().is_of_database(database_identity(reading.meta)):
        raise Unavailable(INDEX_NOT_READY)
