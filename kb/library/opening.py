"""The way into the library: the only place where its parts are put together."""

from dataclasses import dataclass

from kb.catalogue.searching import Catalogue, open_catalogue
from kb.settings import Settings
from kb.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Library:
    """The base, its index, and how this installation runs. Threads may share it."""

    store: Store
    catalogue: Catalogue
    settings: Settings

    def close(self) -> None:
        """Let go of files and connections; the library is not used afterwards."""
        self.catalogue.close()
        self.store.close()


def open_library(settings: Settings) -> Library:
    """The library that the settings name. Raises Unavailable, saying what helps, when it cannot be opened."""
    store = open_store(settings.store_url)
    try:
        catalogue = open_catalogue(settings.index_url)
    except BaseException:
        store.close()
        raise
    return Library(store, catalogue, settings)
