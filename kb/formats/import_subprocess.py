"""Read a file of items in a sandboxed subprocess, with limited time and memory and without network.

The subprocess reads the file as `kb.formats.import_formats` does and writes a line of JSON for each draft and each
warning. The processes that serve, index or import read nothing of the file itself.
"""

import json
import os
import sqlite3
import stat
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.formats.json_lines.draft_record import draft_from_record
from kb.formats.scratch_database import LARGEST_SCRATCH_FILE, scratch_database
from kb.model.items.import_draft import ItemDraft, RecordWarning
from kb.model.items.import_source import DiigoFile
from kb.model.items.selectors import selectors_of
from kb.sandbox.sandboxed_process import SubprocessStopped, apply_resource_limits, lines_from_subprocess, run_reader

_SECONDS = 120
"""Seconds of computing for one file; the largest takes a tenth of it on a slow machine."""
_MEMORY = 1 << 30
"""Bytes that the subprocess may ask for: some sixty times the longest line."""
_LARGEST_IN_MEMORY = 20 << 20
"""Bytes of a file whose records wait in memory for its end: that of a member, whose process writes nothing to disk."""


def read_drafts_in_subprocess(
    path: Path,
    form: str,
    on_format: Callable[[str], None] | None = None,
    *,
    seconds: int = _SECONDS,
    memory: int = _MEMORY,
) -> Generator[ItemDraft | RecordWarning, None, None]:
    """The results of `kb.formats.import_formats.read_drafts` for a file; `on_format` is called as there.

    Raises Invalid as it does, and for a file that needs too much time or memory; SubprocessFailed; OSError if the file
    does not exist.
    """
    with path.open("rb") as file:
        yield from read_open_file_in_subprocess(file, form, on_format, seconds=seconds, memory=memory)


def read_open_file_in_subprocess(
    file: BinaryIO,
    form: str,
    on_format: Callable[[str], None] | None = None,
    *,
    seconds: int = _SECONDS,
    memory: int = _MEMORY,
) -> Generator[ItemDraft | RecordWarning, None, None]:
    """As `read_drafts_in_subprocess`, for a file or a pipe that is open and of which nothing was read.

    The subprocess reads on from the same position in the file, which `os.lseek` returns.
    """
    lines = lines_from_subprocess(__name__, file, [form], seconds=seconds, memory=memory)
    with closing(lines):
        try:
            for line in lines:
                record = json.loads(line)
                if (name := record.get("format")) is None:
                    yield _entry_from_record(record)
                elif on_format:
                    on_format(name)
        except SubprocessStopped as error:
            raise Invalid("Reading this file takes too much time or memory: send it in parts.") from error


def _entry_from_record(record: dict[str, Any]) -> ItemDraft | RecordWarning:
    if (invalid := record.get("invalid")) is not None:
        raise Invalid(invalid["message"], **invalid["values"])
    if (warning := record.get("warning")) is not None:
        return RecordWarning(**warning)
    fields = record["draft"]
    draft, _ = draft_from_record(fields, fields.get("line"))
    diigo_file = DiigoFile(fields["diigo_file"]) if "diigo_file" in fields else None
    return replace(
        draft,
        diigo_file=diigo_file,
        **{name: fields[name] for name in ("truncated_title", "read_from_comment", "private")},
    )


def _fields(value: Any) -> Any:
    """The fields of a draft and of its parts that are not None: as `asdict` gives them, in a tenth of its time."""
    if isinstance(value, tuple):
        return [_fields(element) for element in value] if value and not isinstance(value[0], str) else value
    if not is_dataclass(value):
        return value
    pairs = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
    # A draft holds selectors as the text that is stored, a record as a list.
    return {
        name: selectors_of(field_value) if name == "selectors" else _fields(field_value)
        for name, field_value in pairs
        if field_value is not None
    }


def main() -> int:
    """Read standard input in the format of the third argument, within the limits of the first two."""
    apply_resource_limits(sys.argv[1:])
    # What comes through a pipe may be too large to be in memory.
    status = os.fstat(sys.stdin.fileno())
    on_disk = not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_IN_MEMORY
    with scratch_database(on_disk=on_disk) as scratch:
        return run_reader(lambda: _write_entries(scratch), most_written=LARGEST_SCRATCH_FILE if on_disk else 0)


def _write_entries(scratch: sqlite3.Connection) -> None:
    def write(what: str, value: dict[str, object] | str) -> None:
        sys.stdout.buffer.write(json.dumps({what: value}, ensure_ascii=False).encode() + b"\n")

    try:
        for entry in read_drafts(sys.stdin.buffer, sys.argv[3], lambda name: write("format", name), scratch):
            if isinstance(entry, ItemDraft):
                write("draft", _fields(entry))
            else:
                write("warning", asdict(entry))
    except Invalid as error:
        write("invalid", {"message": error.message, "values": error.values})


if __name__ == "__main__":
    sys.exit(main())
