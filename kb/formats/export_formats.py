"""The registry of export formats of items."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kb.errors import translatable
from kb.formats.json_lines import JSON_LINES, json_line_of
from kb.formats.writers import (
    atom_archive,
    citations,
    diigo_csv,
    html,
    library_catalogues,
    markdown,
    netscape,
    spreadsheet,
    web_annotations,
)
from kb.formats.writers.export_details import ExportDetails, Rows


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format of exported files.

    `label` names it, `purpose` says what it is for and what it carries: both are translated, on pages and in the help
    of the command. `write` yields the file in pieces, and holds one item in memory at a time.
    """

    label: str
    purpose: str
    suffix: str
    media_type: str
    write: Callable[[Rows, ExportDetails], Iterator[bytes]]


def _write_json_lines(rows: Rows, _details: ExportDetails) -> Iterator[bytes]:
    return (json_line_of(item, group).encode() for item, group in rows)


EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    JSON_LINES: ExportFormat(
        "JSON Lines",
        translatable("To move to another Florilège: every field, annotation, author and date. Import it there."),
        ".jsonl",
        "application/x-ndjson",
        _write_json_lines,
    ),
    "csv": ExportFormat(
        translatable("Spreadsheet (CSV with commas)"),
        translatable("For LibreOffice, or Excel in English: one row for each item, its passages in one cell."),
        ".csv",
        "text/csv; charset=utf-8; header=present",
        spreadsheet.write_spreadsheet,
    ),
    "csv-semicolon": ExportFormat(
        translatable("Spreadsheet (CSV with semicolons)"),
        translatable("For Excel in French: one row for each item, its passages in one cell."),
        ".csv",
        "text/csv; charset=utf-8; header=present",
        spreadsheet.write_semicolon_spreadsheet,
    ),
    "ris": ExportFormat(
        "RIS",
        translatable("For Zotero, EndNote and other reference managers: references, tags, passages as notes."),
        ".ris",
        "application/x-research-info-systems",
        citations.write_ris_file,
    ),
    "bibtex": ExportFormat(
        "BibTeX",
        translatable("For LaTeX: references, tags as keywords, passages as annotations."),
        ".bib",
        "application/x-bibtex; charset=utf-8",
        citations.write_bibtex_file,
    ),
    "csl": ExportFormat(
        "CSL-JSON",
        translatable(
            "For Zotero, Pandoc and programs that format bibliographies: references, tags, passages as notes."
        ),
        ".json",
        "application/vnd.citationstyles.csl+json",
        citations.write_csl_file,
    ),
    "html": ExportFormat(
        translatable("Web page (HTML)"),
        translatable("To read, print or send: one page with every passage and comment, its author and its date."),
        ".html",
        "text/html; charset=utf-8",
        html.write_html,
    ),
    "markdown": ExportFormat(
        "Markdown",
        translatable("For word processors and wikis: one text with every passage and comment."),
        ".md",
        "text/markdown; charset=utf-8",
        markdown.write_markdown,
    ),
    "markdown-folder": ExportFormat(
        translatable("Markdown folder (ZIP)"),
        translatable("For Obsidian and other notebooks: a note for each item, with its fields, passages and comments."),
        ".zip",
        "application/zip",
        markdown.write_markdown_folder,
    ),
    "netscape": ExportFormat(
        translatable("Bookmarks of a browser"),
        translatable("For Firefox, Chrome, linkding and Pinboard: titles, addresses, tags, dates and descriptions."),
        ".html",
        "text/html; charset=utf-8",
        netscape.write_netscape,
    ),
    "diigo-csv": ExportFormat(
        translatable("Diigo (CSV)"),
        translatable(
            "For programs that read exports of Diigo: also passages and comments, without their authors. Not for a "
            "spreadsheet, which may compute a text that begins with =, +, - or @: the files for spreadsheets are safe."
        ),
        ".csv",
        "text/csv; charset=utf-8; header=present",
        diigo_csv.write_diigo_csv,
    ),
    "annotations": ExportFormat(
        "Web Annotation (JSON-LD)",
        translatable("For annotation tools, in the W3C’s model: items, passages, comments and replies, with authors."),
        ".jsonld",
        "application/ld+json",
        web_annotations.write_web_annotations,
    ),
    "atom": ExportFormat(
        translatable("Atom archive"),
        translatable("For feed readers: every item in one feed, with its passages and comments."),
        ".atom",
        "application/atom+xml",
        atom_archive.write_atom_archive,
    ),
    "marcxml": ExportFormat(
        "UNIMARC (MARC-XML)",
        translatable("For library catalogues, such as Koha and PMB: a record for each item, passages as notes."),
        ".xml",
        "application/marcxml+xml",
        library_catalogues.write_marc_xml,
    ),
    "dc": ExportFormat(
        "Dublin Core (XML)",
        translatable("For portals and archives: the fifteen elements of Dublin Core, without passages."),
        ".xml",
        "application/xml",
        library_catalogues.write_dublin_core,
    ),
}
"""By the name that commands and addresses use."""
