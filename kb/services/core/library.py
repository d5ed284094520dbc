"""The `Library`: database, index and settings in one object, and the only place that opens them together."""

from dataclasses import dataclass, field

from kb.errors import Unavailable
from kb.search.index_search import Catalogue, open_catalogue
from kb.services.core.vocabulary_cache import VocabularyCache
from kb.settings import Settings
from kb.store import ReadSnapshot, Store, database_identity, open_store

INDEX_NOT_READY = "The base was restored and its index is not ready yet: try again in a moment."


@dataclass(frozen=True, slots=True)
class Library:
    """The database, its index, and the settings. Threads may share it."""

    store: Store
    catalogue: Catalogue
    settings: Settings
    lexicons: VocabularyCache = field(default_factory=VocabularyCache, compare=False, repr=False)

    def close(self) -> None:
        """Close files and connections; the library cannot be used afterwards."""
        self.catalogue.close()
        self.store.close()


def open_library(settings: Settings) -> Library:
    """Open the library that the settings name. Raises Unavailable, with advice, if it cannot be opened."""
    store = open_store(settings.store_url)
    try:
        catalogue = open_catalogue(settings.index_url, settings.index_memory)
    except BaseException:
        store.close()
        raise
    return Library(store, catalogue, settings)


def require_current_index(library: Library, reading: ReadSnapshot) -> None:
    """Raise Unavailable while the index still belongs to a database that a restore has replaced: its counts would be
    wrong.
    """
    if not library.catalogue.checkpoint().is_of_database(database_identity(reading.meta)):
        raise Unavailable(INDEX_NOT_READY)
