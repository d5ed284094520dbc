"""How many lines of one kind a server writes."""

import logging
from collections.abc import Iterator

import pytest

from kb.cli.server import log_config
from kb.cli.server.log_config import MOST_KINDS, MOST_LINES, PERIOD, LogLimit


class Written(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> LogLimit:
    # The end of a period is called by the test.
    monkeypatch.setattr(log_config.threading.Timer, "start", lambda _: None)
    return LogLimit(clock)


@pytest.fixture
def log(limit: LogLimit) -> Iterator[tuple[logging.Logger, list[str]]]:
    logger, handler = logging.getLogger("kb.test_log_limit"), Written()
    handler.addFilter(limit)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, handler.lines
    logger.removeHandler(handler)


def test_a_flood_of_lines_is_ten_and_one_that_counts_the_others(
    limit: LogLimit, log: tuple[logging.Logger, list[str]]
) -> None:
    logger, lines = log
    for number in range(5_000):
        logger.warning("Invalid request from %s.", number)
    assert lines == [f"Invalid request from {number}." for number in range(MOST_LINES)]
    limit.write_summary("kb.test_log_limit: Invalid request from %s.")
    assert lines[MOST_LINES:] == [
        f"{5_000 - MOST_LINES} more lines like this one were left out: Invalid request from %s."
    ]
    logger.warning("Invalid request from %s.", "another")
    assert lines[-1] == "Invalid request from another."


def test_other_lines_are_written_meanwhile_and_rare_ones_always(
    clock: Clock, log: tuple[logging.Logger, list[str]]
) -> None:
    logger, lines = log
    for _ in range(100):
        logger.warning("One kind")
    logger.warning("Another kind")
    assert lines[MOST_LINES:] == ["Another kind"]
    for _ in range(50):
        clock.now += PERIOD / 2
        logger.warning("Rare")
    assert lines.count("Rare") == 50


def test_errors_are_told_apart_by_where_they_were_raised(log: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = log
    for number in range(100):
        try:
            _ = 1 // 0 if number < 99 else {}["a"]
        except (ZeroDivisionError, KeyError):
            logger.exception("Exception")
    assert len(lines) == MOST_LINES + 1


def test_kinds_without_end_are_one_kind(clock: Clock, log: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = log
    for number in range(MOST_KINDS * 10):
        logger.warning(f"Kind {number}")
    assert len(lines) == MOST_KINDS + MOST_LINES
    clock.now += PERIOD
    logger.warning("One more")
    assert lines[-1] == "One more"
