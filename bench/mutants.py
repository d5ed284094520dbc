"""Does a broken engine fail its tests? `python bench/mutants.py`

One line of the engine on Whoosh, or of what bounds a question, is broken at a time, in a copy of the project, and the
tests that hold it are run there: those that hold the engine against the plain one, those of the parser, of which each
break of theirs must fail some. One that they let pass is named, and makes this fail.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from breaks import ENGINE, Break
from breaks_limits import LIMITS

HERE = Path(__file__).resolve().parent.parent
CONTRACT = tuple(
    f"tests/contract/engines/test_engines_{name}.py" for name in ("bounds", "words", "facets", "conditions", "alike")
)
PARSER = tuple(f"tests/unit/index/test_parser_{name}.py" for name in ("bounds", "tree", "query", "inverse"))
BREAKS = (*ENGINE, *LIMITS)
COPIED = ("index", "kb", "templates", "tests", "pyproject.toml")


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
        if not passes(copy, (*PARSER, *CONTRACT), 20):
            print("The tests fail before anything is broken.", file=sys.stderr)
            return 1
        for one in BREAKS:
            if asked.only in one.about:
                begun = time.monotonic()
                dies = is_found(one, copy, asked.examples)
                print(f"{'found' if dies else 'LIVES'}  {time.monotonic() - begun:5.1f} s  {one.about}", flush=True)
                lived += [] if dies else [one.about]
        # Else nothing says that it was a break that failed them.
        if not passes(copy, (*PARSER, *CONTRACT), 20):
            print("The tests fail when nothing is broken any more.", file=sys.stderr)
            return 1
    print(f"{len(lived)} of {len(BREAKS)} breaks were not found." if lived else "Every break was found.")
    return 1 if lived else 0


def is_found(one: Break, copy: Path, examples: int) -> bool:
    """Whether the tests fail with the line broken; it is mended afterwards."""
    path = copy / "index" / one.file
    whole = path.read_text(encoding="utf-8")
    if one.line not in whole:
        raise SystemExit(f"{one.file} has no line {one.line!r} any more.")
    path.write_text(whole.replace(one.line, one.broken), encoding="utf-8")
    try:
        return not passes(copy, PARSER if one.file.startswith("parser/") else CONTRACT, examples)
    finally:
        path.write_text(whole, encoding="utf-8")


def passes(copy: Path, tests: Sequence[str], examples: int) -> bool:
    """Whether the tests pass in the copy."""
    environment = {**os.environ, "ENGINE_EXAMPLES": str(examples), "ENGINE_SHRINK": "no", "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not hostile", *tests]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
