"""The rows of a CSV file with a header, one at a time, whatever the separator."""

import csv
from collections.abc import Iterable, Iterator, Mapping

from kb.formats.readers.decoded_text import decode_head, text_lines
from kb.model.items.import_draft import Remark, remark

_LONGEST_CELL = 16 * 1024 * 1024
_LONGEST_HEADER = 10_000
_MOST_COLUMNS = 300
_SEPARATORS = ",;\t"


def csv_columns(head: bytes) -> tuple[str, ...]:
    """The names of the columns in the first line of a file, in small letters."""
    line = next((one for one in decode_head(head)[:_LONGEST_HEADER].split("\n") if one.strip()), "")
    return _columns(_cells(line))


def csv_rows(chunks: Iterable[bytes]) -> Iterator[tuple[int, Mapping[str, str]] | Remark]:
    """Each row with its line number and its cells by the names of columns, in small letters."""
    # The limit of the module, 131,072 characters, is below what the annotations of one page take.
    csv.field_size_limit(_LONGEST_CELL)
    remarks: list[Remark] = []
    lines = _texts_alone(text_lines(chunks, _LONGEST_CELL), remarks)
    header = next((line for line in lines if line.strip()), "")
    columns = _columns(_cells(header))
    # Without `strict`, a quotation mark that is not doubled is a character like another.
    rows = csv.reader(lines, delimiter=_separator(header))
    while True:
        # The header is the first line.
        line = rows.line_num + 2
        try:
            cells = next(rows, None)
        except csv.Error:
            yield remark("This row cannot be read: is a quotation mark missing?", line, skipped=True)
            return
        yield from remarks
        remarks.clear()
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, dict(zip(columns, cells, strict=False))


def _texts_alone(lines: Iterator[str | Remark], remarks: list[Remark]) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Remark):
            remarks.append(line)
        else:
            yield line


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line[:_LONGEST_HEADER]], delimiter=_separator(line)), [])
    except csv.Error:
        return []


def _columns(cells: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(cell.casefold().split()) for cell in cells[:_MOST_COLUMNS])


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line[:_LONGEST_HEADER].count)
