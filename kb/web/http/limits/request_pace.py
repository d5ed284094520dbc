"""The pace at which requests of one network are accepted: faster requests wait, and other networks are not slowed
down.
"""

from asyncio import sleep
from collections.abc import Callable
from time import monotonic

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from kb.access.actor import ANONYMOUS
from kb.settings import Settings
from kb.web.http.authentication import RequestCredentials
from kb.web.http.limits.callers import KnownCallers
from kb.web.http.limits.fair_queue import Group
from kb.web.http.limits.request_rates import caller_key

REQUESTS_PER_SECOND = 50.0
"""Requests a second, including files and refused ones: to read and refuse one takes half a millisecond."""
BURST = 300
"""Requests accepted at once before others wait: thirty people who open a page with ten files."""
SHORTEST_DELAY = 0.001
"""The shortest wait of a request, in seconds, if it waits at all."""
LONGEST_DELAY = 5.0
"""The longest wait of a request, in seconds."""
MOST_CALLERS = 50_000
"""Callers in memory, some 10 MB; beyond that, those with the oldest last request start again."""


class Pace:
    """The generic cell rate algorithm, with delays instead of refusals. For one thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def delay_of(self, caller: str) -> float:
        """Count a request; the seconds that it must wait. An empty caller, this machine, never waits."""
        if not caller:
            return 0.0
        now = self._clock()
        # Remove and insert it again: the dictionary's first entries have the oldest last request.
        full_at = max(self._full_at.pop(caller, 0.0), now) + 1 / REQUESTS_PER_SECOND
        delay = full_at - now - BURST / REQUESTS_PER_SECOND
        self._full_at[caller] = min(full_at, now + LONGEST_DELAY + BURST / REQUESTS_PER_SECOND)
        if len(self._full_at) > MOST_CALLERS:
            del self._full_at[next(iter(self._full_at))]
        return min(delay, LONGEST_DELAY) if delay >= SHORTEST_DELAY else 0.0


class RequestPaceMiddleware:
    """Delays requests that are faster than the pace of their network, before anything else reads them.

    A recognised user has a pace of their own once that of the network is exceeded.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, pace: Pace, known_callers: KnownCallers) -> None:
        self._app, self._settings = app, settings
        self._pace, self._known_callers = pace, known_callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (delay := self._delay_of(scope)):
            await sleep(delay)
        await self._app(scope, receive, send)

    def _delay_of(self, scope: Scope) -> float:
        client = scope["client"][0] if scope["client"] else ""
        network = caller_key(ANONYMOUS, client)
        delay = self._pace.delay_of(network)
        if not delay:
            return 0.0
        caller = self._known_callers.caller_of(RequestCredentials.of(Request(scope), self._settings), client)
        return self._pace.delay_of(caller.name) if caller.group is Group.USER else delay
