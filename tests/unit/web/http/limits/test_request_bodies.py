"""Limits on the size and duration of request bodies."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

import kb.web.app
import kb.web.http.limits.request_bodies
from kb.errors import Unavailable
from kb.site import create_app
from kb.web.http.context import RequestContext
from kb.web.http.endpoint import form_endpoint
from kb.web.http.limits.request_bodies import LARGEST_BODY, MOST_LARGE, MOST_LARGE_OF_ONE, LargeBodies
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account, sign_in
from tests.support.event_loop import run

LARGE = 300_000


def count(context: RequestContext) -> Response:
    return PlainTextResponse(str(sum(len(name) for name, _ in context.fields)))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Starlette:
    """A site with one more route, which accepts larger bodies than the others."""
    file = Route("/f/{name}/file", form_endpoint(count, count, largest_body=LARGE), methods=("GET", "POST"))
    monkeypatch.setattr(kb.web.app, "ROUTES", (file, *kb.web.app.ROUTES))
    monkeypatch.setattr("kb.web.http.writes.write_requests.is_own_form", lambda *_: True)
    library = a_library()
    an_account(library, "claire")
    an_account(library, "paul")
    return create_app(library)


@pytest.fixture
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def claire(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app) as client:
        sign_in(client, "claire")
        yield client


def in_pieces(size: int) -> Iterator[bytes]:
    """A body whose length is not announced."""
    for _ in range(size // 1000):
        yield b"a" * 1000


def test_a_route_that_takes_files_takes_more_than_the_others(client: TestClient, claire: TestClient) -> None:
    assert claire.post("/f/a/file", content=b"a" * LARGE).text == str(LARGE)
    assert claire.post("/f/a/file", content=b"a" * (LARGE + 1)).status_code == 413
    assert client.post("/login", content=b"a" * (LARGEST_BODY + 1)).status_code == 413
    assert client.post("/f/a/file/other", content=b"a" * (LARGEST_BODY + 1)).status_code == 413


def test_without_a_known_user_a_route_that_takes_files_reads_no_more_than_the_others(client: TestClient) -> None:
    assert client.post("/f/a/file", content=b"a" * LARGEST_BODY).text == str(LARGEST_BODY)
    for cookie in ("", "kb-session=unknown"):
        for content in (b"a" * (LARGEST_BODY + 1), in_pieces(LARGE)):
            refused = client.post("/f/a/file", content=content, headers={"cookie": cookie})
            assert (refused.status_code, "Connectez-vous" in refused.text) == (403, True)


def test_a_length_that_is_not_announced_is_measured(client: TestClient, claire: TestClient) -> None:
    assert claire.post("/f/a/file", content=in_pieces(LARGE)).text == str(LARGE)
    assert claire.post("/f/a/file", content=in_pieces(LARGE + 1000)).status_code == 413
    refused = client.post("/login", content=in_pieces(LARGEST_BODY + 1000))
    assert (refused.status_code, "dépasse ce que ce site peut lire" in refused.text) == (413, True)


def test_few_large_bodies_are_handled_at_once_and_fewer_of_one_sender() -> None:
    large = LargeBodies()
    with ExitStack() as stack:
        for _ in range(MOST_LARGE_OF_ONE):
            stack.enter_context(large.slot("claire"))
        with pytest.raises(Unavailable), large.slot("claire"):
            pass
        for number in range(MOST_LARGE - MOST_LARGE_OF_ONE):
            stack.enter_context(large.slot(f"user {number}"))
        with pytest.raises(Unavailable), large.slot("paul"):
            pass
    for _ in range(3):
        with large.slot("paul"), large.slot("claire"):
            pass


def test_a_large_body_is_refused_for_a_while_when_all_places_are_taken(app: Starlette, claire: TestClient) -> None:
    with ExitStack() as stack:
        for number in range(MOST_LARGE):
            stack.enter_context(app.state.large_bodies.slot(f"user {number}"))
        for content in (b"a" * LARGE, in_pieces(LARGE)):
            busy = claire.post("/f/a/file", content=content)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "30")
        assert claire.post("/f/a/file", content=b"a" * LARGEST_BODY).status_code == 200
    assert claire.post("/f/a/file", content=b"a" * LARGE).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/g/missing/import", {}, 404),
        ("/g/missing/vocabulary/import", {}, 404),
        ("/g/missing/vocabulary/term", {}, 404),
        ("/login", {"sec-fetch-site": "cross-site"}, 403),
        ("/login", {"origin": "https://other.example"}, 403),
        ("/api/v1/items", {"content-type": "application/json"}, 401),
        ("/api/v1/items", {"authorization": "Bearer wrong", "content-type": "application/json"}, 401),
    ],
)
def test_a_request_refused_by_address_or_headers_is_refused_before_its_body(
    app: Starlette, path: str, headers: dict[str, str], status: int
) -> None:
    # No part of the body ever arrives: code that waits for it would wait for a minute.
    length = {"content-length": "60000"}
    assert status_of_form(app, path=path, headers={**length, **headers}) == status


def status_of_form(
    app: Starlette, *messages: dict[str, Any], path: str = "/login", headers: dict[str, str] | None = None
) -> int:
    """The status of the response to a form of which only these messages arrive."""
    pieces, sent = list(messages), []
    fields = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": fields,
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


def test_a_body_that_comes_too_slowly_is_refused(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kb.web.http.limits.request_bodies, "LONGEST_WAIT", 0.2)
    assert status_of_form(app, {"type": "http.request", "body": b"login=", "more_body": True}) == 408


def test_a_body_that_keeps_coming_too_slowly_is_not_waited_for(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred bytes at a time, by a clock that advances ten seconds each time: no single pause is too long."""
    seconds = iter(range(0, 100_000, 10))
    monkeypatch.setattr(kb.web.http.limits.request_bodies, "_clock", lambda: float(next(seconds)))
    piece = {"type": "http.request", "body": b"a" * 100, "more_body": True}
    assert status_of_form(app, *[piece] * 1000) == 408


def test_a_truncated_body_is_no_internal_error(app: Starlette) -> None:
    begun = {"type": "http.request", "body": b"login=", "more_body": True}
    assert status_of_form(app, begun, {"type": "http.disconnect"}) == 400
