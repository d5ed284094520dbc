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
"""Requests a second, of pages, files and refusals alike: to read one and to refuse it takes half a millisecond."""
BURST = 300
"""Requests that are taken up at once before others wait: thirty people who open a page with ten files."""
SHORTEST_DELAY = 0.001
"""Seconds that a request waits at least, if at all."""
LONGEST_DELAY = 5.0
"""Seconds that a request waits at most."""
MOST_CALLERS = 50_000
"""Callers that are counted, some 10 MB; of more, those that asked longest ago begin anew."""


class Pace:
    """The generic cell rate algorithm, which delays and does not refuse. For one thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def delay_of(self, caller: str) -> float:
        """Count a request; the seconds that it waits. None waits whose caller is empty: this machine."""
        if not caller:
            return 0.0
        now = self._clock()
        # Removed and inserted again: the first of the dictionary are those that asked longest ago.
        full_at = max(self._full_at.pop(caller, 0.0), now) + 1 / REQUESTS_PER_SECOND
        delay = full_at - now - BURST / REQUESTS_PER_SECOND
        self._full_at[caller] = min(full_at, now + LONGEST_DELAY + BURST / REQUESTS_PER_SECOND)
        if len(self._full_at) > MOST_CALLERS:
            del self._full_at[next(iter(self._full_at))]
        return min(delay, LONGEST_DELAY) if delay >= SHORTEST_DELAY else 0.0


class RequestPaceMiddleware:
    """Holds requests that come faster than the pace of their network, before anything else reads them.

    A user who is recognised has a pace of their own once that of their network is exceeded.
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
