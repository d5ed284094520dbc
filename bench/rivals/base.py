"""A base of the corpus, made by `kb import` and kept; the site over it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import Unavailable
from kb.library.opening import Library, open_library
from kb.settings import settings_in

from .material import Material, identity

KB = [sys.executable, "-P", "-m", "kb"]
ROOT = Path(__file__).resolve().parent.parent.parent


def based(material: Material, tell: Callable[[str], None]) -> tuple[Path, float | None]:
    """The folder of the base of a corpus, made when it is not there, and how many items a second came in, if it was."""
    folder, stamp = material.folder / "base", material.folder / "base.json"
    wanted = identity(material.folder)
    if not stamp.exists() or json.loads(stamp.read_text()) != wanted:
        stamp.unlink(missing_ok=True)
        _run("rm", "-rf", str(folder))
        tell("importing the corpus into a base")
        kb(folder, "migrate")
        started = time.perf_counter()
        kb(folder, "import", *material.source)
        rate = material.documents / (time.perf_counter() - started)
        stamp.write_text(json.dumps(wanted))
        return folder, rate
    with opened(folder) as library:
        try:
            library.catalogue.checkpoint()
        except Unavailable:
            tell("the index of the base is outdated: rebuilding it")
            kb(folder, "index", "rebuild")
    return folder, None


@contextmanager
def opened(folder: Path) -> Iterator[Library]:
    """The library over a base."""
    library = open_library(settings_in(folder))
    try:
        yield library
    finally:
        library.close()


def kb(folder: Path, *arguments: str) -> None:
    """Run the command over a base, its progress apart."""
    _run(*KB, *arguments, environment=_environment(folder))


def _run(*words: str, environment: dict[str, str] | None = None) -> None:
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    return {**kept, "KB_DATA": str(folder), "PYTHONPATH": path}


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, int]]:
    """The site over a base, with one worker: its port and the number of its process."""
    command = [*KB, "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment(folder))
    try:
        line = process.stdout.readline()
        address = re.search(r"http://[\d.]+:(\d+)", line)
        if address is None:
            raise SystemExit(f"The site did not start: {line}")
        yield int(address[1]), process.pid
    finally:
        process.terminate()
        process.communicate()


def worker_seconds(pid: int) -> float:
    """CPU seconds that the processes which answer requests have taken so far."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "stat").read_text(errors="replace").rpartition(") ")[2].split()
            named = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(words[1]) == pid and b"web" in named:
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")
