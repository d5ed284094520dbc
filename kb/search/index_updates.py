"""Change the index. Only `kb.indexer` calls this module, because an index has one writer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from index import Busy, Outdated, Unindexable, Writer, failure_of  # noqa: F401 - for the indexer
from kb.errors import Unavailable
from kb.model.items.item import Item
from kb.model.items.item_vectors import ItemVectors
from kb.search.documents import checked_documents, index_documents_of
from kb.search.index_search import Catalogue, index_errors_translated, outdated_index_error


class IndexBusy(Unavailable):
    """Another thread or process is writing the index; the caller may wait."""


@dataclass(frozen=True, slots=True)
class IndexTransaction:
    """Changes to the index that become visible together."""

    writer: Writer

    def put(self, item: Item, page: str | None, vectors: ItemVectors | None = None) -> str | None:
        """Replace the documents of an item; returns None, or the reason why it cannot be indexed.

        `page` is the text of its page, `vectors` are those of its texts. A refused item has no document left: otherwise
        a search would find only a part of it.
        """
        self.drop(item.id)
        try:
            for document in checked_documents(item, page, vectors):
                self.writer.put(document)
        except Unindexable as refusal:
            self.drop(item.id)
            return str(refusal)
        return None

    def drop(self, item_id: str) -> None:
        """Remove the documents of an item and of its annotations."""
        self.writer.drop("item", item_id)

    def store_checkpoint(self, base: str, number: int) -> None:
        """Store the number of the last indexed change, and the database that it belongs to."""
        self.writer.checkpoint(f"{number} {base}")


@contextmanager
def index_transaction(catalogue: Catalogue, *, anew: bool = False) -> Iterator[IndexTransaction]:
    """Change the index; an exception leaves it as it was. Raises IndexBusy, Unavailable.

    `anew`: write a new index beside the current one, and swap at the end.
    """
    try:
        with catalogue.engine.rebuild() if anew else catalogue.engine.write() as writer:
            yield IndexTransaction(writer)
    except Busy as error:
        raise IndexBusy("Another program is writing the index at this moment: try again when it is done.") from error
    except Outdated as error:
        raise outdated_index_error(error) from error


def merge_for_seconds(catalogue: Catalogue, seconds: float, *, thoroughly: bool = False) -> bool:
    """Merge parts of the index for about this many seconds, between changes; returns whether work is left. Raises
    Unavailable.

    `thoroughly`: continue until no file holds deleted content.
    """
    try:
        return catalogue.engine.tidy(seconds, thoroughly=thoroughly)
    except Outdated as error:
        raise outdated_index_error(error) from error


def indexed_entries(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Key and digest of every document of the index, in any order. Raises Unavailable."""
    with index_errors_translated():
        yield from catalogue.engine.entries()


def expected_entries(item: Item, page: str | None, vectors: ItemVectors | None = None) -> tuple[tuple[str, str], ...]:
    """Key and digest of every document that the index should hold for an item: see `IndexTransaction.put`."""
    return tuple((document.key, document.digest()) for document in index_documents_of(item, page, vectors))
