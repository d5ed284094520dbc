"""Upload a file: it becomes an item of a group, with its facts in the empty fields and its text for searches."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict
from kb.files.received_file import ReceivedFile, received_file
from kb.files.virus_scan import scan_for_viruses
from kb.model.bibliographic_record import BibliographicRecord, record_values, with_record_values
from kb.model.items.item import Item
from kb.model.items.item_fields import ItemFields
from kb.model.items.item_file import FileRole, ItemFile
from kb.model.people.group import Group
from kb.model.storable_text import is_storable
from kb.services.authentication.authentication import current_actor
from kb.services.core.idempotency import in_one_transaction
from kb.services.core.library import Library
from kb.services.files.file_quotas import MEGABYTE, require_space
from kb.services.files.file_reading import FileReading, read_file
from kb.services.groups.group_languages import detected_language, effective_languages
from kb.services.items.item_creation import SavedItem, save_item
from kb.store import LONGEST_TEXT, WriteTransaction
from kb.store.database.clock import timestamp_now

_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it is sent: its name on the machine of its sender, and its content in pieces."""

    name: str
    pieces: Iterable[bytes]


class FileAlreadyHere(Conflict):
    """The group already has an item with this very file, `item_id`."""

    def __init__(self, item_id: str) -> None:
        super().__init__("The group has this file already.")
        self.item_id = item_id


@dataclass(frozen=True, slots=True)
class ReadUpload:
    """A file that was received, scanned, read and stored, outside any transaction. `name` is plain."""

    received: ReceivedFile
    read: FileReading
    name: str


@contextmanager
def read_upload(library: Library, actor: Actor, slug: str, sent: SentFile) -> Iterator[ReadUpload]:
    """Receive, scan, read and store a file for a group.

    Raises NotFound, LoginNeeded, Forbidden; Invalid for a file that is not kept; Conflict if the quota of the group is
    used up; Unavailable if the scanner fails or the disk is full.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        require_space(library, reading, group, 1)
    name = plain_file_name(sent.name)
    with received_file(library.settings.data, sent.pieces, library.settings.file_size * MEGABYTE) as received:
        scan_for_viruses(library.settings.scan_command, received.file)
        read = read_file(received, name, caller=actor.user_id or "")
        library.files.put_file(received.file, received.key)
        yield ReadUpload(received, read, name)


def save_upload(
    library: Library, actor: Actor, slug: str, file: ReadUpload, fields: ItemFields, *, once: str = ""
) -> SavedItem:
    """Save a file that was read as an item, in one transaction; empty fields get what the file says of itself.

    Raises as `save_item` does; FileAlreadyHere; Conflict if the file does not fit into the quota of the group.
    """
    with in_one_transaction(library) as within, within.store.write() as writing:
        # Receiving, scanning and reading may take minutes, in which the user may have lost the right.
        now = current_actor(writing, actor)
        saved = save_item(within, now, slug, filled_fields(fields, file.read.record), once=once)
        if saved.undo is None:
            # The form was sent twice, and the item has its file.
            return saved
        attach_file(library, writing, saved.item, saved.group, file.received, read=file.read, name=file.name)
        return replace(saved, item=_with_language(library, writing, saved, fields, file.read))


def upload_file(library: Library, actor: Actor, slug: str, sent: SentFile, fields: ItemFields) -> SavedItem:
    """Save a file as an item of a group. Raises as `read_upload` and `save_upload` do; after an error nothing refers to
    the file.
    """
    with read_upload(library, actor, slug, sent) as file:
        return save_upload(library, actor, slug, file, fields)


def attach_file(
    library: Library,
    writing: WriteTransaction,
    item: Item,
    group: Group,
    received: ReceivedFile,
    *,
    read: FileReading,
    name: str,
) -> None:
    """Give a new item its file. Raises FileAlreadyHere, Conflict."""
    if (existing_id := writing.item_files.item_of_content(group.id, received.key)) is not None:
        raise FileAlreadyHere(existing_id)
    require_space(library, writing, group, received.size)
    if not library.files.holds(received.key):
        # It was there for an item that is gone, and has just been deleted.
        library.files.put_file(received.file, received.key)
    file = ItemFile(
        item.id,
        FileRole.FILE,
        received.key,
        received.size,
        read.kind.media_type,
        name,
        read.pages,
        read.state,
        timestamp_now(),
        item.author.id if item.author else None,
    )
    writing.item_files.put(file)
    writing.page_texts.put(item.id, read.text[:LONGEST_TEXT], read.layout)


def filled_fields(fields: ItemFields, record: BibliographicRecord) -> ItemFields:
    """The fields with what a file says of itself where they are empty, but for the language: its text shows that."""
    filled = {name: getattr(fields, name) or value for name, value in record_values(record).items()}
    return replace(with_record_values(fields, filled), tags=fields.tags, language=fields.language)


def _with_language(
    library: Library, writing: WriteTransaction, saved: SavedItem, fields: ItemFields, read: FileReading
) -> Item:
    """The item in the language of its text, unless the user has said another."""
    item = saved.item
    if fields.language or not read.text:
        return item
    language = detected_language(item, effective_languages(saved.group, library.settings), read.text)
    if language != item.language:
        item = replace(item, language=language)
        writing.items.update([item])
    return item


def plain_file_name(name: str) -> str:
    """The name of a file without the folders that some browsers send; empty if it cannot be stored."""
    plain_name = "".join(
        character for character in name.replace("\\", "/").rpartition("/")[2] if character.isprintable()
    ).strip()
    return plain_name[:_LONGEST_NAME] if is_storable(plain_name) else ""
