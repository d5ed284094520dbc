"""Reading a SKOS file that somebody sent, in a process of its own: with so much time, so much memory and no network.

rdflib works in Python, and some files of a few megabytes cost it minutes, or gigabytes. A site that reads them beside
its pages would stand still for everybody.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from threading import Lock
from typing import Any

from kb.errors import Invalid, Unavailable
from kb.exchange.rdf import statements
from kb.exchange.skos import AUTO
from kb.exchange.skos_reading import SkosFile, read_skos
from kb.model.draft import Remark
from kb.model.vocabulary import FIELDS, Concept, ConceptText

LARGEST_SENT = 5 << 20
"""Bytes of a file that is sent to a site; whoever runs it can bring larger ones in by the command."""
_SECONDS = 60
_MEMORY = 1 << 30
"""Bytes that the process may ask for: some two hundred times the largest file."""
_REFUSED = 3
"""Status of a process that says why a file cannot be read."""

_one_at_a_time = Lock()


def read_skos_apart(data: bytes, *, seconds: int = _SECONDS, memory: int = _MEMORY) -> SkosFile:
    """What `read_skos` gives. Raises Invalid as it does, and for a file that asks for too much; Unavailable while
    others are read.
    """
    if len(data) > LARGEST_SENT:
        raise Invalid("This file is too large: at most %(limit)s MiB are read.", limit=LARGEST_SENT >> 20)
    if not _one_at_a_time.acquire(timeout=seconds / 2):
        raise Unavailable("Another file is being read: try again in a moment.")
    try:
        run = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-m", __name__, str(seconds), str(memory)],
            input=data,
            capture_output=True,
            timeout=2 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        run = None
    finally:
        _one_at_a_time.release()
    if run is None or run.returncode not in (0, _REFUSED):
        raise Invalid("Reading this file takes too much time or memory: bring it in in parts, or as Turtle.")
    said = json.loads(run.stdout)
    if run.returncode == _REFUSED:
        raise Invalid(said["message"], **said["values"])
    return _file(said)


def _file(said: dict[str, Any]) -> SkosFile:
    concepts = tuple(
        Concept(
            one["uri"],
            **{name: tuple(ConceptText(*text) for text in one[name]) for name in FIELDS.values()},
            broader=tuple(one["broader"]),
            related=tuple(one["related"]),
        )
        for one in said["concepts"]
    )
    return SkosFile(concepts, said["scheme"], tuple(Remark(**one) for one in said["remarks"]), said["read"])


def _said(file: SkosFile) -> dict[str, Any]:
    texts = FIELDS.values()
    return {
        "concepts": [
            {
                "uri": one.uri,
                **{name: [(text.language, text.text) for text in getattr(one, name)] for name in texts},
                "broader": one.broader,
                "related": one.related,
            }
            for one in file.concepts
        ],
        "scheme": file.scheme,
        "remarks": [asdict(one) for one in file.remarks],
        "read": file.read,
    }


def _without_network(event: str, _: Iterable[object]) -> None:
    if event.startswith(("socket.", "urllib.", "subprocess.", "os.exec", "os.system", "os.fork", "os.spawn")):
        raise PermissionError(event)


def main() -> int:
    """Read standard input, within as many seconds and bytes as the arguments say; the answer is JSON."""
    seconds, memory = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Imported before the door is shut: rdflib looks at what the machine has.
    list(statements(b"", "turtle"))
    sys.addaudithook(_without_network)
    status, said = 0, {}
    try:
        said = _said(read_skos(sys.stdin.buffer.read(), AUTO))
    except Invalid as error:
        if isinstance(error.__context__, MemoryError):
            return 1
        status, said = _REFUSED, {"message": error.message, "values": error.values}
    json.dump(said, sys.stdout, ensure_ascii=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
