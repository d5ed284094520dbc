"""Which commit a search answers from, when it had to wait for the thread that opens one."""

import threading
import time
from pathlib import Path

import pytest

from index.query import Everything
from index.whoosh_engine import WhooshEngine, files
from tests.index_factories import SCHEMA, a_document, fill, found


def test_who_waited_opens_what_is_there_by_then_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, other = WhooshEngine(tmp_path, SCHEMA), WhooshEngine(tmp_path, SCHEMA)
    fill(other, a_document("d1"))
    opened: list[int] = []
    plain = files.read_toc

    def noted(storage: files.Storage, number: int) -> object:
        opened.append(number)
        return plain(storage, number)

    answers: list[set[str]] = []
    searches = [threading.Thread(target=lambda: answers.append(found(engine, Everything()))) for _ in range(4)]
    with engine._opening:
        for search in searches:
            search.start()
        # Time to come as far as the door.
        time.sleep(0.2)
        for number in range(2, 6):
            fill(other, a_document(f"d{number}"))
        newest = files.toc_number(files.current(tmp_path))
        monkeypatch.setattr(files, "read_toc", noted)
    for search in searches:
        search.join()

    assert answers == [{f"d{number}" for number in range(1, 6)}] * 4
    # What was there when they came is gone: looking for it would only keep them, and those behind them, waiting.
    assert opened == [newest]
    engine.close()
    other.close()
