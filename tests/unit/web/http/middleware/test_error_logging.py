"""The log lines for requests that failed."""

import logging

import pytest

from kb.errors import Unavailable
from kb.web.http.middleware.error_logging import REPEAT_INTERVAL, ErrorLog, without_secret


def an_error(sentence: str, cause: Exception | None = None) -> Unavailable:
    error = Unavailable(sentence)
    error.__cause__ = cause
    return error


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING)
    return caplog


def test_the_log_has_the_cause_that_readers_do_not_see(logged: pytest.LogCaptureFixture) -> None:
    ErrorLog().note("/search", an_error("The index is damaged.", OSError("its files are missing")))

    assert "'/search'" in logged.text
    assert "The index is damaged. (OSError: its files are missing)" in logged.text


def test_each_reason_is_said_once_a_minute_with_how_many_it_has_stopped(logged: pytest.LogCaptureFixture) -> None:
    now = 1000.0
    unanswered = ErrorLog(lambda: now)
    for _ in range(3):
        unanswered.note("/search", an_error("The index is damaged."))
    unanswered.note("/search", an_error("The disk is full."))
    assert len(logged.records) == 2

    now += REPEAT_INTERVAL
    unanswered.note("/tags", an_error("The index is damaged."))

    assert len(logged.records) == 3
    assert "nor were 2 others before it" in logged.messages[-1]


def test_an_address_cannot_write_lines_of_its_own(logged: pytest.LogCaptureFixture) -> None:
    ErrorLog().note("/search\nforgé", an_error("The disk is full."))

    assert "\n" not in logged.messages[0]


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("/search", "/search"),
        ("/welcome/un-secret", "/welcome/…"),
        ("/reset/un/secret", "/reset/…"),
        ("//reset/un-secret", "/reset/…"),
        ("/letters/stop/une-clef", "/letters/…"),
        ("/subscription/une-clef/stop", "/subscription/…"),
        ("/welcome/", "/welcome/"),
        ("/g/welcome/tag/x", "/g/welcome/tag/x"),
    ],
)
def test_a_link_that_works_once_is_not_in_the_log(path: str, secret: str) -> None:
    assert without_secret(path) == secret
