"""The records of a JSON list, one at a time. The list is the file, or the first one in its object (`rows`, `items`)."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from json import JSONDecodeError
from typing import NoReturn

from kb.formats.shared.decoded_text import LONGEST_LINE, decode_chunks, decode_head
from kb.model.items.import_draft import RecordWarning, warning_of

Record = Mapping[str, object]
_BETWEEN = re.compile(r"[\s,]*+")
_LIST = re.compile(r"\s*+(?:\{[^\[]*+)?\[")
_FIELD_NAME = re.compile(r'"([A-Za-z_@-]{1,40})"\s*+:')
_REPLIES = re.compile(r'\]\s*+,\s*+"replies"\s*+:\s*+\[')
_ITEMS = re.compile(r'"items"\s*+:\s*+\[')
_DOCUMENT = re.compile(r'\s*+\{[^{}\[\]]{0,2000}?"(?:items|@context)"\s*+:')
_FARTHEST_LIST = 1 << 20
"""Characters of an object in which the list with a name is looked for."""
_FARTHEST_REPLIES = 1_000
"""Characters between the first list and that of replies."""
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def first_keys(head: bytes) -> frozenset[str]:
    """The keys in the first bytes of a JSON file that is a list, or an object with a list; empty for another file."""
    text = decode_head(head)
    return (
        frozenset(_FIELD_NAME.findall(text)) if text.lstrip()[:1] in {"[", "{"} and _LIST.match(text) else frozenset()
    )


def has_keys(*names: str) -> Callable[[bytes], bool]:
    """A function that tells whether a file begins as a JSON list of records with these keys."""
    return lambda head: first_keys(head) >= set(names)


def is_json_document(head: bytes) -> bool:
    """Whether a file is one object with a list of items, or JSON-LD, and no line of JSON Lines."""
    return _DOCUMENT.match(decode_head(head)) is not None


def json_records(
    chunks: Iterable[bytes], *, is_in_items: bool = False, with_replies: bool = False
) -> Iterator[tuple[int, Record] | RecordWarning]:
    """Each record of the list with its number, from 1, and warnings. Reading ends at the first fault.

    `is_in_items`: the list is that of the field `items` of the object, whatever lists stand before it. `with_replies`:
    the list of the field `replies` is read too, if it follows that list.
    """
    reader = _ListReader(is_in_items, with_replies)
    for piece in decode_chunks(chunks):
        if isinstance(piece, RecordWarning):
            yield piece
        else:
            yield from reader.read(piece)
        if reader.has_ended:
            return
    yield from reader.read("", is_last=True)


class _ListReader:
    """The state of reading: the text that is not read yet, and whether its first record is that of a list."""

    def __init__(self, is_in_items: bool, with_replies: bool) -> None:
        self.buffer = ""
        self.number = 0
        self.wanted = 0
        self.is_in_list = False
        self.has_ended = False
        self.beginning = _ITEMS.search if is_in_items else _LIST.match
        self.farthest = _FARTHEST_LIST if is_in_items else LONGEST_LINE
        self.has_replies = with_replies

    def read(self, piece: str, *, is_last: bool = False) -> Iterator[tuple[int, Record] | RecordWarning]:
        """The records that a further piece of the file completes."""
        self.buffer += piece
        position = 0
        while not self.has_ended:
            if not self.is_in_list:
                if (start := self.beginning(self.buffer, position)) is None:
                    self.has_ended = is_last or len(self.buffer) - position > self.farthest
                    break
                self.is_in_list, position = True, start.end()
            # A record that was incomplete is tried again once there is twice as much of it.
            if len(self.buffer) - position <= self.wanted and not is_last:
                break
            position = _BETWEEN.match(self.buffer, position).end()  # type: ignore[union-attr]
            if self.buffer.startswith("]", position):
                self._end_list()
                continue
            try:
                value, position = _DECODER.raw_decode(self.buffer, position)
            except (ValueError, RecursionError) as error:
                self.wanted = 2 * (len(self.buffer) - position)
                if isinstance(error, JSONDecodeError) and self.wanted < LONGEST_LINE and not is_last:
                    break
                yield self._fault(is_last=is_last)
                break
            self.number += 1
            self.wanted = 0
            yield _record(value, self.number)
        self.buffer = self.buffer[position:]

    def _end_list(self) -> None:
        """The list has ended: look for the next one, if there may be one."""
        if self.has_replies:
            self.is_in_list, self.has_replies = False, False
            self.beginning, self.farthest = _REPLIES.match, _FARTHEST_REPLIES
        else:
            self.has_ended = True

    def _fault(self, *, is_last: bool) -> RecordWarning:
        self.has_ended = True
        if is_last:
            message = "The file ends within record %(number)s: the rest is missing."
        else:
            message = "Record %(number)s is not JSON: reading ends here."
        return warning_of(message, number=self.number + 1, skipped=True)


def _record(value: object, number: int) -> tuple[int, Record] | RecordWarning:
    if isinstance(value, dict):
        return number, value
    return warning_of("Record %(number)s is not an object.", number=number, skipped=True)


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
    return tuple(_NOT_KEPT.sub("\ufffd", value) for value in _values(record, name) if isinstance(value, str))


def records_field(record: Record, name: str) -> tuple[Record, ...]:
    """The objects of a list."""
    return tuple(value for value in _values(record, name) if isinstance(value, dict))


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
