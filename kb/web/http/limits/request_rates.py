"""Rates of page requests, counted in the memory of each worker: the check costs a page almost nothing.

While there are busy callers, a worker adds their requests every few seconds to counters in the database, which all
workers of all machines share. A page never waits for the database, and when the database is away, each worker goes on
alone.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from time import monotonic

from kb.access.actor import Actor
from kb.errors import FlorilegeError, RateLimited
from kb.model.people.network_address import network_of

MOST_COUNTED_CALLERS = 50_000
"""Callers in memory, some 10 MB; beyond that, those with the oldest last request start again."""
_PATH_COSTS = {"/suggest": 0.25}
"""Requests sent at each key press cost less, because they are answered from memory."""
_EXPORT_COST = 5.0
"""An export reads as much as many pages."""
SHARING_SECONDS = 2.0
"""The pause between two exchanges with the database."""
_MINUTE = 60.0
_BUSY = _MINUTE / 10
"""Seconds of the limit beyond which a caller is busy: other workers learn of its requests."""


class RateLimiter:
    """The generic cell rate algorithm: `per_minute` at once, and as many again in each minute. Safe in many threads.

    `per_minute` 0 allows everything.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._every = _MINUTE / per_minute if per_minute else 0.0
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._unshared: dict[str, float] = {}
        self._unshared_since = clock()
        self._lock = Lock()
        self.on_busy: Callable[[], object] = lambda: None
        """Called, in any thread, when a caller becomes busy: `share` has something to do."""

    def count(self, who: str, path: str = "") -> None:
        """Count one request of a caller. Raises RateLimited, and counts nothing, if there were too many."""
        if not self._every or not who:
            return
        is_export = path.endswith(("/export", "/v1/posts/all"))
        cost = self._every * (_EXPORT_COST if is_export else _PATH_COSTS.get(path, 1.0))
        with self._lock:
            now = self._clock()
            # Remove it and append it: the first entries have the oldest last request.
            full_at = max(self._full_at.pop(who, 0.0), now) + cost
            wait = full_at - now - _MINUTE
            self._full_at[who] = full_at if wait <= 0 else full_at - cost
            if len(self._full_at) > MOST_COUNTED_CALLERS:
                self._unshared.pop(oldest := next(iter(self._full_at)), None)
                del self._full_at[oldest]
            if wait <= 0:
                self._forget_old(now)
                unshared = self._unshared.get(who, 0.0)
                self._unshared[who] = unshared + cost
        if wait <= 0 and unshared < _BUSY <= unshared + cost:
            self.on_busy()
        if wait > 0:
            raise RateLimited("Too much was asked from here in a short time: please wait a moment.", wait)

    def share(self, exchange: Callable[[Mapping[str, float]], Mapping[str, float]]) -> None:
        """Add the requests of busy callers since the last call to the counters of all workers, and take those over.

        `exchange` takes the seconds that each caller has used, and returns how many seconds all workers have counted
        for it. Does nothing if no caller is busy.
        """
        with self._lock:
            busy = {who: used for who, used in self._unshared.items() if used >= _BUSY}
            self._forget_old(self._clock())
            for who in busy:
                self._unshared.pop(who, None)
        if not busy:
            return
        with suppress(FlorilegeError):
            shared = exchange(busy)
            with self._lock:
                now = self._clock()
                for who, ahead in shared.items():
                    self._full_at[who] = max(self._full_at.get(who, 0.0), now + min(ahead, _MINUTE))

    def _forget_old(self, now: float) -> None:
        """Begin a new minute of requests that no worker knows of."""
        if now - self._unshared_since >= _MINUTE:
            self._unshared_since = now
            self._unshared.clear()


def caller_key(actor: Actor, client: str, *, by_token: bool = False) -> str:
    """The caller to whom a request counts: a user at any address, the user's programs separately; otherwise the
    network.

    Empty for requests from this machine: its programs belong to the operator.
    """
    network = network_of(client)
    if actor.user_id is None or not network:
        return network
    return f"{actor.user_id} by token" if by_token else actor.user_id
