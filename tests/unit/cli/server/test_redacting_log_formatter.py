"""An exception in the log: where and of what kind, never of what."""

import asyncio
import logging
import logging.config
import sys
from io import StringIO

from kb.cli.server.log_config import LOGGING_CONFIG, RedactingFormatter
from kb.errors import NotFound


def told(error: BaseException) -> str:
    """What the log says of an exception that was raised."""
    try:
        raise error  # noqa: TRY301 - it is what is looked at
    except BaseException:  # noqa: BLE001 - it is what is looked at
        record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "A fault\n", None, sys.exc_info())
    return RedactingFormatter().format(record)


def failing(secret: str) -> None:
    int(secret)


def test_kind_and_way_are_told_and_no_message() -> None:
    try:
        failing("é" * 7)
    except ValueError as error:
        text = told(error)
    assert text.startswith("A fault\n")
    assert "int(secret)" in text
    assert text.endswith("builtins.ValueError")
    assert "é" * 7 not in text


def test_causes_and_groups_are_told_so_too() -> None:
    error = RuntimeError("zibeline")
    error.__cause__ = ExceptionGroup("ornithorynque", [KeyError("quetsche"), OSError(28, "Plus de place", "/quetsche")])
    text = told(error)
    assert text.index("KeyError") < text.index("OSError") < text.index("RuntimeError")
    assert "Plus de place" in text
    for word in ("ornithorynque", "zibeline", "quetsche"):
        assert word not in text


def test_our_own_sentences_are_told_without_what_fills_them() -> None:
    text = told(NotFound("There is no group “%(slug)s”.", slug="ornithorynque"))
    assert "There is no group “%(slug)s”." in text
    assert "ornithorynque" not in text


def test_a_chain_without_end_ends() -> None:
    first = ValueError("un")
    second = KeyError("deux")
    first.__cause__, second.__cause__ = second, first
    assert len(told(first)) < 20_000


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
