"""Tables as CSV files. Spreadsheets expect the list separator of their system: a semicolon in French."""

from collections.abc import Iterable, Iterator

from kb.formats.csv_table.writer import write_table
from kb.formats.export_formats import EXPORT_FORMATS
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import StreamedFile

CSV = "csv"
"""The value of the parameter `format` that asks for a table as a file."""
CSV_SUFFIX = EXPORT_FORMATS[CSV].suffix


def table_content(rows: Iterable[tuple[str, ...]], translator: Translator) -> Iterator[bytes]:
    """The content of a file, the headings first."""
    return write_table(rows, ";" if translator.language == "fr" else ",")


def table_file(context: RequestContext, rows: Iterable[tuple[str, ...]], title: str) -> StreamedFile:
    """The answer with such a file, named by the title."""
    content = table_content(rows, context.translator)
    return StreamedFile(
        content, context.credentials, title, suffix=CSV_SUFFIX, media_type=EXPORT_FORMATS[CSV].media_type
    )
