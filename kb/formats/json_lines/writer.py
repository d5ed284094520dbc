"""Write JSON Lines, a line for each item."""

import json

from kb.errors import translatable
from kb.formats.json_lines import JSON_LINES
from kb.formats.shared.export_format import ExportFormat
from kb.model.bibliographic_record import record_values
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.item_file import ItemFile
from kb.model.items.selectors import selectors_of
from kb.model.people.group import Group
from kb.model.people.user import User

# The keys of every line, in their order, which never changes; fields that the record has gained since follow them,
# where they have a value.
_KEYS: dict[str, object] = dict.fromkeys(
    "id group url title description author byline tags added updated published source language views".split()
)


def json_line_of(item: Item, group: Group) -> str:
    """The line of one item, with its end."""
    sharers = [{"author": _author(sharer.user), "added": sharer.added} for sharer in item.sharers]
    record = _KEYS | {
        "id": item.id,
        "group": {"slug": group.slug, "name": group.name, "description": group.description, "visible": group.visible},
        **{name: value for name, value in record_values(item).items() if value or name in _KEYS},
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


JSON_LINES_EXPORT = ExportFormat(
    JSON_LINES,
    "JSON Lines",
    translatable("To move to another Florilège: every field, annotation, author and date. Import it there."),
    ".jsonl",
    "application/x-ndjson",
    lambda rows, _: (json_line_of(item, group).encode() for item, group in rows),
)
