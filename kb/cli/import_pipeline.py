"""Import files into the library: read, store, index. `kb import` and `kb demo` share this code.

A sandboxed subprocess reads each file, as it does those that members send: the operator may not have written it.

If the import is large and there is more than one processor, a second process indexes stored items while the first reads
the rest. The import then takes as long as the slower of the two.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession, print_error, printable_file_name
from kb.cli.garbage_collection import rare_collections
from kb.cli.progress import FileProgress, file_progress_bar
from kb.cli.server.process_supervisor import HelperProcess
from kb.errors import Conflict, Invalid, Unavailable
from kb.extraction.file_type_detection import HEAD_BYTES, file_kind_of
from kb.formats.import_formats import AUTO
from kb.formats.import_subprocess import read_open_file_in_subprocess
from kb.formats.unsupported_files import is_zip_of_files
from kb.model.items.import_draft import ItemDraft, RecordWarning
from kb.model.items.import_job import ImportReport
from kb.model.items.item_file import FileKind
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile
from kb.services.imports.document_import import import_document
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from kb.settings import settings_environment

HELPER_MIN_ITEMS = 2_000
"""Stored items from which on a helper is worth its start."""

_SECONDS = 24 * 3600
"""Seconds of computing for one file, however large; its operator can stop the command."""

_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ImportSource:
    """An open file, and its declared format."""

    name: str
    form: str
    stream: BinaryIO


class _UnusableFile(Exception):
    """A file in no format that we read; the sentence says what it is."""


@dataclass(slots=True)
class CommandLineImport:
    """One import of several files. `reports` by file name, also of files that failed part-way."""

    session: CommandSession
    options: ImportOptions
    verbose: bool = False
    reports: dict[str, ImportReport] = field(default_factory=dict)

    def run(self, sources: Iterable[ImportSource]) -> bool:
        """Import the files into a database, created if missing, and index them. Returns whether a file failed."""
        self.session.create_data_folder()
        environment = settings_environment(self.session.settings)
        helping = HelperProcess(("meanwhile",), environment)
        with rare_collections(), self.session.library() as library, helping as helper:
            outcomes = [self._import_file(library, source, helper) for source in sources]
            if not self.options.dry_run:
                outcomes.append(self._index(library, helper))
        return not all(outcomes)

    def _index(self, library: Library, helper: HelperProcess) -> bool:
        """Make the added items searchable; returns whether that worked. The stored items are reported in any case."""
        try:
            self.session.index_changes(library, helper.is_running)
        except Unavailable as error:
            print_error(self.session.translator.sentence(error))
            return False
        return True

    def _import_file(self, library: Library, source: ImportSource, helper: HelperProcess) -> bool:
        """Import one file; returns whether any of it was usable."""
        self.reports[source.name] = ImportReport()
        if source.form == AUTO and is_document(source.stream):
            return self._import_document(library, source)
        with file_progress_bar(self.session.translator.gettext("Importing"), source.stream) as file:
            drafts = self._drafts(source)
            try:
                report = import_items(
                    library, OPERATOR, drafts, self.options, lambda so_far: self._on_batch(source, so_far, file, helper)
                )
            except _UnusableFile as error:
                print_error(f"{printable_file_name(source.name)}: {error}")
                return False
        self.reports[source.name] = report
        if report.read and report.skipped == report.read:
            self.session.report("%(name)s: no record of this file was usable.", name=printable_file_name(source.name))
            return False
        if not report.read and not report.warnings:
            self.session.report("%(name)s: this file holds nothing.", name=printable_file_name(source.name))
        return True

    def _import_document(self, library: Library, source: ImportSource) -> bool:
        """Import a document as the file of an item; returns whether it was kept."""
        sent = SentFile(source.name, iter(lambda: source.stream.read(_PIECE), b""))
        try:
            self.reports[source.name] = import_document(library, OPERATOR, sent, self.options)
        except (Invalid, Conflict) as error:
            print_error(f"{printable_file_name(source.name)}: {self.session.translator.sentence(error)}")
            return False
        return True

    def _on_batch(self, source: ImportSource, so_far: ImportReport, file: FileProgress, helper: HelperProcess) -> None:
        """Record a stored batch: start the indexing process if the import is large, and show the progress."""
        self.reports[source.name] = so_far
        stored = sum(report.added + report.updated for report in self.reports.values())
        if stored >= HELPER_MIN_ITEMS and not self.options.dry_run and (os.cpu_count() or 1) > 1:
            helper.start()
        items = so_far.added + so_far.updated + so_far.unchanged
        file.show(items)
        if self.verbose and not self.options.dry_run:
            message = ("%(count)s item safely stored", "%(count)s items safely stored")
            print_error(self.session.translator.ngettext(*message, items))

    def _drafts(self, source: ImportSource) -> Iterator[ItemDraft | RecordWarning]:
        try:
            yield from read_open_file_in_subprocess(source.stream, source.form, seconds=_SECONDS)
        except Invalid as error:
            raise _UnusableFile(self.session.translator.sentence(error)) from error


def is_document(stream: BinaryIO) -> bool:
    """Whether a file is a document that can be the file of an item, and no archive of files to import; never a pipe.

    The place in the file stays.
    """
    try:
        head = os.pread(stream.fileno(), HEAD_BYTES, 0)
    except OSError:
        return False
    match file_kind_of(head):
        case FileKind.PDF | FileKind.ODT | FileKind.EPUB:
            return True
        case FileKind.DOCX:
            # So does any archive begin, that of an export too; a table or slides are refused as what they are.
            return not is_zip_of_files(head) and not any(folder in head for folder in (b"xl/", b"ppt/"))
        case _:
            return False
