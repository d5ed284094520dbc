"""Record each request while it is answered: its id, route, status, duration and searches, for metrics and logs."""

import logging
import secrets
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.services.core.request_log_data import CurrentRequest, begin_request
from kb.web.http.middleware.proxy_headers import REQUEST_ID
from kb.web.http.middleware.request_metrics import RequestMetrics

REQUEST_ID_HEADER = "X-Request-ID"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)


class RequestRecordMiddleware:
    """Gives each request an id, counts it once its answer begins, and logs it if that took long.

    A request with a body is timed from the end of its body. `slow_seconds` is 0 for no log.
    """

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics, slow_seconds: float) -> None:
        self._app, self._metrics, self._slow_seconds = app, metrics, slow_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope.get(REQUEST_ID) or secrets.token_hex(8)
        request = CurrentRequest(request_id, lambda: self._metrics.route_of(scope.get("endpoint")))
        header = REQUEST_ID_HEADER.lower().encode("ascii"), request_id.encode("ascii")
        started, is_write = perf_counter(), scope["method"] not in _SAFE_METHODS
        begin_request(request)

        def end(status: int) -> None:
            request.status, request.seconds = status, perf_counter() - started
            self._end(request, is_write=is_write)

        async def received() -> Message:
            nonlocal started
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                started = perf_counter()
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                end(message["status"])
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        try:
            await self._app(scope, received if is_write else receive, sent)
        except Exception:
            # Starlette answers an unexpected error outside of all middleware.
            if not request.status:
                end(500)
            raise

    def _end(self, request: CurrentRequest, *, is_write: bool) -> None:
        route = request.find_route()
        self._metrics.count(route, request.status, request.seconds, is_write=is_write, searches=request.searches)
        if 0 < self._slow_seconds <= request.seconds:
            _log.warning(
                "Slow: %s took %.0f ms, with %d searches, %d results and status %d",
                route,
                request.seconds * 1000,
                request.searches,
                request.found,
                request.status,
            )
