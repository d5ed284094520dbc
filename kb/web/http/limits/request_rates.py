"""Rates of page requests, counted in the memory of each worker: the check costs a page almost nothing."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from kb.access.actor import Actor
from kb.errors import RateLimited
from kb.model.people.network_address import network_of

MOST_COUNTED_CALLERS = 50_000
"""Who is counted at the same time, some 10 MB; of more, those who asked longest ago begin anew."""
_PATH_COSTS = {"/suggest": 0.25}
"""What is asked at each stroke of a key is answered from memory."""


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
        """Count one question of somebody. Raises RateLimited, and counts nothing, when there were too many."""
        if not self._every or not who:
            return
        cost = self._every * _PATH_COSTS.get(path, 1.0)
        with self._lock:
            now = self._clock()
            # Taken out and put back at the end: the first are those who asked longest ago.
            full_at = max(self._full_at.pop(who, 0.0), now) + cost
            wait = full_at - now - self._minute
            self._full_at[who] = full_at if wait <= 0 else full_at - cost
            if len(self._full_at) > MOST_COUNTED_CALLERS:
                del self._full_at[next(iter(self._full_at))]
        if wait > 0:
            raise RateLimited("Too much was asked from here in a short time: please wait a moment.", wait)


def caller_key(actor: Actor, client: str, *, by_token: bool = False) -> str:
    """Whom a question counts for: a person, wherever they are, their programs beside; else the network that asks.

    Nobody, for what comes from this very machine: its programs are those of whoever runs the site.
    """
    network = network_of(client)
    if actor.user_id is None or not network:
        return network
    return f"{actor.user_id} by token" if by_token else actor.user_id
