"""A database of the corpus, created by `kb import` and kept, and its site."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import Unavailable
from kb.services.core.library import Library
from kb.settings import default_settings_in
from kb.site import open_library

from .corpus_files import Material, identity

KB = [sys.executable, "-P", "-m", "kb"]
ROOT = Path(__file__).resolve().parent.parent.parent


def based(material: Material, report_progress: Callable[[str], None]) -> tuple[Path, float | None]:
    """The folder of the database of a corpus, created if it is missing, and the import rate in items a second, if it
    was created.
    """
    folder, stamp = material.folder / "base", material.folder / "base.json"
    library_key = identity(material.folder)
    if not stamp.exists() or json.loads(stamp.read_text()) != library_key:
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        report_progress("importing the corpus into a base")
        kb(folder, "migrate")
        started = time.perf_counter()
        kb(folder, "import", *material.source)
        rate = material.documents / (time.perf_counter() - started)
        stamp.write_text(json.dumps(library_key))
        return folder, rate
    with opened(folder) as library:
        try:
            library.catalogue.checkpoint()
        except Unavailable:
            report_progress("the index of the base is outdated: rebuilding it")
            kb(folder, "index", "rebuild")
    return folder, None


@contextmanager
def opened(folder: Path) -> Iterator[Library]:
    """The library of a database."""
    library = open_library(default_settings_in(folder))
    try:
        yield library
    finally:
        library.close()


def kb(folder: Path, *arguments: str) -> None:
    """Run the command with a database, without its progress output."""
    _run(*KB, *arguments, environment=_environment(folder))


def _run(*words: str, environment: dict[str, str] | None = None) -> None:
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL)


def _environment(folder: Path) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    path = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH"))))
    return {**environment, "KB_DATA": str(folder), "PYTHONPATH": path}
