"""Changing the index: called by `kb.indexer` alone, because an index has one writer."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from index import Busy, Document, Outdated, Unindexable, Writer, failure_of
from kb.errors import Unavailable
from kb.model.items.item import Item
from kb.search.documents import MOST_CHARACTERS, characters_of, documents_of
from kb.search.index_search import OUTDATED, Catalogue


class IndexBusy(Unavailable):
    """Another thread or process is writing the index: it is worth waiting."""


@dataclass(frozen=True, slots=True)
class CatalogueWriting:
    """Changes to the index that become visible together."""

    writer: Writer

    def put(self, item: Item, page: str | None) -> str | None:
        """Write the documents of an item in the place of those it had; None, or why it cannot be indexed.

        `page` is the text of its page.

        An item that is refused has no document left: half of one would be found and not the rest.
        """
        self.drop(item.id)
        try:
            for document in _documents(item, page):
                self.writer.put(document)
        except Unindexable as refusal:
            self.drop(item.id)
            return str(refusal)
        return None

    def drop(self, item_id: str) -> None:
        """Remove the documents of an item and of its annotations."""
        self.writer.drop("item", item_id)

    def reach(self, base: str, number: int) -> None:
        """Keep the number of the last change that these changes follow, and of which base it is."""
        self.writer.checkpoint(f"{number} {base}")


def _documents(item: Item, page: str | None) -> tuple[Document, ...]:
    """The documents of an item. Raises Unindexable, whatever making them raises, and for an item over the bound."""
    size = characters_of(item, page)
    if size > MOST_CHARACTERS:
        raise Unindexable(f"The item holds {size:,} characters; at most {MOST_CHARACTERS:,} can be indexed.")
    try:
        return documents_of(item, page)
    except Exception as error:
        raise Unindexable(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Why an item is rejected that raised this, in a sentence."""
    return failure_of(error)


@contextmanager
def refreshing(catalogue: Catalogue) -> Iterator[CatalogueWriting]:
    """Change the index; an exception leaves it as it was. Raises IndexBusy, Unavailable."""
    with _told(catalogue.engine.write) as writing:
        yield writing


@contextmanager
def rebuilding(catalogue: Catalogue) -> Iterator[CatalogueWriting]:
    """Write a new index beside the one that answers, and swap at the end. Raises IndexBusy."""
    with _told(catalogue.engine.rebuild) as writing:
        yield writing


@contextmanager
def _told(begin: Callable[[], AbstractContextManager[Writer]]) -> Iterator[CatalogueWriting]:
    """A block of changes, its two refusals said as sentences."""
    try:
        with begin() as writer:
            yield CatalogueWriting(writer)
    except Busy as error:
        raise IndexBusy("Another program is writing the index at this moment: try again when it is done.") from error
    except Outdated as error:
        raise Unavailable(OUTDATED) from error


def tidy(catalogue: Catalogue, seconds: float, *, thoroughly: bool = False) -> bool:
    """Merge parts of the index for about so long, between changes; whether something is left. Raises Unavailable.

    `thoroughly`: until nothing of what was dropped is left in any file.
    """
    try:
        return catalogue.engine.tidy(seconds, thoroughly=thoroughly)
    except Outdated as error:
        raise Unavailable(OUTDATED) from error


def entries(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Key and digest of every document that the index holds, in any order. Raises Unavailable."""
    try:
        yield from catalogue.engine.entries()
    except Outdated as error:
        raise Unavailable(OUTDATED) from error


def entries_of(item: Item, page: str | None) -> tuple[tuple[str, str], ...]:
    """Key and digest of every document that the index should hold for an item; `page` is the text of its page."""
    return tuple((document.key, document.digest()) for document in documents_of(item, page))
