"""Read an uploaded file of items in a sandboxed subprocess, with limited time and memory and without network.

The subprocess reads the file as `kb.formats.import_formats` does and writes a line of JSON for each draft and each
remark. The processes that serve, index or import read nothing of the file itself.
"""

import json
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    GroupDraft,
    ItemDraft,
    Remark,
    ReplyDraft,
    SharingDraft,
)
from kb.model.people.group import Visibility
from kb.sandbox.sandboxed_process import (
    SubprocessStopped,
    apply_resource_limits,
    enter_sandbox,
    lines_from_subprocess,
)

_SECONDS = 120
"""Seconds of computing for one file; the largest takes a tenth of it on a slow machine."""
_MEMORY = 1 << 30
"""Bytes that the subprocess may ask for: some sixty times the longest line."""


def read_drafts_in_subprocess(
    path: Path,
    form: str,
    *,
    seconds: int = _SECONDS,
    memory: int = _MEMORY,
) -> Generator[ItemDraft | Remark, None, None]:
    """The results of `kb.formats.import_formats.read_drafts` for a file.

    Raises Invalid as it does, and for a file that needs too much time or memory; OSError if the file does not exist.
    """
    with path.open("rb") as file:
        lines = lines_from_subprocess(__name__, file, [form], seconds=seconds, memory=memory)
        with closing(lines):
            try:
                yield from map(_entry_from_json, lines)
            except SubprocessStopped as error:
                raise Invalid("Reading this file takes too much time or memory: send it in parts.") from error


def _entry_from_json(line: bytes) -> ItemDraft | Remark:
    record = json.loads(line)
    if (invalid := record.get("invalid")) is not None:
        raise Invalid(invalid["message"], **invalid["values"])
    if (remark := record.get("remark")) is not None:
        return Remark(**remark)
    return _draft_from_json(record["draft"])


def _draft_from_json(record: dict[str, Any]) -> ItemDraft:
    group, tags = record["group"], record["tags"]
    return ItemDraft(
        **{
            **record,
            "group": _group_from_json(group) if group is not None else None,
            "author": _author_from_json(record["author"]),
            "tags": tuple(tags) if tags is not None else None,
            "sharers": tuple(SharingDraft(_author_from_json(one["author"]), one["added"]) for one in record["sharers"]),
            "annotations": tuple(map(_annotation_from_json, record["annotations"])),
        }
    )


def _group_from_json(record: dict[str, Any]) -> GroupDraft:
    visible = record["visible"]
    return GroupDraft(**{**record, "visible": Visibility(visible) if visible is not None else None})


def _author_from_json(record: dict[str, Any] | None) -> AuthorDraft | None:
    return AuthorDraft(**record) if record is not None else None


def _annotation_from_json(record: dict[str, Any]) -> AnnotationDraft:
    replies = tuple(ReplyDraft(**{**one, "author": _author_from_json(one["author"])}) for one in record["replies"])
    kind, author = AnnotationKind(record["kind"]), _author_from_json(record["author"])
    return AnnotationDraft(**{**record, "kind": kind, "author": author, "replies": replies})


def _as_json(value: object) -> dict[str, object]:
    """A draft, or a part of one, as JSON."""
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(type(value))


def main() -> int:
    """Read standard input in the format of the third argument, within the limits of the first two."""
    apply_resource_limits(sys.argv[1:])
    enter_sandbox()

    def write(what: str, value: object) -> None:
        line = json.dumps({what: value}, ensure_ascii=False, default=_as_json)
        sys.stdout.buffer.write(line.encode() + b"\n")

    try:
        for entry in read_drafts(sys.stdin.buffer, sys.argv[3]):
            write("draft" if isinstance(entry, ItemDraft) else "remark", entry)
    except Invalid as error:
        write("invalid", {"message": error.message, "values": error.values})
    except MemoryError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
