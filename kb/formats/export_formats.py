"""The registry of export formats of items."""

from collections.abc import Mapping

from kb.formats.bibtex.writer import BIBTEX_EXPORT
from kb.formats.csl.writer import CSL_EXPORT
from kb.formats.csv_table.writer import CSV_EXPORT, SEMICOLON_CSV_EXPORT
from kb.formats.diigo.csv_writer import DIIGO_CSV_EXPORT
from kb.formats.dublin_core.writer import DUBLIN_CORE_EXPORT
from kb.formats.feed.writer import ATOM_ARCHIVE_EXPORT
from kb.formats.html.writer import HTML_EXPORT
from kb.formats.json_lines.writer import JSON_LINES_EXPORT
from kb.formats.marc_xml.writer import MARC_XML_EXPORT
from kb.formats.markdown.writer import MARKDOWN_EXPORT, MARKDOWN_FOLDER_EXPORT
from kb.formats.netscape.writer import NETSCAPE_EXPORT
from kb.formats.ris.writer import RIS_EXPORT
from kb.formats.shared.export_format import ExportFormat
from kb.formats.web_annotations.writer import WEB_ANNOTATIONS_EXPORT

EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    export_format.name: export_format
    for export_format in (
        JSON_LINES_EXPORT,
        CSV_EXPORT,
        SEMICOLON_CSV_EXPORT,
        RIS_EXPORT,
        BIBTEX_EXPORT,
        CSL_EXPORT,
        HTML_EXPORT,
        MARKDOWN_EXPORT,
        MARKDOWN_FOLDER_EXPORT,
        NETSCAPE_EXPORT,
        DIIGO_CSV_EXPORT,
        WEB_ANNOTATIONS_EXPORT,
        ATOM_ARCHIVE_EXPORT,
        MARC_XML_EXPORT,
        DUBLIN_CORE_EXPORT,
    )
}
"""By the name that commands and addresses use."""
