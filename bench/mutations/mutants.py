"""Mutation tests of the engine: `python bench/mutations/mutants.py`.

The program changes one line of the engine, or of the query parser, in a copy of the project, and runs the contract
tests of engines, or the tests of the parser. It prints each mutation with which all tests pass, and then fails.
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

from bench.mutations.engine_mutations import ENGINE, Mutation
from bench.mutations.limit_mutations import LIMITS
from bench.mutations.vector_mutations import VECTORS
from bench.mutations.window_mutations import WINDOWS

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = (
    "tests/unit/index/whoosh_engine/test_nearest_search.py",
    *(
        f"tests/contract/engines/test_engines_{name}.py"
        for name in ("bounds", "words", "facets", "conditions", "nearest", "windows", "alike")
    ),
)
PARSER = tuple(
    f"tests/unit/index/query_parser/test_{name}.py" for name in ("parser_bounds", "tree_builder", "compiler", "unparse")
)
MUTATIONS = (*ENGINE, *LIMITS, *VECTORS, *WINDOWS)
COPIED = ("index", "kb", "templates", "tests", "pyproject.toml")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=400, help="random histories tried against each")
    parser.add_argument("--only", default="", help="only mutations whose description contains this text")
    arguments = parser.parse_args()
    lived = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        if not passes(copy, (*PARSER, *CONTRACT), 20):
            print("The tests fail without any mutation.", file=sys.stderr)
            return 1
        for mutation in MUTATIONS:
            if arguments.only in mutation.about:
                begun = time.monotonic()
                dies = is_found(mutation, copy, arguments.examples)
                print(
                    f"{'found' if dies else 'LIVES'}  {time.monotonic() - begun:5.1f} s  {mutation.about}", flush=True
                )
                lived += [] if dies else [mutation.about]
        # Otherwise the failures may have another cause than the mutations.
        if not passes(copy, (*PARSER, *CONTRACT), 20):
            print("The tests fail after the last mutation was reverted.", file=sys.stderr)
            return 1
    print(f"{len(lived)} of {len(MUTATIONS)} mutations survived." if lived else "The tests found every mutation.")
    return 1 if lived else 0


def is_found(mutation: Mutation, copy: Path, examples: int) -> bool:
    """Whether a test fails with the mutation, which is reverted afterwards."""
    path = copy / "index" / mutation.file
    whole = path.read_text(encoding="utf-8")
    if mutation.line not in whole:
        raise SystemExit(f"{mutation.file} has no line {mutation.line!r} any more.")
    path.write_text(whole.replace(mutation.line, mutation.broken), encoding="utf-8")
    try:
        return not passes(copy, PARSER if mutation.file.startswith("query_parser/") else CONTRACT, examples)
    finally:
        path.write_text(whole, encoding="utf-8")


def passes(copy: Path, tests: Sequence[str], examples: int) -> bool:
    """Whether the tests pass in the copy."""
    environment = {**os.environ, "ENGINE_EXAMPLES": str(examples), "ENGINE_SHRINK": "no", "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not hostile", *tests]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
