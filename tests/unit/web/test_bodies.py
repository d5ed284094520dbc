"""How much is read of what is sent, and for how long it is waited for."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

import kb.web.app
import kb.web.posting
from kb.web.app import create_app
from kb.web.context import Context, endpoint
from kb.web.sizes import LARGEST_BODY
from tests.library_factories import a_library
from tests.own_loop import run

LARGE = 300_000


def count(context: Context) -> Response:
    return PlainTextResponse(str(len(context.body)))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Starlette:
    """A site with one more route, which takes more than the others."""
    file = Route("/f/{name}/file", endpoint(count, acts=count, largest=LARGE), methods=("GET", "POST"))
    monkeypatch.setattr(kb.web.app, "ROUTES", (file, *kb.web.app.ROUTES))
    monkeypatch.setattr("kb.web.context.is_own_form", lambda *_: True)
    return create_app(a_library())


@pytest.fixture
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def in_pieces(size: int) -> Iterator[bytes]:
    """A body whose length is not announced."""
    for _ in range(size // 1000):
        yield b"a" * 1000


def test_a_route_that_takes_files_takes_more_than_the_others(client: TestClient) -> None:
    assert client.post("/f/a/file", content=b"a" * LARGE).text == str(LARGE)
    assert client.post("/f/a/file", content=b"a" * (LARGE + 1)).status_code == 413
    assert client.post("/login", content=b"a" * (LARGEST_BODY + 1)).status_code == 413
    assert client.post("/f/a/file/other", content=b"a" * (LARGEST_BODY + 1)).status_code == 413


def test_a_length_that_is_not_announced_is_measured(client: TestClient) -> None:
    assert client.post("/f/a/file", content=in_pieces(LARGE)).text == str(LARGE)
    assert client.post("/f/a/file", content=in_pieces(LARGE + 1000)).status_code == 413
    refused = client.post("/login", content=in_pieces(LARGEST_BODY + 1000))
    assert (refused.status_code, "dépasse ce que ce site peut lire" in refused.text) == (413, True)


def asked(app: Starlette, *messages: dict[str, Any]) -> int:
    """The status of the answer to a form of which only these pieces come."""
    pieces, sent = list(messages), []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/login", "raw_path": b"/login", "root_path": "", "query_string": b"", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.sleep(60)
        return pieces.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    return int(sent[0]["status"])


def test_what_comes_too_slowly_is_not_waited_for(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kb.web.posting, "LONGEST_WAIT", -LARGEST_BODY / kb.web.posting.SLOWEST_BODY + 0.2)
    assert asked(app, {"type": "http.request", "body": b"login=", "more_body": True}) == 408


def test_what_is_cut_short_is_no_fault_of_ours(app: Starlette) -> None:
    begun = {"type": "http.request", "body": b"login=", "more_body": True}
    assert asked(app, begun, {"type": "http.disconnect"}) == 400
