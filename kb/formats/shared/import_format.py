"""The description of an import format, which the module that reads it declares."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kb.model.items.import_draft import ItemDraft, RecordWarning, draft_warning
from kb.model.web_pages.canonical_address import is_script_address


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """One format of files that are imported.

    `name` is the one that commands and forms use. `label` names the format in the help of the command and, translated,
    on pages. `file_types` are the suffixes and media types of its files. `recognizes` answers by the first bytes of a
    file. `read` reads chunks in bounded memory and in time proportional to their length. `lacks` is the sentence of the
    report on what no file of the format carries. `keeps_any_address`: a record may have an address that leads to no
    page (a bookmarklet), which is skipped in other formats. `has_columns`: its columns can be chosen, and `read` takes
    them as `chosen`. `waits_in_scratch`: records wait for the end of the file, and `read` takes the database in which
    they wait as `scratch`.
    """

    name: str
    label: str
    file_types: tuple[str, ...]
    recognizes: Callable[[bytes], bool]
    read: Callable[..., Iterator[ItemDraft | RecordWarning]]
    lacks: str = ""
    keeps_any_address: bool = False
    has_columns: bool = False
    waits_in_scratch: bool = False

    def entries(self, chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
        """What `read` gives, then a warning on what the format lacks, if the file holds anything."""
        has_drafts = False
        for entry in self.read(chunks):
            has_drafts = has_drafts or isinstance(entry, ItemDraft)
            if isinstance(entry, ItemDraft) and not self.keeps_any_address and is_script_address(entry.url or ""):
                yield draft_warning(entry, "This bookmark does not lead to a page.", skipped=True)
            else:
                yield entry
        if has_drafts and self.lacks:
            yield RecordWarning(self.lacks, message=self.lacks, of_format=True)
