"""Does a broken engine fail its tests? `python bench/mutants.py`

One line of the engine on Whoosh is broken at a time, in a copy of the project, and the tests that hold it against the
plain engine are run there. Each break must fail them; one that they let pass is named, and makes this fail.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOM = Path("index/whoosh_engine")
TESTS = tuple(f"tests/contract/test_engines_{name}.py" for name in ("words", "facets", "conditions", "alike"))
COPIED = ("index", "tests", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line, written otherwise."""

    about: str
    file: str
    line: str
    broken: str


MUTANTS = (
    Mutant("scores: another constant", "scoring.py", "K1, B = 0.7, 0.5", "K1, B = 0.7, 0.55"),
    Mutant(
        "scores: rarity over all documents that hold a term, allowed or not",
        "scoring.py",
        "return int(np.count_nonzero(inside.take(segment.ids(name, ordinal))))",
        "return len(segment.ids(name, ordinal))",
    ),
    Mutant(
        "scores: a deleted document still counts among those that hold a term",
        "scoring.py",
        "return whole - _common(segment, name, ordinal, reach.gone) if len(reach.gone) else whole",
        "return whole",
    ),
    Mutant("scores: weights forgotten", "matching.py", "scores if weight == 1.0 else weight * scores", "scores"),
    Mutant(
        "scores: the last part of a conjunction forgotten",
        "matching.py",
        "for part in parts:",
        "for part in parts[:-1] or parts:",
    ),
    Mutant(
        "scores: a word of a phrase counted once",
        "matching.py",
        "sum((each[value] for value in phrase.values),",
        "sum(each.values(),",
    ),
    Mutant(
        "deletion: what was deleted is found",
        "reach.py",
        "allowed[gone] = False",
        "allowed[gone[1:]] = False",
    ),
    Mutant("deletion: what was deleted is counted", "reach.py", "return kept - count(self.gone) if", "return kept if"),
    Mutant("phrases: terms in any order", "phrases.py", "led = previous >= 0", "led = previous >= -1"),
    Mutant("phrases: one more foreign word", "phrases.py", "<= phrase.slop", "<= phrase.slop + 1"),
    Mutant(
        "phrases: across the pieces of a text", "phrases.py", "+ phrase.slop >= GAP:", "+ phrase.slop >= GAP + 10**6:"
    ),
    Mutant(
        "phrases: offsets forgotten",
        "phrases.py",
        "starts = [held - offset for held, offset in",
        "starts = [held - min(offset, 1) for held, offset in",
    ),
    Mutant(
        "facets: the rest is not taken from the whole",
        "tallying.py",
        "return total - count(others.nonzero()[0])",
        "return total",
    ),
    Mutant(
        "facets: cut too early",
        "facets.py",
        "len(held) - limit)[len(held) - limit])",
        "len(held) - limit)[len(held) - 1])",
    ),
    Mutant(
        "facets: a period ends in its last month",
        "facets.py",
        "steps[at + 1 : at + size + 1] -=",
        "steps[at : at + size] -=",
    ),
    Mutant(
        "facets: a document that spells a value twice counts twice",
        "facets.py",
        "if len(documents):",
        "if len(documents) > 10**9:",
    ),
    Mutant(
        "facets: counted with their own filter", "searching.py", "if without is None or name != without)", "if name)"
    ),
    Mutant(
        "order: none before some",
        "sorting.py",
        "yield lambda some, has=has: ~has.take",
        "yield lambda some, has=has: has.take",
    ),
    Mutant(
        "order: equals in the order of writing",
        "sorting.py",
        "yield lambda some: keys.take(",
        "yield lambda some: 0 * keys.take(",
    ),
    Mutant("ranges: open at their end", "matching.py", "(extents.first <= high)", "(extents.first < high)"),
    Mutant(
        "conjunctions: the first part only",
        "matching.py",
        "among = Among(documents, ids=each[number].ids)",
        "among = among or Among(documents, ids=each[number].ids)",
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=400, help="random histories tried against each")
    parser.add_argument("--only", default="", help="a piece of what a break is about")
    asked = parser.parse_args()
    lived = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = HERE / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        if not passes(copy, 20):
            print("The tests fail before anything is broken.", file=sys.stderr)
            return 1
        for mutant in MUTANTS:
            if asked.only in mutant.about:
                begun = time.monotonic()
                dies = is_found(mutant, copy, asked.examples)
                print(f"{'found' if dies else 'LIVES'}  {time.monotonic() - begun:5.1f} s  {mutant.about}", flush=True)
                lived += [] if dies else [mutant.about]
    print(f"{len(lived)} of {len(MUTANTS)} breaks were not found." if lived else "Every break was found.")
    return 1 if lived else 0


def is_found(mutant: Mutant, copy: Path, examples: int) -> bool:
    """Whether the tests fail with the line broken; it is mended afterwards."""
    path = copy / ROOM / mutant.file
    whole = path.read_text(encoding="utf-8")
    if mutant.line not in whole:
        raise SystemExit(f"{mutant.file} has no line {mutant.line!r} any more.")
    path.write_text(whole.replace(mutant.line, mutant.broken), encoding="utf-8")
    try:
        return not passes(copy, examples)
    finally:
        path.write_text(whole, encoding="utf-8")


def passes(copy: Path, examples: int) -> bool:
    """Whether the tests pass in the copy."""
    environment = {**os.environ, "ENGINE_EXAMPLES": str(examples), "ENGINE_SHRINK": "no", "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
