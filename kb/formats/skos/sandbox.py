"""Read an uploaded SKOS file in a subprocess: rdflib is pure Python, and slow."""

import json
import sys
from dataclasses import asdict
from typing import Any

from kb.errors import Invalid, Unavailable
from kb.formats.skos.rdf_parser import read_statements
from kb.formats.skos.reader import SkosFile, read_skos
from kb.formats.skos.writer import AUTO
from kb.model.items.import_draft import RecordWarning
from kb.model.vocabulary import FIELDS, Concept, ConceptText
from kb.sandbox.sandboxed_process import apply_resource_limits, run_in_sandbox, run_reader
from kb.slow_work_slots import SMALL_FILE, Slots, SlotsTaken

LARGEST_UPLOADED_SKOS = 5_000_000
"""Bytes of an uploaded file; the operator can import larger ones with the command."""
_SECONDS = 60
_MEMORY = 1 << 30
"""Bytes that the process may ask for: some two hundred times the largest file."""
_REFUSED = 3
"""Status of a process that says why a file cannot be read."""

_SLOTS = Slots(total=3, each=1, for_small=1)
"""Files that are read at once: each keeps a thread and a processor for a minute at worst."""


def read_skos_in_subprocess(data: bytes, sender: str, *, seconds: int = _SECONDS, memory: int = _MEMORY) -> SkosFile:
    """The result of `read_skos`. Raises Invalid as it does, and for a file that needs too much; SubprocessFailed;
    Unavailable at once while other files are read, or another one of the same `sender`, the id of a user.
    """
    if len(data) > LARGEST_UPLOADED_SKOS:
        raise Invalid("This file is too large: at most %(limit)s MB are read.", limit=LARGEST_UPLOADED_SKOS // 10**6)
    try:
        with _SLOTS.slot(sender, is_small=len(data) < SMALL_FILE):
            status, answer = run_in_sandbox(__name__, data, seconds=seconds, memory=memory)
    except SlotsTaken as taken:
        if taken.own:
            raise Unavailable("A file of yours is being read already: wait until it is done.") from None
        raise Unavailable("Another file is being read: try again in a moment.") from None
    if status not in (0, _REFUSED):
        raise Invalid("Reading this file takes too much time or memory: bring it in in parts, or as Turtle.")
    read = json.loads(answer)
    if status == _REFUSED:
        raise Invalid(read["message"], **read["values"])
    return _skos_file_from_json(read)


def _skos_file_from_json(answer: dict[str, Any]) -> SkosFile:
    concepts = tuple(
        Concept(
            concept["uri"],
            **{name: tuple(ConceptText(**text) for text in concept[name]) for name in FIELDS.values()},
            broader=tuple(concept["broader"]),
            related=tuple(concept["related"]),
        )
        for concept in answer["concepts"]
    )
    return SkosFile(
        concepts, answer["scheme"], tuple(RecordWarning(**warning) for warning in answer["warnings"]), answer["read"]
    )


def main() -> int:
    """Read standard input, within the seconds and bytes of the arguments; the answer is JSON."""
    apply_resource_limits(sys.argv[1:])
    # Imported before the sandbox starts, because rdflib inspects the machine.
    list(read_statements(b"", "turtle"))
    return run_reader(_write_answer)


def _write_answer() -> int:
    status, answer = 0, dict[str, Any]()
    try:
        answer = asdict(read_skos(sys.stdin.buffer.read(), AUTO))
    except Invalid as error:
        if isinstance(error.__context__, MemoryError):
            raise error.__context__ from error
        status, answer = _REFUSED, {"message": error.message, "values": error.values}
    json.dump(answer, sys.stdout, ensure_ascii=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
