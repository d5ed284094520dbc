"""Items in RIS, as `kb.citations.ris` writes each."""

from kb.citations.ris import write_ris
from kb.errors import translatable
from kb.formats.shared.export_format import ExportFormat

RIS_EXPORT = ExportFormat(
    "ris",
    "RIS",
    translatable("For Zotero, EndNote and other reference managers: references, tags, passages as notes."),
    ".ris",
    "application/x-research-info-systems",
    lambda rows, details: details.references(rows, write_ris),
)
