"""Middleware around every answer: limits on requests, headers on answers."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.web.http.limits.request_bodies import (
    LARGEST_BODY,
    LONGEST_API_ADDRESS,
    LONGEST_PAGE_ADDRESS,
    MOST_HEADERS,
    body_limit_of,
)
from kb.web.http.middleware.security_headers import FRAME_OPTIONS, security_headers_for
from kb.web.ui.error_pages import reject_request

_FRAME_OPTIONS = FRAME_OPTIONS.lower().encode("ascii")


class SecurityMiddleware:
    """Refuses requests that are too large before anything reads them, and adds the security headers to each answer."""

    def __init__(self, app: ASGIApp, *, base_url: str, routes: Iterable[Route]) -> None:
        self._app, self._secure_url = app, base_url if base_url.startswith("https:") else ""
        self._larger = tuple(
            (route, largest) for route in routes if (largest := body_limit_of(route.endpoint)) > LARGEST_BODY
        )
        self._headers = tuple(
            (name.lower().encode("ascii"), value.encode("ascii"))
            for name, value in security_headers_for(base_url).items()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = dict(message["headers"])
                is_framable = _is_framable(own.get(b"content-security-policy", b""))
                more = (
                    (name, value)
                    for name, value in self._headers
                    if name not in own and not (is_framable and name == _FRAME_OPTIONS)
                )
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        status = _ambiguous_length_status(scope) or self._size_error_status(scope)
        if status is None and self._secure_url and _is_forwarded_http(scope):
            # Not cached: it results from a header that any client can forge.
            away = RedirectResponse(self._secure_url + _path_and_query(scope), 308, {"Cache-Control": "no-store"})
            await away(scope, receive, signed)
        elif status is None:
            await self._app(scope, receive, signed)
        else:
            # Each header is read several times for an answer, so their number is limited.
            few = {**scope, "headers": scope["headers"][:MOST_HEADERS]}
            answer = await reject_request(Request(few), status)
            await answer(scope, receive, signed)

    def _size_error_status(self, scope: Scope) -> int | None:
        """The error status if the headers, the address or the body exceed our limits."""
        if len(scope["headers"]) > MOST_HEADERS:
            return 431
        limit = LONGEST_API_ADDRESS if scope["path"].startswith("/api/") else LONGEST_PAGE_ADDRESS
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limit:
            return 414
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit():
            return 413
        announced = int(length[:20])
        return 413 if announced > LARGEST_BODY and announced > self._body_limit(scope) else None

    def _body_limit(self, scope: Scope) -> int:
        """The largest body that the route of a request accepts."""
        limits = (largest for route, largest in self._larger if route.matches(scope)[0] is Match.FULL)
        return next(limits, LARGEST_BODY)


def _ambiguous_length_status(scope: Scope) -> int | None:
    """400 for a body with two lengths: a proxy may have used the other one (RFC 9112, 6.1)."""
    names = {name for name, _ in scope["headers"]}
    old = scope.get("http_version") == "1.0"
    return 400 if b"transfer-encoding" in names and (old or b"content-length" in names) else None


def _is_framable(policy: bytes) -> bool:
    """Whether an answer's own policy lets other pages frame it: the older header knows no list of sites."""
    return b"frame-ancestors " in policy and b"frame-ancestors 'none'" not in policy


def _is_forwarded_http(scope: Scope) -> bool:
    """Whether the proxy says that the request came by http. Without the header, nothing is known."""
    return any(name == b"x-forwarded-proto" and value.lower() == b"http" for name, value in scope["headers"])


def _path_and_query(scope: Scope) -> str:
    """The path and query of the request."""
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    if not path.startswith(b"/"):
        # Such as `@host`, which would make the address one of another host.
        return "/"
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("ascii", "replace")
