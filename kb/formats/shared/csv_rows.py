"""The rows of a CSV file with a header, one at a time, whatever the separator; and one row to write."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from itertools import chain

from kb.formats.shared.decoded_text import decode_head, text_lines
from kb.model.items.import_draft import RecordWarning, warning_of

_LONGEST_CELL = 16 * 1024 * 1024
_LONGEST_HEADER = 10_000
_MOST_COLUMNS = 300
_SEPARATORS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=.?\s*+", re.IGNORECASE)
_END = "\0"
"""No text of a file has it: a cell that takes it in was open at the end of the file."""


def csv_columns(head: bytes) -> tuple[str, ...]:
    """The names of the columns in the first line of a file, in small letters."""
    return _columns(_cells(_header(decode_head(head)[:_LONGEST_HEADER].split("\n"))[1]))


def has_header(*names: str) -> Callable[[bytes], bool]:
    """A function that tells whether a file begins with a header that has these columns."""
    return lambda head: set(names).issubset(csv_columns(head))


def csv_rows(chunks: Iterable[bytes]) -> Iterator[tuple[int, Mapping[str, str]] | RecordWarning]:
    """Each row with its line number and its cells by the names of columns, in small letters.

    A warning says that the file ends within a row.
    """
    # The limit of the module, 131,072 characters, is below what the annotations of one page take.
    csv.field_size_limit(_LONGEST_CELL)
    warnings: list[RecordWarning] = []
    lines = _texts_alone(text_lines(chunks, _LONGEST_CELL), warnings)
    before, header = _header(lines)
    columns = _columns(_cells(header))
    # Without `strict`, a quotation mark that is not doubled is a character like another.
    rows = csv.reader(chain(lines, [_END]), delimiter=_separator(header))
    while True:
        line = before + rows.line_num + 1
        try:
            cells = next(rows, None)
        except csv.Error:
            yield warning_of("This row cannot be read: is a quotation mark missing?", line, skipped=True)
            return
        yield from warnings
        warnings.clear()
        if cells is None or cells == [_END]:
            return
        if cells and cells[-1].endswith(_END):
            cells[-1] = cells[-1].removesuffix(_END)
            yield warning_of("The file ends within this row: its end is missing, or a quotation mark.", line)
        if any(cell.strip() for cell in cells):
            yield line, dict(zip(columns, cells, strict=False))


def csv_line(cells: Iterable[str], delimiter: str = ",") -> bytes:
    """A row with its end, in UTF-8."""
    line = StringIO()
    csv.writer(line, delimiter=delimiter).writerow(cells)
    return line.getvalue().encode()


def _header(lines: Iterable[str]) -> tuple[int, str]:
    """The first line that is neither empty nor names the separator, as Excel has it (`sep=;`), and its number."""
    numbered = enumerate(lines, 1)
    return next(
        ((number, line) for number, line in numbered if line.strip() and not _SEPARATOR_LINE.fullmatch(line)), (0, "")
    )


def _texts_alone(lines: Iterator[str | RecordWarning], warnings: list[RecordWarning]) -> Iterator[str]:
    for line in lines:
        if isinstance(line, RecordWarning):
            warnings.append(line)
        else:
            yield line


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line[:_LONGEST_HEADER]], delimiter=_separator(line)), [])
    except csv.Error:
        return []


def column_name(written: str) -> str:
    """The name of a column as it is compared: in small letters, with one space between words."""
    return " ".join(written.casefold().split())


def _columns(cells: list[str]) -> tuple[str, ...]:
    return tuple(map(column_name, cells[:_MOST_COLUMNS]))


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line[:_LONGEST_HEADER].count)
