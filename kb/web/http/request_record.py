"""Record each request while it is answered: its route, status, duration and searches, for the metrics."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.services.core.current_request import CurrentRequest, begin_request
from kb.web.http.request_metrics import RequestMetrics

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestRecordMiddleware:
    """Counts each request once its answer begins. A request with a body is timed from the end of its body."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, is_write = CurrentRequest(), scope["method"] not in _SAFE_METHODS
        started, is_answered = perf_counter(), False
        begin_request(request)

        def end(status: int) -> None:
            nonlocal is_answered
            is_answered = True
            route = self._metrics.route_of(scope.get("endpoint"))
            seconds = perf_counter() - started
            self._metrics.count(route, status, seconds, is_write=is_write, searches=request.searches)

        async def received() -> Message:
            nonlocal started
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                started = perf_counter()
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                end(message["status"])
            await send(message)

        try:
            await self._app(scope, received if is_write else receive, sent)
        except Exception:
            # Starlette answers an unexpected error outside of all middleware.
            if not is_answered:
                end(500)
            raise
