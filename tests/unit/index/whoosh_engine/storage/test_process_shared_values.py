"""Values shared by processes: one copy for all, valid or computed again, and never more than the limit."""

import errno
import mmap
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.plan import Plan
from index.query import Everything
from index.whoosh_engine import Limits, WhooshEngine
from index.whoosh_engine.storage import process_shared_values
from index.whoosh_engine.storage.cache import size_in_bytes
from index.whoosh_engine.storage.postings import FrequencyNorms
from index.whoosh_engine.storage.process_shared_values import HEADER, LEAST, SharedValues
from tests.factories.index import SCHEMA, fill
from tests.factories.index_strategies import any_document
from tests.unit.index.whoosh_engine.test_checksums import answers, write_index

ROOT = Path(__file__).parents[5]
LIMIT = 40 * LEAST
PROGRAM = (
    "import sys; from tests.unit.index.whoosh_engine.storage.test_process_shared_values import write_on;"
    " write_on(sys.argv[1])"
)


def values_in(folder: Path, limit: int = LIMIT) -> SharedValues:
    return SharedValues(folder, limit, lambda: None)


def numbers(first: int, length: int = LEAST) -> np.ndarray[Any, Any]:
    return np.arange(first, first + length // 8, dtype=np.int64)


def get(values: SharedValues, number: int, length: int = LEAST) -> tuple[np.ndarray[Any, Any], int]:
    return values.get(("a", number), lambda: numbers(number, length), lambda array: array.nbytes)


def never(*_: object) -> Any:
    raise AssertionError("the value was made again")


def is_mapped(array: np.ndarray[Any, Any]) -> bool:
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base.obj if isinstance(base, memoryview) else base, mmap.mmap)


def test_a_value_is_made_once_for_all_processes_and_takes_memory_of_none(tmp_path: Path) -> None:
    norms = FrequencyNorms(np.arange(5000, dtype=np.int32), np.ones(5000, np.uint16), 7, 3)
    first, own = values_in(tmp_path).get("norms", lambda: norms, size_in_bytes)
    second, other = values_in(tmp_path).get("norms", never, size_in_bytes)
    assert own == other == 0
    for value in (first, second):
        assert (value.ids == norms.ids).all()
        assert (value.codes == norms.codes).all()
        assert (value.width, value.top) == (7, 3)
        assert is_mapped(value.ids)
        assert is_mapped(value.codes)
        assert not value.ids.flags.writeable


def test_a_small_value_and_a_long_text_stay_in_the_process(tmp_path: Path) -> None:
    text = "x" * 10 * LEAST
    assert values_in(tmp_path).get("text", lambda: text, len) == (text, len(text))
    assert get(values_in(tmp_path), 1, LEAST - 8)[1] == LEAST - 8
    assert list(tmp_path.iterdir()) == []


def test_a_changed_byte_of_a_record_never_gives_another_value(tmp_path: Path) -> None:
    get(values_in(tmp_path), 7)
    (path,) = tmp_path.glob("*.values")
    content = path.read_bytes()
    end = int.from_bytes(content[8:16], "little")
    rng, made_again = random.Random(1), 0
    for at in [*range(HEADER, HEADER + 64), *(rng.randrange(HEADER, end) for _ in range(100))]:
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        value, own = get(values_in(tmp_path), 7)
        assert (value == numbers(7)).all()
        made_again += own > 0
        path.write_bytes(content)
    assert made_again > 60


@pytest.mark.parametrize("content", [b"", b"FLORVAL0" + bytes(2 * HEADER)], ids=["empty", "another version"])
def test_a_file_that_cannot_be_used_leaves_each_process_its_own_values(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.values").write_bytes(content)
    value, own = get(values_in(tmp_path), 7)
    assert own == LEAST
    assert (value == numbers(7)).all()


def test_a_record_that_was_not_finished_is_overwritten(tmp_path: Path) -> None:
    values = values_in(tmp_path)
    get(values, 1)
    (path,) = tmp_path.glob("*.values")
    with path.open("r+b") as file:
        file.seek(int.from_bytes(path.read_bytes()[8:16], "little"))
        file.write(b"half of a record")
    get(values, 2)
    other = values_in(tmp_path)
    for number in (1, 2):
        value, own = other.get(("a", number), never, lambda array: array.nbytes)
        assert own == 0
        assert (value == numbers(number)).all()


def test_all_files_together_stay_within_the_limit_and_values_in_use_stay_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_shared_values, "LIFETIME", 0.0)
    dropped = []
    first = SharedValues(tmp_path, LIMIT, lambda: dropped.append(1))
    second = values_in(tmp_path)
    values_read = {number: get(first if number % 2 else second, number)[0] for number in range(200)}
    files = list(tmp_path.glob("*.values"))
    assert len(files) == 2
    assert sum(path.stat().st_size for path in files) <= LIMIT
    assert len(dropped) > 5
    for number, value in values_read.items():
        assert (value == numbers(number)).all()
        assert is_mapped(value)


