"""Counts of requests for Prometheus. Their labels are routes of the table and classes of status codes, nothing else.

The workers of a server count together: each has a file, which it changes in memory, and the answer sums the files. A
file belongs to a place among the workers, so a worker that replaces a dead one goes on counting where that one ended.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.routing import Route

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_PLAIN_0_0_4
NO_ROUTE = "none"
"""The label of requests that no route answers: their addresses are not ours to repeat."""
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds."""
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable in which `prometheus_client` looks for the folder."""

prometheus_client.disable_created_metrics()


def count_together(folder: Path, place: str) -> None:
    """Count in the files of a worker's place in a folder, if `kb serve` could make them; otherwise only in this
    process. Call it before the application is made.
    """
    if all((folder / f"{kind}_{place}.db").exists() for kind in ("counter", "histogram")):
        os.environ[_FOLDER] = str(folder)
        values.ValueClass = values.MultiProcessValue(lambda: place)


class RequestMetrics:
    """The counts of this server. Only the event loop counts; any thread may read."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._folder = os.environ.get(_FOLDER)
        self._registry = CollectorRegistry()
        registry = None if self._folder else self._registry
        self._requests = Counter("kb_requests", "Requests answered.", ("route", "status"), registry=registry)
        self._seconds = Histogram(
            "kb_request_duration_seconds",
            "Seconds until the answer began.",
            ("route",),
            registry=registry,
            buckets=_BUCKETS,
        )
        self._searches = Counter("kb_searches", "Searches run for answers.", registry=registry)
        self._writes = Counter("kb_writes", "Requests that changed something.", registry=registry)
        self._paths: dict[object, str] = {route.endpoint: route.path for route in routes}
        self._counted: dict[tuple[str, int], Counter] = {}
        self._timed: dict[str, Histogram] = {}

    def route_of(self, endpoint: object) -> str:
        """The path of an endpoint's route, with the names of its variable parts."""
        return self._paths.get(endpoint, NO_ROUTE)

    def count(self, route: str, status: int, seconds: float, *, is_write: bool, searches: int) -> None:
        """Count an answer. A `route` is one of `route_of`."""
        key = route, status // 100
        if (counted := self._counted.get(key)) is None:
            counted = self._counted[key] = self._requests.labels(route, f"{status // 100}xx")
        if (timed := self._timed.get(route)) is None:
            timed = self._timed[route] = self._seconds.labels(route)
        counted.inc()
        timed.observe(seconds)
        if searches:
            self._searches.inc(searches)
        if is_write and status < 400:
            self._writes.inc()

    def text(self, *others: Collector) -> bytes:
        """The counts of all workers, and what other collectors give, in the text format of Prometheus."""
        registry = CollectorRegistry()
        for other in others:
            registry.register(other)
        if self._folder:
            MultiProcessCollector(registry, self._folder)
        own = b"" if self._folder else prometheus_client.generate_latest(self._registry)
        return own + prometheus_client.generate_latest(registry)
