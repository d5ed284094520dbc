"""Test clients that get a whole answer in one step.

Starlette's transport hands over each part of an answer to the thread of the test, and the product hands over each page
to a thread of its pool: a dozen changes of threads for each request, as much work as many pages are.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import copy_context
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import unquote

import anyio
import httpx2
from anyio.from_thread import BlockingPortal
from starlette.testclient import TestClient, _TestClientTransport
from starlette.types import Message

from kb.web.http.limits.fair_queue import Caller
from kb.web.http.limits.page_threads import ThreadPool

A = TypeVar("A")
T = TypeVar("T")

_in_parts = _TestClientTransport.handle_request
_run_in_thread = ThreadPool.run
_stream = TestClient.stream


@contextmanager
def whole_answers(portal: BlockingPortal) -> Iterator[None]:
    """Let all test clients get their answers whole; `TestClient.stream` gets parts, as before.

    A request of the main thread is answered in it, in an event loop of its own, pages included: no other request is
    there whose turn the pool would know. Those of other threads share the event loop of the portal, and its pools.
    """
    own_loop = asyncio.new_event_loop()

    @contextmanager
    def stream(client: TestClient, *arguments: Any, **options: Any) -> Iterator[httpx2.Response]:
        with (
            patch.object(_TestClientTransport, "handle_request", _in_parts),
            _stream(client, *arguments, **options) as answer,
        ):
            yield answer

    def handle_request(transport: _TestClientTransport, request: httpx2.Request) -> httpx2.Response:
        is_main = threading.current_thread() is threading.main_thread()
        # A browser of Playwright has a running loop in this thread, and the handler of MCP runs one of its own.
        if is_main and asyncio._get_running_loop() is None and not request.url.path.startswith("/mcp"):
            return own_loop.run_until_complete(_answer(transport, request))
        return portal.call(_answer, transport, request)

    async def run(pool: ThreadPool, caller: Caller, act: Callable[[A], T], argument: A) -> T:
        if asyncio.get_running_loop() is own_loop:
            return copy_context().run(act, argument)
        return await _run_in_thread(pool, caller, act, argument)

    with (
        closing(own_loop),
        patch.object(ThreadPool, "run", run),
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
