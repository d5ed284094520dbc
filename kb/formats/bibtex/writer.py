"""Items in BibTeX, as `kb.citations.bibtex` writes each."""

from collections.abc import Iterator

from kb.citations.bibtex import write_bibtex
from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows


def write_bibtex_file(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """One entry for each item."""
    for item, _ in rows:
        entry = write_bibtex(details.citation(item), details.translator)
        yield f"{entry}\n".encode()


BIBTEX_EXPORT = ExportFormat(
    "bibtex",
    "BibTeX",
    translatable("For LaTeX: references, tags as keywords, passages as annotations."),
    ".bib",
    "application/x-bibtex; charset=utf-8",
    write_bibtex_file,
)
