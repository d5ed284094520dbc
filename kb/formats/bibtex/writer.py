"""Items in BibTeX, as `kb.citations.bibtex` writes each."""

from kb.citations.bibtex import write_bibtex
from kb.errors import translatable
from kb.formats.shared.export_format import ExportFormat

BIBTEX_EXPORT = ExportFormat(
    "bibtex",
    "BibTeX",
    translatable("For LaTeX: references, tags as keywords, passages as annotations."),
    ".bib",
    "application/x-bibtex; charset=utf-8",
    lambda rows, details: details.references(rows, write_bibtex, end="\n"),
)
