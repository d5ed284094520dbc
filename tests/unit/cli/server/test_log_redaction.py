"""How many lines of one kind a server writes, and that no line holds a text that a user typed."""

import asyncio
import logging
import logging.config
import sys
from collections.abc import Iterator
from io import StringIO

import pytest

from kb.cli.server import log_redaction
from kb.cli.server.log_redaction import LOGGING_CONFIG, MOST_KINDS, MOST_LINES, PERIOD, LogLimit, RedactingFormatter
from kb.errors import NotFound


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
    monkeypatch.setattr(log_redaction.threading.Timer, "start", lambda _: None)
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


def test_errors_raised_in_different_lines_are_different_kinds(log: tuple[logging.Logger, list[str]]) -> None:
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


def log_lines_of(error: BaseException) -> str:
    """What the log says of an exception that was raised."""
    try:
        raise error  # noqa: TRY301 - it is what is looked at
    except BaseException:  # noqa: BLE001 - it is what is looked at
        record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "A fault\n", None, sys.exc_info())
    return RedactingFormatter().format(record)


def failing(secret: str) -> None:
    int(secret)


def test_type_and_traceback_are_logged_without_the_message() -> None:
    try:
        failing("é" * 7)
    except ValueError as error:
        text = log_lines_of(error)
    assert text.startswith("A fault\n")
    assert "int(secret)" in text
    assert text.endswith("builtins.ValueError")
    assert "é" * 7 not in text


def test_causes_and_groups_are_logged_in_the_same_way() -> None:
    error = RuntimeError("zibeline")
    error.__cause__ = ExceptionGroup("ornithorynque", [KeyError("quetsche"), OSError(28, "Plus de place", "/quetsche")])
    text = log_lines_of(error)
    assert text.index("KeyError") < text.index("OSError") < text.index("RuntimeError")
    assert "Plus de place" in text
    for word in ("ornithorynque", "zibeline", "quetsche"):
        assert word not in text


def test_our_own_messages_are_logged_without_their_values() -> None:
    text = log_lines_of(NotFound("There is no group “%(slug)s”.", slug="ornithorynque"))
    assert "There is no group “%(slug)s”." in text
    assert "ornithorynque" not in text


def test_a_chain_without_end_ends() -> None:
    first = ValueError("un")
    second = KeyError("deux")
    first.__cause__, second.__cause__ = second, first
    assert len(log_lines_of(first)) < 20_000


def test_what_asyncio_says_of_a_task_shows_no_exception() -> None:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter())
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    try:
        loop = asyncio.new_event_loop()
        loop.call_exception_handler({"message": "A task failed", "exception": ValueError("ornithorynque")})
        loop.close()
    finally:
        logger.removeHandler(handler)
    assert stream.getvalue().startswith("A task failed\n")
    assert "ornithorynque" not in stream.getvalue()


def test_nothing_is_written_of_each_question() -> None:
    assert logging.config.DictConfigurator(LOGGING_CONFIG) is not None
    access = LOGGING_CONFIG["loggers"]["uvicorn.access"]
    assert (access["handlers"], access["propagate"]) == ([], False)
