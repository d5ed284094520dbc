"""Indexes of the corpus: made once, timed, and kept in the work folder for the next run."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from index import Engine, Outdated

from .answer import Rival
from .in_ours import Feeding, Ours
from .material import Material, identity

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Built:
    """How an index came to be. Seconds of the process that made it, reading the corpus apart; bytes on disk.

    `wall` and `cpu`: from terms; `texts_wall` and `texts_cpu`: from texts, analysis included, where that was measured.
    """

    documents: int
    wall: float
    cpu: float
    size: int
    texts_wall: float = 0.0
    texts_cpu: float = 0.0


def built(rival: Rival, material: Material, documents: int, fresh: bool, tell: Callable[[str], None]) -> Built:
    """The index of this corpus in `<folder>/<engine>`, made when it is not there or `fresh`."""
    folder, stamp = material.folder / rival.name, material.folder / f"{rival.name}.json"
    wanted = [identity(material.folder), documents]
    if not fresh and stamp.exists():
        kept = json.loads(stamp.read_text())
        if kept["wanted"] == wanted and _opens(rival, folder):
            return Built(**kept["built"])
    stamp.unlink(missing_ok=True)
    tell(f"making the index of {rival.name} ({documents} documents)")
    made = _make(rival, material, documents, folder)
    stamp.write_text(json.dumps({"wanted": wanted, "built": asdict(made)}))
    return made


def _opens(rival: Rival, folder: Path) -> bool:
    """Whether the index can still be read: the form of ours may have changed."""
    if rival.name != Ours.name:
        return True
    try:
        rival.open(folder)
        engine: Engine = rival.engine
        engine.checkpoint()
    except (Outdated, OSError, ValueError):
        return False
    finally:
        rival.close()
    return True


def _make(rival: Rival, material: Material, documents: int, folder: Path) -> Built:
    wall, cpu = _fed(lambda: rival.feed(_emptied(folder)), "put", islice(material.rows(), documents))
    size = size_of(folder)
    if rival.name != Ours.name:
        return Built(documents, wall, cpu, size)
    other = folder.with_name("ours-from-texts")
    texts = ((f"d{number}", text) for number, text in enumerate(islice(material.texts(), documents)))
    texts_wall, texts_cpu = _fed(lambda: rival.feed(_emptied(other)), "put_texts", texts)
    shutil.rmtree(other)
    return Built(documents, wall, cpu, size, texts_wall, texts_cpu)


def _fed(begin: Callable[[], Any], put: str, rows: Iterable[Any]) -> tuple[float, float]:
    """Wall and CPU seconds of making an index; those that read the corpus between do not count."""
    clock = _Clock()
    with clock:
        feeding: Feeding = begin()
    for batch in _batches(rows):
        with clock:
            getattr(feeding, put)(batch)
    with clock:
        feeding.end()
    return clock.wall, clock.cpu


class _Clock:
    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
