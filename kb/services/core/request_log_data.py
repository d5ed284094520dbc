"""The data of the current request for logs and metrics: which route, how many searches; no text of a user."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class CurrentRequest:
    """`find_route` gives the path of its route, with the names of the variable parts, once the route is known.

    `searches` are the searches that its answer needed, `found` is the number of results of the last one. `status` and
    `seconds` are those of the answer, 0 before it.
    """

    id: str
    find_route: Callable[[], str]
    searches: int = 0
    found: int = 0
    status: int = 0
    seconds: float = 0.0


_current: ContextVar[CurrentRequest | None] = ContextVar("current request", default=None)


def current_request() -> CurrentRequest | None:
    """The request that this thread or task answers; None outside of requests."""
    return _current.get()


def begin_request(request: CurrentRequest) -> None:
    """Make it the request of this task, and of the threads that work for it."""
    _current.set(request)


def count_search(result_count: int) -> None:
    """Count a search of the current request, if there is one."""
    if (request := _current.get()) is not None:
        request.searches += 1
        request.found = result_count
