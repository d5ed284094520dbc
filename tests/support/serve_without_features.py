"""Run in a copy of the program: make a library, ask for pages of it, and print the status of each as JSON."""

import json
import os
import sys
from pathlib import Path

from starlette.testclient import TestClient

import kb
from kb.cli.main_command import run
from kb.site import create_app, open_library, settings_from_environment

ITEM = {"id": "i1", "title": "Le guichet unique", "url": "https://exemple.fr/", "group": {"slug": "lectures"}}


def statuses(folder: Path, paths: list[str]) -> dict[str, int]:
    """The status of each page; 0 for a page of the library that does not show the item."""
    assert Path(kb.__file__).is_relative_to(Path.cwd())
    os.environ["KB_DATA"] = str(folder)
    lines = folder.with_suffix(".jsonl")
    lines.write_text(json.dumps(ITEM), encoding="utf-8")
    assert run(["migrate"]) == run(["import", str(lines)]) == run(["migrate"]) == 0
    library = open_library(settings_from_environment())
    with TestClient(create_app(library), raise_server_exceptions=False) as client:
        answers = {path: client.get(path) for path in paths}
    library.close()
    return {
        path: answer.status_code if answer.status_code != 200 or "exemple.fr" in answer.text else 0
        for path, answer in answers.items()
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(statuses(Path(sys.argv[1]), sys.argv[2:])))
