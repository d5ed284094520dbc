"""The kept copies of pages, for those who may read the item."""

import gzip
from dataclasses import dataclass

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.model.items.item_file import FileRole, ItemFile
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.items.items import ItemView, readable_item

NO_COPY = "No copy of this page is kept, or you may not read it."


@dataclass(frozen=True, slots=True)
class PageCopy:
    """The copy of an item's page, which `reader` saw; None if that user was erased."""

    view: ItemView
    file: ItemFile
    reader: User | None


def page_copy(library: Library, actor: Actor, item_id: str) -> PageCopy:
    """The copy of an item's page. Raises NotFound, with the same message for an item that the actor may not read."""
    copy = copy_of_item(library, actor, item_id)
    if copy is None:
        raise NotFound(NO_COPY)
    return copy


def copy_of_item(library: Library, actor: Actor, item_id: str) -> PageCopy | None:
    """The copy of an item's page; None without one, and for an item that the actor may not read."""
    with library.store.read() as reading:
        try:
            item, group = readable_item(reading, actor, item_id)
        except NotFound:
            return None
        file = reading.item_files.of_item(item.id, FileRole.COPY)
        if file is None:
            return None
        reader = reading.users.by_ids([file.added_by]).get(file.added_by) if file.added_by else None
    return PageCopy(ItemView(item, group), file, reader)


def copy_content(library: Library, copy: PageCopy, *, compressed: bool) -> bytes:
    """The document of a copy, in UTF-8, or compressed by gzip as it is stored. Raises NotFound, Unavailable."""
    content = library.files.get(copy.file.sha256)
    return content if compressed else gzip.decompress(content)
