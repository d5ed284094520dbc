"""Upload a file as an item: a saved page becomes a kept copy, cleaned as any other, and any other file
the item's file.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from kb.access.actor import Actor
from kb.errors import Invalid
from kb.extraction.file_type_detection import file_kind_of
from kb.files.received_file import FILE_TOO_LARGE
from kb.model.items.item_fields import ItemFields
from kb.model.items.item_file import FileKind
from kb.services.authentication.authentication import current_actor
from kb.services.captures.page_capture import LARGEST_CAPTURE, ReadPage, read_page, save_copy
from kb.services.core.idempotency import in_one_transaction
from kb.services.core.library import Library
from kb.services.files.file_quotas import MEGABYTE
from kb.services.files.file_reading import title_of_file_name
from kb.services.files.file_upload import SentFile, filled_fields, plain_file_name, read_upload, save_upload
from kb.services.items.item_creation import SavedItem, save_item

SaveUpload = Callable[[Library, Actor], SavedItem]
"""Saves, in one transaction, what was read before it."""


@contextmanager
def read_page_or_file(
    library: Library,
    actor: Actor,
    slug: str,
    sent: SentFile,
    fields: ItemFields,
    *,
    head: bytes,
    size: int,
    once: str = "",
) -> Iterator[SaveUpload]:
    """Read a file of `size` bytes that begins with `head`, for a group; the block gets the function that saves it.

    Raises as `read_upload` and `read_page` do; the function as `save_upload` and `save_item`, and Conflict if the file
    does not fit into the quota of the group.
    """
    if file_kind_of(head) is not FileKind.HTML:
        with read_upload(library, actor, slug, sent) as file:
            yield lambda within, now: save_upload(within, now, slug, file, fields, once=once)
        return
    if size > min(LARGEST_CAPTURE, library.settings.file_size * MEGABYTE):
        raise Invalid(FILE_TOO_LARGE, limit=min(LARGEST_CAPTURE // MEGABYTE, library.settings.file_size))
    named = replace(fields, title=fields.title or title_of_file_name(plain_file_name(sent.name)) or "HTML")
    page = read_page(library, actor, slug, named, b"".join(sent.pieces))
    item_fields = filled_fields(fields, page.facts)
    filled = replace(item_fields, title=item_fields.title or named.title)
    yield lambda within, now: _save_page(within, now, slug, page, filled, once=once)


def _save_page(
    library: Library, actor: Actor, slug: str, page: ReadPage, fields: ItemFields, *, once: str
) -> SavedItem:
    with in_one_transaction(library) as within, within.store.write() as writing:
        now = current_actor(writing, actor)
        saved = save_item(within, now, slug, fields, once=once, has_page=True)
        # Without an undo the form was sent twice, and the item has its copy.
        if saved.undo is not None:
            save_copy(within, now, saved.item.id, page)
    return saved
