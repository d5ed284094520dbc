"""What stands before every answer: limits on what comes in, headers on what goes out."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.web.http.limits.body_limits import LARGEST_BODY, LONGEST_ADDRESS, LONGEST_QUESTION, MOST_HEADERS, largest_of
from kb.web.http.security_headers import headers_of
from kb.web.ui.error_pages import stopped


class Guard:
    """Refuses what is too big before anything reads it, and signs each answer with the same headers."""

    def __init__(self, app: ASGIApp, *, base_url: str, routes: Iterable[Route]) -> None:
        self._app, self._secure_url = app, base_url if base_url.startswith("https:") else ""
        self._larger = tuple(
            (route, largest) for route in routes if (largest := largest_of(route.endpoint)) > LARGEST_BODY
        )
        self._headers = headers_of(base_url)

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

        status = _ambiguous(scope) or self._too_big(scope)
        if status is None and self._secure_url and _came_openly(scope):
            # Kept by no cache: what leads there is a header that anybody may have written.
            away = RedirectResponse(self._secure_url + _asked(scope), 308, {"Cache-Control": "no-store"})
            await away(scope, receive, signed)
        elif status is None:
            await self._app(scope, receive, signed)
        else:
            # Each header is looked at several times for an answer: so many are not.
            few = {**scope, "headers": scope["headers"][:MOST_HEADERS]}
            answer = await stopped(Request(few), status)
            await answer(scope, receive, signed)

    def _too_big(self, scope: Scope) -> int | None:
        """The status to answer with when the headers, the address or the body are beyond our limits."""
        if len(scope["headers"]) > MOST_HEADERS:
            return 431
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


def _ambiguous(scope: Scope) -> int | None:
    """400 for a body of two lengths, of which a proxy before us may have read the other one (RFC 9112, 6.1)."""
    names = {name for name, _ in scope["headers"]}
    old = scope.get("http_version") == "1.0"
    return 400 if b"transfer-encoding" in names and (old or b"content-length" in names) else None


def _came_openly(scope: Scope) -> bool:
    """Whether the server before us says that a question came by http. Without a word of it, nothing is known."""
    return any(name == b"x-forwarded-proto" and value.lower() == b"http" for name, value in scope["headers"])


def _asked(scope: Scope) -> str:
    """What was asked, after the name of the site."""
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    if not path.startswith(b"/"):
        # Such as `@host`, which would make another host of ours.
        return "/"
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("ascii", "replace")
