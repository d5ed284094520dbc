"""The parts of a library that the indexer needs: a database, an index, and their paths."""

from collections.abc import Callable
from typing import Protocol

from kb.search.index_search import Catalogue
from kb.settings import Settings
from kb.store import Store

Progress = Callable[[int, int], None]
"""Told now and then how many items are done, and how many there are in all."""


class IndexerContext(Protocol):
    """A library, as `kb.services.core.library` puts it together."""

    @property
    def store(self) -> Store: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def settings(self) -> Settings: ...
