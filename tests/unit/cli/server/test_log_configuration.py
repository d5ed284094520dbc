"""The limit on equal log lines, and the absence of typed texts in the log."""

import asyncio
import json
import logging
import logging.config
import sys
from collections.abc import Callable, Iterator
from contextvars import copy_context
from datetime import datetime
from io import StringIO

import pytest

from kb.cli.server import log_configuration
from kb.cli.server.log_configuration import (
    MOST_KINDS,
    MOST_LINES,
    PERIOD,
    JsonFormatter,
    LogLimit,
    RedactingFormatter,
    logging_config,
)
from kb.errors import NotFound
from kb.services.core.request_log_data import CurrentRequest, begin_request
from tests.support.stopped_clock import StoppedClock


class Written(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def limit(clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> LogLimit:
    # The test itself ends each period.
    monkeypatch.setattr(log_configuration.threading.Timer, "start", lambda _: None)
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


def test_other_lines_are_written_during_a_flood_and_rare_lines_always(
    clock: StoppedClock, log: tuple[logging.Logger, list[str]]
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


def test_kinds_without_end_are_one_kind(clock: StoppedClock, log: tuple[logging.Logger, list[str]]) -> None:
    logger, lines = log
    for number in range(MOST_KINDS * 10):
        logger.warning(f"Kind {number}")
    assert len(lines) == MOST_KINDS + MOST_LINES
    clock.now += PERIOD
    logger.warning("One more")
    assert lines[-1] == "One more"


def log_lines_of(error: BaseException) -> str:
    """The log lines for an exception."""
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


def test_a_log_line_of_asyncio_shows_no_exception_text() -> None:
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


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_is_written_of_each_question(log_format: str) -> None:
    assert logging.config.DictConfigurator(logging_config(log_format)) is not None
    access = logging_config(log_format)["loggers"]["uvicorn.access"]
    assert (access["handlers"], access["propagate"]) == ([], False)


def a_record(message: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    raised = (type(error), error, None) if error is not None else None
    return logging.LogRecord("kb.web", logging.WARNING, __file__, 1, message, values, raised)


def in_request(act: Callable[[], str], status: int = 0) -> str:
    """The result of `act`, called during a request."""

    def run() -> str:
        begin_request(CurrentRequest("abcdef0123456789", lambda: "/items/{id}", status=status, seconds=0.25))
        return act()

    return copy_context().run(run)


def test_a_line_of_a_request_ends_with_its_id() -> None:
    line = in_request(
        lambda: RedactingFormatter().format(a_record("%s is late", "The index", error=KeyError("secret")))
    )

    assert line.splitlines() == ["The index is late [request abcdef0123456789]", "builtins.KeyError"]


def test_a_json_line_is_one_object_on_one_line() -> None:
    line = JsonFormatter().format(a_record("The index\nis “late”", error=KeyError("ornithorynque")))

    assert "\n" not in line
    record = json.loads(line)
    assert datetime.fromisoformat(record.pop("time")).tzinfo is not None
    assert record == {
        "level": "warning",
        "logger": "kb.web",
        "message": "The index\nis “late”",
        "exception": "builtins.KeyError",
    }


def test_a_json_line_of_a_request_says_what_is_known_of_it() -> None:
    before = json.loads(in_request(lambda: JsonFormatter().format(a_record("Late"))))
    after = json.loads(in_request(lambda: JsonFormatter().format(a_record("Late")), status=200))

    assert (before["request_id"], before["route"]) == ("abcdef0123456789", "/items/{id}")
    assert not before.keys() & {"status", "duration_ms"}
    assert (after["status"], after["duration_ms"]) == (200, 250.0)
