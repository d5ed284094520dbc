"""Helpers for tests of backups."""

import json
from pathlib import Path

from tests.support.databases import is_on_server

LINES = "".join(
    json.dumps({"id": f"s{place}", "title": f"Signet {place}", "group": "veille", "tags": ["eau"]}) + "\n"
    for place in range(1, 4)
)


def data_files() -> list[str]:
    """The files of a library in its folder, with those of its database unless that is on a server."""
    return ["background.lock", "index", *([] if is_on_server() else ["store.sqlite3", "store.sqlite3.lock"])]


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
