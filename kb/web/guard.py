"""What stands before every answer: limits on what comes in, headers on what goes out."""

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.web.errors import stopped
from kb.web.headers import HEADERS, STRICT_TRANSPORT
from kb.web.sizes import LARGEST_BODY, LONGEST_ADDRESS, LONGEST_QUESTION, largest_of


class Guard:
    """Refuses what is too big before anything reads it, and signs each answer with the same headers."""

    def __init__(self, app: ASGIApp, *, secure: bool, routes: Iterable[Route]) -> None:
        self._app = app
        self._larger = tuple(
            (route, largest) for route in routes if (largest := largest_of(route.endpoint)) > LARGEST_BODY
        )
        self._headers = {**HEADERS, "Strict-Transport-Security": STRICT_TRANSPORT} if secure else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        status = self._too_big(scope)
        if status is None:
            await self._app(scope, receive, signed)
        else:
            answer = await run_in_threadpool(stopped, Request(scope), status)
            await answer(scope, receive, signed)

    def _too_big(self, scope: Scope) -> int | None:
        """The status to answer with when the address or the body is beyond our limits."""
        limit = LONGEST_QUESTION if scope["path"].startswith("/api/") else LONGEST_ADDRESS
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limit:
            return 414
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit():
            return 413
        announced = int(length[:20])
        return 413 if announced > LARGEST_BODY and announced > self._largest(scope) else None

    def _largest(self, scope: Scope) -> int:
        """The largest body that the route of a question takes."""
        found = (largest for route, largest in self._larger if route.matches(scope)[0] is Match.FULL)
        return next(found, LARGEST_BODY)
