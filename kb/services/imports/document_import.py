"""Import a document (PDF, Word, OpenDocument, EPUB) from the command line: an item with the document as its file."""

from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.access.permissions import require_operator
from kb.errors import Invalid
from kb.files.received_file import ReceivedFile, received_file
from kb.files.virus_scan import scan_for_viruses
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.ids import new_id
from kb.model.items.import_draft import GroupDraft
from kb.model.items.import_job import ImportReport
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.files.file_quotas import MEGABYTE
from kb.services.files.file_reading import FileReading, read_file
from kb.services.files.file_upload import SentFile, attach_file, plain_file_name
from kb.services.groups.group_languages import detected_language, effective_languages
from kb.services.imports.import_groups import ImportGroups
from kb.services.imports.import_report import ImportOptions
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now


@dataclass(frozen=True, slots=True)
class _Document:
    received: ReceivedFile
    read: FileReading
    name: str


def import_document(library: Library, actor: Actor, sent: SentFile, options: ImportOptions) -> ImportReport:
    """Add a document to the group of the options, which is created if it is missing, as an item that nobody shared.

    A document that an item of the group has already changes nothing. The limits are those of an upload. Raises
    Forbidden unless the actor is the operator; Invalid without a group and for a file that is not kept; Conflict if it
    does not fit into the quota; Unavailable if the scanner fails or the disk is full.
    """
    require_operator(actor)
    if options.group_slug is None:
        raise Invalid("A document names no group: say which with --group.")
    name = plain_file_name(sent.name)
    with received_file(library.settings.data, sent.pieces, library.settings.file_size * MEGABYTE) as received:
        scan_for_viruses(library.settings.scan_command, received.file)
        document = _Document(received, read_file(received, name), name)
        groups = ImportGroups(actor, options.visible)
        if options.dry_run:
            with library.store.read() as reading:
                group = groups.group_of(options.group_slug, GroupDraft(), reading, None)
                return _report(is_new=not _has(reading, group, document))
        library.files.put_file(received.file, received.key)
        with library.store.write() as writing:
            group = groups.group_of(options.group_slug, GroupDraft(), writing, writing)
            if _has(writing, group, document):
                return _report(is_new=False)
            _add(library, writing, group, document)
            return _report(is_new=True)


def _has(reading: ReadSnapshot, group: Group, document: _Document) -> bool:
    return reading.item_files.item_of_content(group.id, document.received.key) is not None


def _add(library: Library, writing: WriteTransaction, group: Group, document: _Document) -> None:
    order = writing.items.next_order()
    item = Item(id=new_id(), group_id=group.id, order=order, added=timestamp_now(), language_decided=True)
    item = with_record_values(item, record_values(document.read.record))
    languages = effective_languages(group, library.settings)
    item = replace(item, language=detected_language(item, languages, document.read.text))
    writing.items.add([item])
    attach_file(library, writing, item, group, document.received, read=document.read, name=document.name)


def _report(*, is_new: bool) -> ImportReport:
    return ImportReport(1, added=int(is_new), unchanged=int(not is_new))
