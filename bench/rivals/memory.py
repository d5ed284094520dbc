"""The memory of our engine, in a process that only opens it and runs every question twice."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

from .engines.florilege_engine import Ours
from .inputs import Question

FIELDS = ("VmRSS", "VmHWM", "RssAnon", "RssFile")
"""Fields of /proc/self/status: resident memory, its peak, the part without files, and the part of mapped files."""
Memory = dict[str, dict[str, float]]


def memory(folder: Path, questions: list[Question]) -> Memory:
    """MB of each field, before the index is opened (`empty`) and after all questions (`asked`)."""
    # A new process, not a fork: a fork would contain the memory of the other engines.
    package = __package__ or ""
    result = subprocess.run(
        [sys.executable, "-m", f"{package}.memory", str(folder.resolve())],
        cwd=Path(__file__).resolve().parents[package.count(".") + 1],
        input=pickle.dumps(questions),
        stdout=subprocess.PIPE,
        check=True,
    )
    memory: Memory = json.loads(result.stdout)
    return memory


def _measured(folder: Path, questions: list[Question]) -> Memory:
    ours = Ours()
    empty = status()
    ours.open(folder)
    for question in questions * 2:
        ours.ask(question)
    asked = status()
    ours.close()
    return {"empty": empty, "asked": asked}


def status() -> dict[str, float]:
    """MB of each field, of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1024 for name in FIELDS if name in fields}


if __name__ == "__main__":
    print(json.dumps(_measured(Path(sys.argv[1]), pickle.load(sys.stdin.buffer))))
