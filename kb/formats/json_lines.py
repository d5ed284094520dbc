"""JSON Lines, our own format: one item a line, with every key, in a fixed order.

`read_json_lines` reads exactly what `json_line_of` writes.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NoReturn

from kb.formats.byte_lines import BYTE_ORDER_MARK, numbered_lines
from kb.formats.json_draft_reader import InvalidRecord, draft_from_record
from kb.formats.readers.json_records import is_json_document
from kb.model.bibliographic_record import record_values
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.import_draft import ItemDraft, Remark, remark
from kb.model.items.item import Item
from kb.model.items.item_budget import MOST_ITEM_PARTS
from kb.model.items.item_file import ItemFile
from kb.model.items.selectors import selectors_of
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.storable_text import is_storable

JSON_LINES = "jsonl"
"""The name of the format, for imports and exports."""
_MOST_OBJECTS = 40 * MOST_ITEM_PARTS
"""Objects on one line, braces in its texts included: each takes a hundred times its bytes in memory."""

# The first keys in their order, which never changes; fields that the record has gained since follow them.
_KEYS: dict[str, object] = dict.fromkeys(
    "id group url title description author byline tags added updated published source language views".split()
)
# Characters that JSON can write and no text should hold: half a surrogate pair, and NUL.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def is_json_lines(head: bytes) -> bool:
    """Whether a file that begins with these bytes begins with a record, or is blank."""
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    return not start or (start.startswith(b"{") and not is_json_document(head))


def read_json_lines(chunks: Iterable[bytes]) -> Iterator[ItemDraft | Remark]:
    """The items of a file, one line at a time; a remark for each invalid line, or part of one."""
    for number, line in numbered_lines(chunks):
        if line is None:
            yield remark("This line is longer than 16 MB.", number, skipped=True)
        elif line.strip():
            try:
                draft, unknown = draft_from_record(_parse_line(line), number)
            except InvalidRecord as bad:
                yield Remark(str(bad), number, skipped=True, message=bad.message, values=bad.values)
                continue
            yield draft
            if unknown:
                yield remark("Unknown fields were left out: %(fields)s.", number, fields=", ".join(unknown)[:200])


def json_line_of(item: Item, group: Group) -> str:
    """The line of one item, with its end."""
    sharers = [{"author": _author(sharer.user), "added": sharer.added} for sharer in item.sharers]
    record = _KEYS | {
        "id": item.id,
        "group": {"slug": group.slug, "name": group.name, "description": group.description, "visible": group.visible},
        **record_values(item),
        "author": _author(item.author),
        "tags": item.tags,
        "added": item.added,
        "updated": item.updated,
        "views": item.views,
        # Few items have any: the lines of the others do not change.
        **({"sharers": sharers} if sharers else {}),
        "annotations": [_annotation(annotation) for annotation in item.annotations],
        **({"files": [_file(file) for file in item.files]} if item.files else {}),
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def _file(file: ItemFile) -> dict[str, object]:
    return {name: getattr(file, name) for name in ("role", "name", "media_type", "size", "sha256")}


def _annotation(annotation: Annotation) -> dict[str, object]:
    selectors = selectors_of(annotation.selectors)
    return {
        "id": annotation.id,
        "kind": annotation.kind,
        "author": _author(annotation.author),
        "added": annotation.added,
        "quote": annotation.quote,
        "body": annotation.body,
        "prefix": annotation.prefix,
        "suffix": annotation.suffix,
        "color": annotation.color,
        "replies": [_reply(reply) for reply in annotation.replies],
        **_rare_facts(annotation),
        **({"selectors": selectors} if selectors else {}),
    }


def _reply(reply: Reply) -> dict[str, object]:
    return {
        "id": reply.id,
        "author": _author(reply.author),
        "added": reply.added,
        "body": reply.body,
        **({"reply_to": reply.reply_to} if reply.reply_to is not None else {}),
        **_rare_facts(reply),
    }


def _rare_facts(part: Annotation | Reply) -> dict[str, object]:
    """Facts that few texts have: the lines of the others do not change."""
    return {
        **({"updated": part.updated} if part.updated is not None else {}),
        **({"tags": part.tags} if part.tags is not None else {}),
    }


def _author(author: User | None) -> dict[str, object] | None:
    return {"login": author.login, "name": author.name} if author else None


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
