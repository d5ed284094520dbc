"""Items in RIS, as `kb.citations.ris` writes each."""

from collections.abc import Iterator

from kb.citations.ris import write_ris
from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows


def write_ris_file(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """One record for each item."""
    for item, _ in rows:
        yield write_ris(details.citation(item), details.translator).encode()


RIS_EXPORT = ExportFormat(
    "ris",
    "RIS",
    translatable("For Zotero, EndNote and other reference managers: references, tags, passages as notes."),
    ".ris",
    "application/x-research-info-systems",
    write_ris_file,
)
