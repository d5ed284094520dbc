"""Copies of the program without some features: `python -m tests.support.feature_trees FOLDER NAME…` makes one."""

import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from kb.features import FEATURES

ROOT = Path(__file__).parents[2]


def make_tree_without(names: Iterable[str], target: Path) -> None:
    """Copy the program into a folder, and delete features there: the folder of each, and its line."""
    for part in ("kb", "index", "templates"):
        # With what is compiled: the copy keeps the times of the files, so Python need not compile them again.
        shutil.copytree(ROOT / part, target / part)
    shutil.copy2(ROOT / "pyproject.toml", target)
    listed = target / "kb" / "features" / "__init__.py"
    text = listed.read_text(encoding="utf-8")
    for name in names:
        shutil.rmtree(target / "kb" / "features" / name)
        text, entries = re.subn(rf"    \"{name}\",\n", "", text)
        assert entries == 1, name
    listed.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    folder, *chosen = sys.argv[1:]
    make_tree_without(chosen or [feature.name for feature in FEATURES], Path(folder))
