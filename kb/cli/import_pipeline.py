"""Bringing files into the library: read, store, index; what `kb import` and `kb demo` share.

Where there is much, and more than one processor, a helper indexes what is stored while the rest is being read: both
together take as long as the slower of the two.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from kb.access.actor import OPERATOR
from kb.cli.console import Session, complain, file_name
from kb.cli.progress import Counted, Shown, bar, reading_bar
from kb.cli.server.processes import Helper
from kb.errors import Invalid, Unavailable
from kb.formats.import_formats import reading
from kb.indexer import make_searchable, state
from kb.model.items.import_draft import ItemDraft, Remark
from kb.services.core.library import Library, open_library
from kb.services.imports.import_export import ImportOptions, Report, import_items
from kb.settings import environment_of
from kb.store import migrate

MUCH = 2_000
"""Stored items from which on a helper is worth its start."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is open, and the format that it is said to have."""

    name: str
    form: str
    stream: BinaryIO


class _Unusable(Exception):
    """A file that is nothing that we read; the sentence says what it is."""


@dataclass(slots=True)
class Intake:
    """One import of several files. `reports` by file name, as far as each one came."""

    session: Session
    options: ImportOptions
    verbose: bool = False
    reports: dict[str, Report] = field(default_factory=dict)

    def take(self, sources: Iterable[Source]) -> bool:
        """Import the files into a base that is made if it is missing, and index them. Whether one failed."""
        settings = self.session.settings
        settings.data.mkdir(parents=True, exist_ok=True)
        migrate(settings.store_url)
        library = open_library(settings)
        try:
            with Helper(("meanwhile",), environment_of(settings)) as helper:
                outcomes = [self._take_one(library, source, helper) for source in sources]
                if not self.options.dry_run:
                    outcomes.append(self._index(library, helper))
        finally:
            library.close()
        return not all(outcomes)

    def _index(self, library: Library, helper: Helper) -> bool:
        """See to it that what was added can be found; whether it can. What was stored is told in any case."""
        try:
            with bar(self.session.words.say("Indexing")) as progress:
                make_searchable(library, state(library).newest, progress, helper.is_at_work)
        except Unavailable as error:
            complain(self.session.words.sentence(error))
            return False
        return True

    def _take_one(self, library: Library, source: Source, helper: Helper) -> bool:
        """Import one file; whether anything of it could be used."""
        self.reports[source.name] = Report()
        with reading_bar(self.session.words.say("Importing"), _size(source.stream)) as shown:
            drafts = _drafts(self.session, source, shown)
            try:
                report = import_items(
                    library, OPERATOR, drafts, self.options, lambda so_far: self._kept(source, so_far, shown, helper)
                )
            except _Unusable as error:
                complain(f"{file_name(source.name)}: {error}")
                return False
        self.reports[source.name] = report
        if report.read and report.skipped == report.read:
            self.session.tell("%(name)s: no record of this file could be used.", name=file_name(source.name))
            return False
        return True

    def _kept(self, source: Source, so_far: Report, shown: Shown | None, helper: Helper) -> None:
        """Tell a batch, once it lasts."""
        self.reports[source.name] = so_far
        stored = sum(report.added + report.updated for report in self.reports.values())
        if stored >= MUCH and not self.options.dry_run and (os.cpu_count() or 1) > 1:
            helper.start()
        number = so_far.added + so_far.updated + so_far.unchanged
        if shown is not None:
            shown.items = number
        if self.verbose and not self.options.dry_run:
            message = ("%(count)s item safely stored", "%(count)s items safely stored")
            complain(self.session.words.plural(*message, number))


def _drafts(session: Session, source: Source, shown: Shown | None) -> Iterator[ItemDraft | Remark]:
    stream = source.stream if shown is None else cast(BinaryIO, Counted(source.stream, shown.read))
    try:
        yield from reading(stream, source.form)
    except Invalid as error:
        raise _Unusable(session.words.sentence(error)) from error


def _size(stream: BinaryIO) -> int:
    """Bytes of a file; 0 when nobody can say."""
    try:
        return os.fstat(stream.fileno()).st_size
    except OSError:
        return 0
