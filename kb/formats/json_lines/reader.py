"""Read JSON Lines, one line at a time."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NoReturn

from kb.errors import translatable
from kb.formats.json_lines import JSON_LINES
from kb.formats.json_lines.draft_record import InvalidRecord, draft_from_record
from kb.formats.shared.decoded_text import BYTE_ORDER_MARK, numbered_lines
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import is_json_document
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.items.item_budget import MOST_ITEM_PARTS
from kb.model.storable_text import is_storable

_MOST_OBJECTS = 40 * MOST_ITEM_PARTS
"""Objects on one line, braces in its texts included: each takes a hundred times its bytes in memory."""

# Characters that JSON can write and no text should hold: half a surrogate pair, and NUL.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def is_json_lines(head: bytes) -> bool:
    """Whether a file that begins with these bytes begins with a record, or is blank."""
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    return not start or (start.startswith(b"{") and not is_json_document(head))


def read_json_lines(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The items of a file, one line at a time; a warning for each invalid line, or part of one."""
    for number, line in numbered_lines(chunks):
        if line is None:
            yield warning_of("This line is longer than 16 MB.", number, skipped=True)
        elif line.strip():
            try:
                draft, unknown = draft_from_record(_parse_line(line), number)
            except InvalidRecord as bad:
                yield RecordWarning(str(bad), number, skipped=True, message=bad.message, values=bad.values)
                continue
            yield draft
            if unknown:
                yield warning_of("Unknown fields were left out: %(fields)s.", number, fields=", ".join(unknown)[:200])


def _parse_line(line: bytes) -> object:
    if line.count(b"{") > _MOST_OBJECTS:
        raise InvalidRecord(
            "This record is left out: an item has at most %(limit)s passages, comments and replies.",
            limit=MOST_ITEM_PARTS,
        )
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise InvalidRecord("This line is not UTF-8.") from error
    try:
        value: object = _DECODER.decode(text)
    except RecursionError as error:
        raise InvalidRecord("This line is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise InvalidRecord("This line is not JSON (at character %(column)s).", column=error.pos + 1) from error
    except ValueError as error:
        raise InvalidRecord("This line holds a number that is too long.") from error
    if b"\\u" in line and _SUSPECT.search(line):
        _check_texts(value)
    return value


def _without_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) == len(pairs):
        return record
    duplicate = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    raise InvalidRecord("The field “%(field)s” is there twice.", field=duplicate[:80])


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidRecord("%(value)s is not JSON.", value=name)


# `json.loads` would make a decoder for each line.
_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicate_keys, parse_constant=_refuse_constant)


def _check_texts(value: object) -> None:
    """Raise InvalidRecord for a text that cannot be stored."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if not is_storable(text):
                raise InvalidRecord("A text holds a NUL character, or half of a character.")
            case list() as values:
                waiting.extend(values)
            case dict() as record:
                waiting.extend(record)
                waiting.extend(record.values())


JSON_LINES_IMPORT = ImportFormat(
    JSON_LINES,
    translatable("JSON Lines, as “kb export” writes it"),
    (".jsonl", ".ndjson", ".json", "application/x-ndjson"),
    is_json_lines,
    read_json_lines,
    keeps_any_address=True,
)
