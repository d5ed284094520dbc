"""Ctrl-C, or an error, at any line of a commit, a rebuild or a merge: the lock is released, and the index is intact.

One line in STRIDE is tried, a different selection in each run; twice as many by `scripts/test-thorough`, and all of
them with ENGINE_STRIDE=1 in the environment.
"""

import errno
import gc
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dis import opname
from linecache import getline
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

import index.whoosh_engine
from index.query import Everything
from index.whoosh_engine import Limits, WhooshEngine
from tests.factories.index import SCHEMA, a_document, ask, fill
from tests.support.thoroughness import IS_THOROUGH

STRIDE = int(os.environ.get("ENGINE_STRIDE", "20" if IS_THOROUGH else "40"))
ROOM = str(Path(index.whoosh_engine.__file__).parent)
NARROW = Limits(pool_documents=3, segments=1, merged=8, stretch=20)
Act = Callable[[WhooshEngine], None]


def commit(engine: WhooshEngine) -> None:
    with engine.write() as writer:
        for number in range(7):
            writer.put(a_document(f"d{number}", title=f"vent {number}", tag="Mer"))
        writer.drop("tag", "vague")
        writer.checkpoint("2")


def rebuild(engine: WhooshEngine) -> None:
    with engine.rebuild() as writer:
        for number in range(7):
            writer.put(a_document(f"d{number}", title=f"vent {number}"))
        writer.checkpoint("2")


def merge_all(engine: WhooshEngine) -> None:
    while engine.tidy(0):
        pass


def search(engine: WhooshEngine) -> None:
    ask(engine, Everything())


def a_full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Interrupter:
    """Raises an exception at a line of the engine, at the given execution of that line. With None it only counts."""

    def __init__(self, at: tuple[str, int] | None, time: int, failure: Callable[[], BaseException]) -> None:
        self.lines: Counter[tuple[str, int]] = Counter()
        self._at = at
        self._time = time
        self._failure = failure

    def run(self, act: Act, engine: WhooshEngine) -> BaseException | None:
        """Run the act; returns the exception that it raised."""
        sys.settrace(self._enter)
        try:
            act(engine)
        except BaseException as error:  # noqa: BLE001 - that is what it is about
            # A reference to the frames would keep their locks.
            return error.with_traceback(None)
        finally:
            sys.settrace(None)
        return None

    def _enter(self, frame: FrameType, _event: str, _given: Any) -> Any:
        return self._step if frame.f_code.co_filename.startswith(ROOM) else None

    def _step(self, frame: FrameType, event: str, _given: Any) -> Any:
        if event == "line" and not _is_leaving(frame):
            at = (frame.f_code.co_filename, frame.f_lineno)
            self.lines[at] += 1
            if at == self._at and self.lines[at] == self._time:
                raise self._failure()
        return self._step


def _is_leaving(frame: FrameType) -> bool:
    """Whether a `with` block is ending: its line is traced again, where no signal handler can run (bpo-29988)."""
    if not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
        return False
    step = opname[frame.f_code.co_code[frame.f_lasti]]
    return step == "LOAD_CONST" or not step.startswith(("LOAD_", "PUSH_NULL"))


def fill_folder(folder: Path) -> None:
    """Write an index with some large segments, which are due to be merged."""
    engine = WhooshEngine(folder, SCHEMA, NARROW)
    for block in range(3):
        fill(engine, *(a_document(f"{block}-{n}", title=f"marée {n}", tag=("vague",) * (n < 2)) for n in range(9)))
    with engine.write() as writer:
        writer.put(a_document("d0", title="calme"))
        writer.checkpoint("1")
    engine.close()


def state(engine: WhooshEngine) -> tuple[str | None, list[tuple[str, str]], int]:
    return engine.checkpoint(), sorted(engine.entries()), ask(engine, Everything()).total


@pytest.mark.usefixtures("little_to_collect")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("failure", [KeyboardInterrupt, a_full_disk], ids=["interrupt", "full disk"])
@pytest.mark.parametrize("act", [commit, rebuild, merge_all, search], ids=lambda act: act.__name__)
def test_an_interrupt_at_any_step_leaves_the_lock_free_and_the_index_whole(
    tmp_path: Path, act: Act, failure: Callable[[], BaseException]
) -> None:
    model, rng = tmp_path / "model", Random()
    fill_folder(model)
    counting, engine = (
        Interrupter(None, 0, failure),
        WhooshEngine(shutil.copytree(model, tmp_path / "x"), SCHEMA, NARROW),
    )
    before = state(engine)
    assert counting.run(act, engine) is None
    after = state(engine)
    engine.close()
    places = sorted(counting.lines)[rng.randrange(STRIDE) :: STRIDE]
    failed = 0
    for number, at in enumerate(places):
        folder = shutil.copytree(model, tmp_path / str(number))
        engine = WhooshEngine(folder, SCHEMA, NARROW)
        error = Interrupter(at, rng.randint(1, counting.lines[at]), failure).run(act, engine)
        failed += isinstance(error, KeyboardInterrupt | OSError)
        gc.collect()
        assert state(engine) in (before, after), at
        # Another engine of the folder can write and merge, and deletes the remaining files.
        engine.close()
        other = WhooshEngine(folder, SCHEMA, NARROW)
        merge_all(other)
        fill(other, a_document("new"))
        assert ask(other, Everything(), size=0).total > 7
        (toc,) = folder.rglob("*.toc")
        files = sorted(path.name for path in toc.parent.iterdir())
        assert files == sorted([toc.name, *(view.segment.path.name for view in other._newest().views)]), at
        other.close()
    assert failed > len(places) / 2
