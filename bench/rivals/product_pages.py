"""Whole pages of the site, by `bench/pages/page_speed.py`: with one reader, then with eight readers and a writer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).resolve().parent.parent / "pages" / "page_speed.py"
LOADS = {
    "one reader": ("--clients", "1", "--writes", "0"),
    "eight readers, 5 changes a second": ("--clients", "8", "--writes", "5"),
}


def visit(folder: Path) -> dict[str, dict[str, Any]]:
    """The figures of `page_speed.py` for each load: `p50`, `p95`, `pages_a_second`, `cpu` by role, and more."""
    return {name: _visited(folder, load) for name, load in LOADS.items()}


def _visited(folder: Path, load: tuple[str, ...]) -> dict[str, Any]:
    command = [sys.executable, str(PROGRAM), "--data", str(folder), "--json", *load]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures
