"""Read the file of an item: what it is, and its bytes, for those who may read the item."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.items.item_file import FileRole, ItemFile
from kb.services.core.library import Library
from kb.services.items.items import ItemView, item_page, readable_item

_BATCH = 5


@dataclass(frozen=True, slots=True)
class FileOfItem:
    """An item and its file."""

    item: Item
    file: ItemFile


def file_of_item(library: Library, actor: Actor, item_id: str, role: FileRole = FileRole.FILE) -> FileOfItem:
    """The file of an item. Raises NotFound for an item that the actor may not read, and for one without a file."""
    with library.store.read() as reading:
        item, _ = readable_item(reading, actor, item_id)
        file = reading.item_files.of_item(item.id, role)
    if file is None:
        raise NotFound("This item has no file.")
    return FileOfItem(item, file)


def file_of_readable_item(library: Library, item: Item) -> ItemFile | None:
    """The file of an item that the caller has read for the actor; None without one."""
    with library.store.read() as reading:
        return reading.item_files.of_item(item.id, FileRole.FILE)


def item_with_files(library: Library, actor: Actor, item_id: str) -> ItemView:
    """An item that the actor may read, with descriptions of its files. Raises NotFound."""
    (view,) = views_with_files(library, [item_page(library, actor, item_id)])
    return view


def views_with_files(library: Library, views: Iterable[ItemView]) -> Iterator[ItemView]:
    """Views that the caller has read for the actor, with descriptions of the files of their items."""
    remaining = iter(views)
    while some := list(islice(remaining, _BATCH)):
        with library.store.read() as reading:
            items = reading.item_files.with_files([view.item for view in some])
        yield from (replace(view, item=item) for view, item in zip(some, items, strict=True))


def file_content(library: Library, file: ItemFile, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes of a file of `file_of_item`. Raises NotFound before the first block if the store lacks it."""
    return library.files.read(file.sha256, start, end)
