"""The lines of a JSON log, and the ids of requests in a text log."""

import json
import os
import re
import signal
import urllib.error
import urllib.request
from dataclasses import replace

import pytest

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, children, until
from tests.functional.server.test_redacted_logs import ADDRESSES, ASKED, LINES, ask, change

BROKEN = "UPDATE annotations SET kind = 'zibeline'"


def failed_id(server: Server) -> str:
    """The id of a request that failed."""
    with pytest.raises(urllib.error.HTTPError, match="500") as failure:
        urllib.request.urlopen(f"{server.address}/items/s1?q={ASKED}", timeout=60)
    failure.value.close()
    return str(failure.value.headers["X-Request-ID"])


def test_each_line_is_a_json_object_without_what_was_asked(kb: Kb) -> None:
    kb = replace(kb, variables={**kb.variables, "KB_LOG_FORMAT": "json", "KB_SLOW_SECONDS": "0.001"})
    assert kb("import", "-", stdin=LINES).code == 0
    with Server(kb) as server:
        for path in ADDRESSES:
            ask(server.address, path)
        change(kb, BROKEN)
        failed = failed_id(server)
        before = children(server.process.pid)
        os.kill(before["background"], signal.SIGKILL)
        until(lambda: children(server.process.pid).get("background") not in {None, before["background"]})

    lines = [json.loads(line) for line in server.errors.splitlines()]
    slow = [line for line in lines if line["message"].startswith("Slow: ")]
    assert len(slow) == 10
    assert all(line["status"] and line["duration_ms"] >= 1 and line["request_id"] for line in slow)
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in lines)
    (error,) = (line for line in lines if line.get("request_id") == failed and "exception" in line)
    assert (error["level"], error["route"], error["status"]) == ("error", "/items/{id}", 500)
    assert any("background" in line["message"] for line in lines)
    assert ASKED not in server.errors
    assert "zibeline" not in server.errors


def test_a_line_of_text_names_the_request_that_failed(kb: Kb) -> None:
    assert kb("import", "-", stdin=LINES).code == 0
    with Server(kb) as server:
        change(kb, BROKEN)
        failed = failed_id(server)

    assert re.findall(r"Exception in ASGI application \[request (\w+)\]", server.errors) == [failed]
