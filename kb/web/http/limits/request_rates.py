"""Rates of page requests, counted in the memory of each worker: the check costs a page almost nothing."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from kb.access.actor import Actor
from kb.errors import RateLimited
from kb.model.people.network_address import network_of

MOST_COUNTED_CALLERS = 50_000
"""Callers in memory, some 10 MB; beyond that, those with the oldest last request start again."""
_PATH_COSTS = {"/suggest": 0.25}
"""Requests sent at each key press cost less, because they are answered from memory."""
_EXPORT_COST = 5.0
"""An export reads as much as many pages."""


class RateLimiter:
    """The generic cell rate algorithm: `per_minute` at once, and as many again in each minute. Safe in many threads.

    `per_minute` 0 allows everything.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._minute = 60.0
        self._every = self._minute / per_minute if per_minute else 0.0
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = Lock()

    def count(self, who: str, path: str = "") -> None:
        """Count one request of a caller. Raises RateLimited, and counts nothing, if there were too many."""
        if not self._every or not who:
            return
        cost = self._every * _cost_of(path)
        with self._lock:
            now = self._clock()
            # Remove it and append it: the first entries have the oldest last request.
            full_at = max(self._full_at.pop(who, 0.0), now) + cost
            wait = full_at - now - self._minute
            self._full_at[who] = full_at if wait <= 0 else full_at - cost
            if len(self._full_at) > MOST_COUNTED_CALLERS:
                del self._full_at[next(iter(self._full_at))]
        if wait > 0:
            raise RateLimited("Too much was asked from here in a short time: please wait a moment.", wait)


def _cost_of(path: str) -> float:
    return _EXPORT_COST if path.endswith("/export") else _PATH_COSTS.get(path, 1.0)


def caller_key(actor: Actor, client: str, *, by_token: bool = False) -> str:
    """The caller to whom a request counts: a user at any address, the user's programs separately; otherwise the
    network.

    Empty for requests from this machine: its programs belong to the operator.
    """
    network = network_of(client)
    if actor.user_id is None or not network:
        return network
    return f"{actor.user_id} by token" if by_token else actor.user_id
