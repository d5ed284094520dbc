"""The protocol of an extraction subprocess: how it is called, and how it answers.

The subprocess receives a line of JSON and the body. It writes each fact as soon as it has it, as a line of JSON. If it
runs out of time, later facts are missing, and the facts already written are good.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO

from kb.sandbox.sandboxed_process import (
    SubprocessFailed,
    SubprocessStopped,
    apply_resource_limits,
    lines_from_subprocess,
    run_in_sandbox,
    run_reader,
)

ExtractedFacts = dict[str, Any]
MORE_TEXT = "more"
"""The name of a text that is appended to the text before it."""
KINDS = "kinds"
"""What each line of such a text is (`kb.model.web_pages.text_layout`)."""
PAGE = "page"
"""Whether such a text is that of a page, which may be empty."""
LAYOUT = "layout"
"""The layout of the text, as it is stored."""
LOCKED = "locked"
TANGLED = "tangled"
"""Whether a page has too many elements, or too many in one another, to be kept."""
COPY = "copy"
"""The name of the document of a kept page."""
STOPPED = "stopped"
"""Whether the limit of time or memory ended the reading of an uploaded file."""
REFUSED = "refused"
"""The name of the reason why a file must not be kept: one of `FileRefusal`."""
HTML, PDF, SAVED_PAGE = "kb.extraction.html_facts", "kb.extraction.pdf_facts", "kb.extraction.saved_page_facts"
FILE = "kb.extraction.file_facts"
"""The modules that run in a subprocess: no other process imports them."""


class FileRefusal(StrEnum):
    """Why an uploaded file must not be kept."""

    UNKNOWN = "unknown"
    MACROS = "macros"
    BOMB = "bomb"


def extract_in_subprocess(
    module: str, body: bytes, *, seconds: int, memory: int, **parameters: str
) -> ExtractedFacts | None:
    """All facts that a subprocess finds in a body, later ones over earlier; None if it gave up without any.

    Raises SubprocessFailed; a library that crashes does so on this body each time, and the facts before it are good.
    """
    line = json.dumps(parameters).encode() + b"\n"
    status: int | None
    try:
        status, answer = run_in_sandbox(module, line + body, seconds=seconds, memory=memory)
    except SubprocessFailed as failed:
        if not failed.crashed or b"\n" not in failed.output:
            raise
        status, answer = None, failed.output
    # The last line is incomplete if the process was stopped.
    lines = [json.loads(part) for part in answer.split(b"\n")[:-1]]
    return _joined_facts(lines) if status == 0 or lines else None


def extract_file_in_subprocess(file: BinaryIO, *, seconds: int, memory: int) -> ExtractedFacts | None:
    """As `extract_in_subprocess` for an uploaded file, which the subprocess reads itself and cannot change."""
    lines: list[ExtractedFacts] = []
    stopped = False
    try:
        # A handle of its own, which only reads: the file has no name.
        with (
            Path(f"/proc/self/fd/{file.fileno()}").open("rb") as source,
            closing(lines_from_subprocess(FILE, source, seconds=seconds, memory=memory)) as written,
        ):
            lines.extend(json.loads(line) for line in written if line.endswith(b"\n"))
    except SubprocessStopped:
        stopped = True
    except SubprocessFailed as failed:
        if not failed.crashed or not lines:
            raise
        stopped = True
    return {**_joined_facts(lines), STOPPED: stopped} if lines else None


def _joined_facts(lines: list[ExtractedFacts]) -> ExtractedFacts:
    facts: ExtractedFacts = {name: value for line in lines for name, value in line.items()}
    pieces = [line for line in lines if MORE_TEXT in line]
    if pieces:
        facts["text"] = "\n".join(piece[MORE_TEXT] for piece in pieces)
        ends = list(accumulate((len(piece[KINDS]) for piece in pieces), initial=0))
        facts[LAYOUT] = {
            "kinds": "".join(piece[KINDS] for piece in pieces),
            "pages": [begin for begin, piece in zip(ends, pieces, strict=False) if piece.get(PAGE)],
        }
    return facts


def run_file_extraction(facts_of: Callable[[BinaryIO], Iterator[ExtractedFacts]]) -> int:
    """The main function of a subprocess that reads an uploaded file, its standard input."""
    apply_resource_limits(sys.argv[1:])
    return run_reader(lambda: _write(facts_of(sys.stdin.buffer)))


def run_extraction(facts_of: Callable[[bytes, dict[str, str]], Iterator[ExtractedFacts]]) -> int:
    """The main function of an extraction subprocess, within the limits that its arguments give."""
    apply_resource_limits(sys.argv[1:])
    parameters = json.loads(sys.stdin.buffer.readline())
    return run_reader(lambda: _write(facts_of(sys.stdin.buffer.read(), parameters)))


def _write(facts: Iterator[ExtractedFacts]) -> None:
    for fact in facts:
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()
