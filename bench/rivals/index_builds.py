"""Indexes of the corpus: built once, timed, and kept in the work folder for the next run."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from index import Outdated

from .answer import Rival
from .corpus_files import Material, identity
from .engines.florilege_engine import Ours
from .inputs import Question

BATCH = 1000


@dataclass(frozen=True, slots=True)
class IndexBuild:
    """The figures of building an index: seconds of the process, without reading the corpus, and bytes on disk.

    `wall` and `cpu`: from terms; `texts_wall` and `texts_cpu`: from texts, analysis included, 0 where not measured.
    """

    documents: int
    wall: float
    cpu: float
    size: int
    texts_wall: float = 0.0
    texts_cpu: float = 0.0


def load_or_build_index(
    rival: Rival, corpus: Material, documents: int, fresh: bool, report_progress: Callable[[str], None]
) -> IndexBuild:
    """The index of this corpus in `<folder>/<engine>`, built if it is missing or `fresh`."""
    folder, stamp = corpus.folder / rival.name, corpus.folder / f"{rival.name}.json"
    build_key = [identity(corpus.folder), documents]
    if not fresh and stamp.exists():
        stamp_values = json.loads(stamp.read_text())
        if stamp_values["wanted"] == build_key and _opens(rival, folder):
            return IndexBuild(**stamp_values["built"])
    stamp.unlink(missing_ok=True)
    report_progress(f"making the index of {rival.name} ({documents:,} documents)")
    wall, cpu = _measure_build(lambda: rival.feed(_empty_folder(folder)), "put", islice(corpus.rows(), documents))
    return _write_stamp(stamp, build_key, IndexBuild(documents, wall, cpu, size_of(folder)))


def measure_text_indexing(
    ours: Ours, corpus: Material, index_build: IndexBuild, report_progress: Callable[[str], None]
) -> IndexBuild:
    """The known figures, and the time that our engine takes for the same documents as texts; measured once for an
    index.
    """
    if index_build.texts_cpu:
        return index_build
    report_progress("making ours from texts")
    folder = corpus.folder / "ours-from-texts"
    texts = ((f"d{number}", text) for number, text in enumerate(islice(corpus.texts(), index_build.documents)))
    wall, cpu = _measure_build(lambda: ours.feed(_empty_folder(folder)), "put_texts", texts)
    shutil.rmtree(folder)
    stamp = corpus.folder / f"{ours.name}.json"
    build_key = json.loads(stamp.read_text())["wanted"]
    return _write_stamp(stamp, build_key, replace(index_build, texts_wall=wall, texts_cpu=cpu))


def _write_stamp(stamp: Path, build_key: object, built: IndexBuild) -> IndexBuild:
    stamp.write_text(json.dumps({"wanted": build_key, "built": asdict(built)}))
    return built


def _opens(rival: Rival, folder: Path) -> bool:
    """Whether the index can still be read: the format of ours may have changed."""
    if rival.name != Ours.name:
        return True
    try:
        rival.open(folder)
        rival.ask(Question("all"))
    except (Outdated, OSError, ValueError):
        return False
    finally:
        rival.close()
    return True


def _measure_build(begin: Callable[[], Any], put: str, rows: Iterable[Any]) -> tuple[float, float]:
    """Wall and CPU seconds of building an index, without reading the corpus."""
    clock = Clock()
    with clock:
        feeding = begin()
    for batch in _batches(rows):
        with clock:
            getattr(feeding, put)(batch)
    with clock:
        feeding.end()
    return clock.wall, clock.cpu


class Clock:
    """The wall and CPU seconds of all blocks that it was entered for."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _empty_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
