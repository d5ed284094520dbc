"""The metrics of this machine, for Prometheus. They count over all groups, so no visitor may read them."""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kb.errors import Unavailable
from kb.indexer import index_state
from kb.services.background.background_tasks import read_background_state
from kb.services.core.library import Library
from kb.services.email.outbox import outbox_counts
from kb.settings import is_loopback
from kb.web.http.limits.page_threads import LOCAL_CALLER, WorkKind, run_in_turn
from kb.web.http.middleware.request_metrics import CONTENT_TYPE, RequestMetrics

_PROXY_HEADERS = ("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")
"""Headers that a proxy writes: a request with one of them came from another machine."""


async def get_metrics(request: Request) -> Response:
    """The metrics, for this machine or with the token. For all others, the address does not exist: HTTPException."""
    library: Library = request.app.state.library
    if not _has_token(request, library.settings.metrics_token) and not _is_from_this_machine(request):
        raise HTTPException(404)
    metrics: RequestMetrics = request.app.state.metrics
    text = await run_in_turn(WorkKind.BLOCKING, LOCAL_CALLER, metrics.text, _LibraryCollector(library))
    return Response(text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


def _has_token(request: Request, token: str) -> bool:
    scheme, _, sent_token = request.headers.get("authorization", "").partition(" ")
    return (
        bool(token)
        and scheme.lower() == "bearer"
        and hmac.compare_digest(sent_token.strip().encode("utf-8"), token.encode())
    )


def _is_from_this_machine(request: Request) -> bool:
    """Whether a program of this machine asks, and no proxy for another one."""
    try:
        return (
            request.client is not None
            and ip_address(request.client.host).is_loopback
            and is_loopback(f"http://{request.headers.get('host', '')}")
            and not any(name in request.headers for name in _PROXY_HEADERS)
        )
    except ValueError:
        return False


class _LibraryCollector:
    """The state of the database, the index and the background tasks, read when Prometheus asks."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def collect(self) -> Iterator[Metric]:
        """Raises nothing: what cannot be read is left out."""
        yield from self._database_metrics()
        yield from self._index_metrics()
        background = read_background_state(self._library.settings.data)
        yield GaugeMetricFamily("kb_background_up", "The background process runs.", float(background.is_running))
        states = GaugeMetricFamily("kb_background_task", "1 for the state of each task.", labels=("task", "state"))
        for task in background.tasks:
            state = "off" if task.is_off else "restarting" if task.is_restarting else "running"
            states.add_metric((task.name, state), 1.0)
        yield states

    def _database_metrics(self) -> Iterator[Metric]:
        try:
            waiting, states = outbox_counts(self._library)
        except Unavailable:
            yield GaugeMetricFamily("kb_database_up", "The database answers.", 0.0)
            return
        yield GaugeMetricFamily("kb_database_up", "The database answers.", 1.0)
        yield GaugeMetricFamily("kb_outbox_messages", "E-mail messages that wait to be sent.", float(waiting))
        by_state = GaugeMetricFamily(
            "kb_outbox_deliveries", "E-mail messages that no mail server has accepted, by state.", labels=("state",)
        )
        for state, count in states.items():
            by_state.add_metric((state.value,), float(count))
        yield by_state

    def _index_metrics(self) -> Iterator[Metric]:
        try:
            state = index_state(self._library)
        except Unavailable:
            return
        behind = float(max(state.newest - state.indexed, 0))
        yield GaugeMetricFamily("kb_index_lag_changes", "Changes that the index of this machine lacks.", behind)
