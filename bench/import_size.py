"""Measure a large import, and compare the export with the imported file: `python bench/import_size.py`.

Prints the rates, and the peak memory of any of the processes (resident set, as the system counts it). An import and its
helper are two processes, and share the processors.
"""

import argparse
import json
import os
import tempfile
import time
from itertools import zip_longest
from pathlib import Path

from bench.corpus import lines
from bench.harness import Base, check

LIMIT = 1024**3
"""Bytes of memory that an import may take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        given, first, second = (Path(folder, name) for name in ("given.jsonl", "first.jsonl", "second.jsonl"))
        with given.open("w", encoding="utf-8") as file:
            file.writelines(lines(arguments.items, arguments.seed))
        print(f"{arguments.items} items, {given.stat().st_size / 1e6:.0f} MB")
        first_base, two = Base(Path(folder, "one")), Base(Path(folder, "two"))
        for base, source, target in ((first_base, given, first), (two, first, second)):
            base.run("migrate")
            measured(base, arguments.items, "import", str(source))
            measured(base, arguments.items, "export", "-o", str(target))
        print(first_base.run("index", "check").strip())
        again = json.loads(measured(first_base, arguments.items, "import", "--json", str(given)))
        measured(first_base, arguments.items, "index", "rebuild")
        check(again["added"] == again["updated"] == again["skipped"] == 0, f"a second import: {again}")
        compare(given, first)
        check(first.read_bytes() == second.read_bytes(), "the second export differs from the first")
    print("What came out is what went in; the second export is the same to the byte.")


def measured(base: Base, items: int, *arguments: str) -> str:
    """Run a command; print its duration, its use of the processors and its memory; returns its output."""
    started = time.monotonic()
    process = base.start(*arguments)
    assert process.stdout is not None
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f"kb {arguments[0]} failed")
    name = " ".join(filter(str.isalpha, arguments[:2]))
    worked, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    rates = f"{items / seconds:.0f} items/s, {items / worked:.0f} items per second of processor"
    print(f"{name}: {seconds:.1f} s, {rates}, {memory / 1e6:.0f} MB", flush=True)
    check(memory < LIMIT, f"kb {arguments[0]} took {memory} bytes")
    return answer


def compare(source: Path, exported: Path) -> None:
    """Check that every given field is exported unchanged, and that items keep their order."""
    with source.open(encoding="utf-8") as ours, exported.open(encoding="utf-8") as theirs:
        for number, (line, its) in enumerate(zip_longest(ours, theirs), start=1):
            check(line is not None and its is not None, f"line {number} is missing on one side")
            expected, actual = json.loads(line), json.loads(its)
            expected["group"] = actual["group"] if actual["group"]["slug"] == expected["group"] else expected["group"]
            check(holds(actual, expected), f"line {number}: {line} came out as {its}")


def holds(actual: object, expected: object) -> bool:
    """Whether all expected values are present: fields that were not given do not count."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(name in actual and holds(actual[name], value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(holds, actual, expected))
    return actual == expected


if __name__ == "__main__":
    main()
