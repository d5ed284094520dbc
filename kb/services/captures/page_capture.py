"""Keep a page as its reader saw it, as the copy of a new item, or of the item that has its address; and read the copy,
as far as one may read the item.
"""

import gzip
from dataclasses import dataclass

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.fetcher.captured_page import read_captured_page
from kb.files.virus_scan import scan_for_viruses
from kb.model.items.item import Item
from kb.model.items.item_fields import ItemFields, checked_fields
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.page_facts import PageFacts
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.files.file_quotas import require_space
from kb.services.items.item_creation import AlreadySaved, author_of_actor, save_item, writable_group
from kb.services.items.item_edit import add_to_item, editable_item
from kb.services.items.items import ItemView, readable_item
from kb.services.page_fetch.item_completion import complete_item
from kb.services.trash.content_removal import title_of_item
from kb.store import LONGEST_TEXT, WriteTransaction
from kb.store.database.clock import timestamp_now

LARGEST_CAPTURE = 21_000_000
"""Bytes of a page that is sent."""
COPY_TYPE = "text/html"
_LEVEL = 6
"""Of compression."""
NO_COPY = "No copy of this page is kept, or you may not read it."


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that was read, and whose copy is in the store of files: `content` is its document, compressed."""

    key: str
    content: bytes
    facts: PageFacts


@dataclass(frozen=True, slots=True)
class SavedPage:
    """The item of a kept page; `is_new`: it was saved with the page."""

    item_id: str
    is_new: bool


def read_page(library: Library, actor: Actor, slug: str, fields: ItemFields, body: bytes) -> ReadPage:
    """Read a page for a group, and put its copy into the store of files, outside any transaction.

    Raises NotFound, LoginNeeded, Forbidden before anything is read; Invalid for a page that cannot be kept or has a
    virus, UnsupportedContent; Unavailable.
    """
    writable_group(library, actor, slug)
    item_fields = checked_fields(fields)
    scan_for_viruses(library.settings.scan_command, body)
    address = web_address(item_fields.url) or item_fields.url or ""
    page = read_captured_page(body, address, caller=actor.user_id or "")
    # Equal pages have equal bytes, at whatever time they are kept.
    content = gzip.compress(page.document.encode("utf-8", "replace"), _LEVEL, mtime=0)
    return ReadPage(library.files.put(content), content, page.facts)


def save_page(library: Library, actor: Actor, slug: str, fields: ItemFields, page: ReadPage) -> SavedPage:
    """Save a page that was read, in one transaction: a new item, or a new copy of the item with its address.

    An item that is there gets the tags, and what its empty fields lack. Raises as `save_item` does, but for
    AlreadySaved; Conflict if the copy does not fit into the quota of the group.
    """
    try:
        saved = SavedPage(save_item(library, actor, slug, fields, has_page=True).item.id, is_new=True)
    except AlreadySaved as known:
        saved = SavedPage(known.item_id, is_new=False)
        add_to_item(library, actor, saved.item_id, fields)
    save_copy(library, actor, saved.item_id, page)
    return saved


def save_copy(library: Library, actor: Actor, item_id: str, page: ReadPage) -> None:
    """Give an item the copy of its page, in place of the one that it has. Raises NotFound, LoginNeeded, Forbidden."""
    with item_write_transaction(library, actor) as writing:
        item, group = editable_item(writing, actor, item_id)
        before = writing.item_files.of_item(item.id, FileRole.COPY)
        text = page.facts.text[:LONGEST_TEXT]
        if (address := web_address(item.url)) is not None:
            now = timestamp_now()
            complete_item(writing, library, Fetch("", address, FetchState.DONE, now, item_id=item.id), page.facts)
        if text:
            writing.page_texts.put(item.id, text, page.facts.layout)
        require_space(library, writing, group, len(page.content) - (before.size if before is not None else 0))
        if not library.files.holds(page.key):
            # Unused files are deleted: this one was, before this transaction.
            library.files.put(page.content)
        writing.item_files.put(_copy_of(item, actor, page, has_text=bool(text)))
        if before is not None and before.sha256 != page.key:
            _log(writing, actor, AuditEvent.COPY_REPLACED, item, group)


def delete_copy(library: Library, actor: Actor, item_id: str) -> None:
    """Delete the copy of an item's page, and the text that was read in it.

    Raises NotFound, LoginNeeded, Forbidden. Nothing is done if there is none.
    """
    with item_write_transaction(library, actor) as writing:
        item, group = editable_item(writing, actor, item_id)
        if writing.item_files.of_item(item.id, FileRole.COPY) is None:
            return
        writing.item_files.drop([item.id], FileRole.COPY)
        if writing.item_files.of_item(item.id, FileRole.FILE) is None:
            writing.page_texts.put(item.id, "")
        _log(writing, actor, AuditEvent.COPY_DELETED, item, group)


def _copy_of(item: Item, actor: Actor, page: ReadPage, *, has_text: bool) -> ItemFile:
    return ItemFile(
        item_id=item.id,
        role=FileRole.COPY,
        sha256=page.key,
        size=len(page.content),
        media_type=COPY_TYPE,
        name="",
        pages=None,
        text_state=TextState.READ if has_text else TextState.NONE,
        added_at=timestamp_now(),
        added_by=author_of_actor(actor).id,
    )


def _log(writing: WriteTransaction, actor: Actor, event: AuditEvent, item: Item, group: Group) -> None:
    write_audit_log(
        writing, actor, event, group_id=group.id, subject=item.id, detail=f"item {title_of_item(item)[:300]}"
    )


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
        reader = reading.users.by_id(file.added_by)
    return PageCopy(ItemView(item, group), file, reader)


def copy_content(library: Library, copy: PageCopy, *, compressed: bool) -> bytes:
    """The document of a copy, in UTF-8, or compressed by gzip as it is stored. Raises NotFound, Unavailable."""
    content = library.files.get(copy.file.sha256)
    return content if compressed else gzip.decompress(content)
