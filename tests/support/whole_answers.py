"""Test clients that get a whole answer in one step.

Starlette's transport hands over each part of an answer to the thread of the test, a dozen changes of threads for each
request: as much work as many pages are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import anyio
import httpx2
from anyio.from_thread import BlockingPortal
from starlette.testclient import TestClient, _TestClientTransport
from starlette.types import Message

_in_parts = _TestClientTransport.handle_request
_stream = TestClient.stream


@contextmanager
def whole_answers(portal: BlockingPortal) -> Iterator[None]:
    """Let all test clients use the event loop of the portal, and get their answers whole; `TestClient.stream` gets
    parts, as before.
    """

    @contextmanager
    def stream(client: TestClient, *arguments: Any, **options: Any) -> Iterator[httpx2.Response]:
        with (
            patch.object(_TestClientTransport, "handle_request", _in_parts),
            _stream(client, *arguments, **options) as answer,
        ):
            yield answer

    def handle_request(transport: _TestClientTransport, request: httpx2.Request) -> httpx2.Response:
        return portal.call(_answer, transport, request)

    with (
        patch.object(TestClient, "portal", portal),
        patch.object(TestClient, "stream", stream),
        patch.object(_TestClientTransport, "handle_request", handle_request),
    ):
        yield


async def _answer(transport: _TestClientTransport, request: httpx2.Request) -> httpx2.Response:
    """The answer of the application. An exception of the application is raised, if the client says so."""
    starts, parts = list[tuple[int, list[tuple[str, str]]]](), list[bytes]()
    is_read, is_complete = anyio.Event(), anyio.Event()

    async def receive() -> Message:
        if is_read.is_set():
            await is_complete.wait()
            return {"type": "http.disconnect"}
        is_read.set()
        return {"type": "http.request", "body": request.read()}

    async def send(message: Message) -> None:
        assert not is_complete.is_set()
        assert (message["type"] == "http.response.start") == (not starts)
        if not starts:
            headers = [(name.decode(), value.decode()) for name, value in message.get("headers", [])]
            starts.append((message["status"], headers))
            return
        parts.append(bytes(message.get("body", b"")))
        if not message.get("more_body", False):
            is_complete.set()

    try:
        await transport.app(_scope(transport, request), receive, send)
    except Exception:
        if transport.raise_server_exceptions:
            raise
    if not starts:
        assert not transport.raise_server_exceptions
        return httpx2.Response(500, request=request)
    ((status, headers),) = starts
    body = b"" if request.method == "HEAD" else b"".join(parts)
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body), request=request)


def _scope(transport: _TestClientTransport, request: httpx2.Request) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?", 1)[0],
        "root_path": transport.root_path,
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()],
        "client": transport.client,
        "server": [url.raw_host.decode(), url.port or {"http": 80, "https": 443}[url.scheme]],
        "extensions": {},
        "state": transport.app_state.copy(),
    }
