"""The memory of our engine, in a process that does nothing but open it and ask every question twice."""

import multiprocessing
from pathlib import Path

from .questions import Question

FIELDS = ("VmRSS", "VmHWM", "RssAnon", "RssFile")
"""Of /proc/self/status: resident now, resident at most, of it our own, and of it pages of files."""


def memory(folder: Path, questions: list[Question]) -> dict[str, dict[str, float]]:
    """MB of each field, before the index is opened (`empty`) and after all questions (`asked`)."""
    # Started anew, not forked: a copy of this process would hold what the other engines left.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (folder, questions))


def _measured(folder: Path, questions: list[Question]) -> dict[str, dict[str, float]]:
    from .in_ours import Ours  # noqa: PLC0415 - what comes before it is the empty process

    ours = Ours()
    empty = _status()
    ours.open(folder)
    for question in questions * 2:
        ours.ask(question)
    asked = _status()
    ours.close()
    return {"empty": empty, "asked": asked}


def _status() -> dict[str, float]:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = dict(line.split(":", 1) for line in lines)
    return {name: int(found[name].split()[0]) / 1024 for name in FIELDS if name in found}
