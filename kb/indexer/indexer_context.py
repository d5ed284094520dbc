"""What the indexer needs of a library: a database, an index, their paths, and items with the texts of their pages and
the vectors of their texts.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from kb.model.items.item import Item
from kb.model.items.item_vectors import ItemVectors
from kb.search.index_search import Catalogue
from kb.settings import Settings
from kb.store import ReadSnapshot, Store

_BATCH = 200


def with_page_texts(
    store: Store, reading: ReadSnapshot, items: Iterable[Item]
) -> Iterator[tuple[Item, str | None, ItemVectors | None]]:
    """Items, each with the text of its page and the vectors of its texts, if there are any; only one of these texts is
    in memory at a time.
    """
    rest = iter(items)
    while some := list(islice(rest, _BATCH)):
        ids_with_text = reading.page_texts.present(item.id for item in some)
        vectors = store.vectors_of(reading, [item.id for item in some])
        for item in some:
            page = reading.page_texts.of_item(item.id) if item.id in ids_with_text else None
            yield item, page, vectors.get(item.id)


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