def test_a_value_of_the_older_file_is_kept_while_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_shared_values, "LIFETIME", 0.0)
    values, calls = values_in(tmp_path), []

    def make() -> np.ndarray[Any, Any]:
        calls.append(1)
        return numbers(-5)

    for number in range(300):
        get(values, number)
        values.get("often", make, lambda array: array.nbytes)
    assert len(calls) == 1


def test_a_full_file_is_not_replaced_soon(tmp_path: Path) -> None:
    values = values_in(tmp_path)
    owned = [get(values, number)[1] for number in range(100)]
    assert owned[0] == 0
    assert owned[-1] == LEAST
    assert len(list(tmp_path.glob("*.values"))) == 1


def test_a_full_disk_and_a_stopped_writer_leave_each_process_its_own_values(tmp_path: Path) -> None:
    values = values_in(tmp_path)
    get(values, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (HEADER + LEAST, before[1]))
        value, own = get(values, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert own == LEAST
    assert (value == numbers(2)).all()
    with values._writing():
        value, own = get(values_in(tmp_path), 3)
    assert own == LEAST
    assert (value == numbers(3)).all()
    assert get(values, 4)[1] == 0


def test_a_disk_that_fails_to_read_makes_the_value_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    get(values_in(tmp_path), 1)
    other = values_in(tmp_path)
    monkeypatch.setattr("index.whoosh_engine.storage.process_shared_values.os.pread", fail)
    value, own = get(other, 1)
    assert own == LEAST
    assert (value == numbers(1)).all()


def write_on(folder: str) -> None:
    """Write values until this process is killed."""
    process_shared_values.LIFETIME = 0.0
    values, number = values_in(Path(folder)), 0
    while True:
        get(values, number, LEAST * (1 + number % 3))
        number += 1
        sys.stdout.write("x\n")
        sys.stdout.flush()


def test_processes_that_are_killed_while_they_write_leave_whole_values(tmp_path: Path) -> None:
    for round_ in range(4):
        program = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        writers = [subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
        for writer in writers:
            assert writer.stdout is not None
            for _ in range(20 + 7 * round_):
                assert writer.stdout.readline() == b"x\n"
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            assert writer.stdout is not None
            writer.stdout.close()
        values = values_in(tmp_path)
        for number in range(100):
            length = LEAST * (1 + number % 3)
            assert (get(values, number, length)[0] == numbers(number, length)).all()


@pytest.fixture
def everything_shared(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Limits]:
    """Limits with which engines share all values, in files that are replaced soon."""
    monkeypatch.setattr(process_shared_values, "LEAST", 1)
    monkeypatch.setattr(process_shared_values, "LIFETIME", 0.0)
    return lambda folder: Limits(memory=400_000, shared=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "values"
    folder.mkdir()
    yield folder
    assert list(folder.glob("*.values"))


@pytest.mark.timeout(120)
def test_engines_that_share_values_answer_as_one_that_does_not(
    tmp_path: Path, folder: Path, everything_shared: Callable[[Path], Limits]
) -> None:
    place, rng = tmp_path / "index", random.Random(5)
    limits = everything_shared(folder)
    write_index(place)
    with (
        closing(WhooshEngine(place, SCHEMA)) as alone,
        closing(WhooshEngine(place, SCHEMA, limits)) as first,
        closing(WhooshEngine(place, SCHEMA, limits)) as second,
    ):
        for _ in range(6):
            right = answers(alone)
            for engine in (first, second, first):
                assert answers(engine) == right
            fill(alone, *(any_document(rng, f"d0-{rng.randrange(150)}") for _ in range(30)))


def test_a_second_engine_reads_no_postings_that_the_first_has_read(
    tmp_path: Path, folder: Path, everything_shared: Callable[[Path], Limits], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, limits = tmp_path / "index", everything_shared(folder)
    write_index(place)
    plan = Plan(Everything(), Everything(), size=10)
    with closing(WhooshEngine(place, SCHEMA, limits)) as first:
        expected = first.search(plan)
        monkeypatch.setattr("index.whoosh_engine.storage.array_file.ArrayFile.array", never)
        monkeypatch.setattr("index.whoosh_engine.storage.array_file.ArrayFile.stretch", never)
        with closing(WhooshEngine(place, SCHEMA, limits)) as second:
            assert second.search(plan) == expected
