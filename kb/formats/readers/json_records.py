"""The records of a JSON list, one at a time. The list is the file, or the first one in its object (`rows`, `items`)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from json import JSONDecodeError
from typing import NoReturn

from kb.formats.byte_lines import LONGEST_LINE
from kb.formats.readers.decoded_text import decode_chunks, decode_head
from kb.model.items.import_draft import Remark, remark

Record = Mapping[str, object]
_BETWEEN = re.compile(r"[\s,]*+")
_LIST = re.compile(r"\s*+(?:\{[^\[]*+)?\[")
_FIELD_NAME = re.compile(r'"([A-Za-z_@-]{1,40})"\s*+:')
_ITEMS = re.compile(r'"items"\s*+:\s*+\[')
_FARTHEST_LIST = 1 << 20
"""Characters of an object in which the list with a name is looked for."""
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def first_keys(head: bytes) -> frozenset[str]:
    """The keys in the first bytes of a JSON file that is a list, or an object with a list; empty for another file."""
    text = decode_head(head)
    return (
        frozenset(_FIELD_NAME.findall(text)) if text.lstrip()[:1] in {"[", "{"} and _LIST.match(text) else frozenset()
    )


def json_records(chunks: Iterable[bytes], *, is_in_items: bool = False) -> Iterator[tuple[int, Record] | Remark]:
    """Each record of the list with its number, from 1, and remarks. Reading ends at the first fault.

    `is_in_items`: the list is that of the field `items` of the object, whatever lists stand before it.
    """
    beginning = _ITEMS.search if is_in_items else _LIST.match
    farthest = _FARTHEST_LIST if is_in_items else LONGEST_LINE
    buffer, place, number, wanted, started = "", 0, 0, 0, False
    for piece in decode_chunks(chunks):
        if isinstance(piece, Remark):
            yield piece
            continue
        buffer += piece
        if not started:
            if (start := beginning(buffer)) is None:
                if len(buffer) > farthest:
                    break
                continue
            started, place = True, start.end()
        # A record that was incomplete is tried again once there is twice as much of it.
        while len(buffer) - place > wanted:
            place = _BETWEEN.match(buffer, place).end()  # type: ignore[union-attr]
            if buffer.startswith("]", place):
                return
            try:
                value, end = _DECODER.raw_decode(buffer, place)
            except (ValueError, RecursionError) as error:
                wanted = 2 * (len(buffer) - place)
                if isinstance(error, JSONDecodeError) and wanted < LONGEST_LINE:
                    break
                yield remark("Record %(number)s is not JSON: reading ends here.", number=number + 1, skipped=True)
                return
            number, place, wanted = number + 1, end, 0
            yield _record(value, number)
        buffer, place = buffer[place:], 0
    yield from _last_records(buffer, number, started)


def _last_records(buffer: str, number: int, started: bool) -> Iterator[tuple[int, Record] | Remark]:
    """What is left at the end of a file, which may be cut."""
    place = 0
    while started:
        place = _BETWEEN.match(buffer, place).end()  # type: ignore[union-attr]
        if buffer.startswith("]", place):
            return
        try:
            value, place = _DECODER.raw_decode(buffer, place)
        except (ValueError, RecursionError):
            break
        number += 1
        yield _record(value, number)
    yield remark("The file ends within record %(number)s: the rest is missing.", number=number + 1, skipped=True)


def _record(value: object, number: int) -> tuple[int, Record] | Remark:
    if isinstance(value, dict):
        return number, value
    return remark("Record %(number)s is not an object.", number=number, skipped=True)


def text_field(record: Record, *names: str) -> str:
    """The first of these fields that is a text and not empty; numbers are written. Empty if there is none."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return _NOT_KEPT.sub("\ufffd", value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def texts_field(record: Record, name: str) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(_NOT_KEPT.sub("\ufffd", one) for one in _values(record, name) if isinstance(one, str))


def records_field(record: Record, name: str) -> tuple[Record, ...]:
    """The objects of a list."""
    return tuple(one for one in _values(record, name) if isinstance(one, dict))


def record_field(record: Record, name: str) -> Record:
    """An object; an empty one if there is none."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _values(record: Record, name: str) -> list[object]:
    value = record.get(name)
    return value if isinstance(value, list) else []


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
