"""Limits on the size of request bodies."""

from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E", bound=Callable[..., Any])

LONGEST_PAGE_ADDRESS = 32_000
"""Bytes: 2,000 characters of a query, each of which may take 12, and room for the rest."""
LONGEST_API_ADDRESS = 200_000
"""The same for `/api/`, whose programs send more than browsers do: some hundred values of 100 characters and more."""
MOST_HEADERS = 200
"""Headers of a request: a browser sends twenty, and each one is read several times."""
LARGEST_BODY = 64 * 1024
"""Bytes of a form that a user has typed. A route for files has its own limit: `endpoint(…, largest_body=…)`. Without
a known user or token, no route accepts more.
"""
LONGEST_WAIT = 30.0
"""Seconds that any body may take, and that its sender may pause: a form is sent at once."""
SLOWEST_BODY = 32 * 1024
"""The minimum rate in bytes a second for a longer body: 20 MiB have 11 minutes."""

_NAME = "largest_body"


def with_body_limit(endpoint: E, largest: int) -> E:
    """The endpoint with a limit on the bytes of its request bodies."""
    endpoint.__dict__[_NAME] = largest
    return endpoint


def body_limit_of(endpoint: object) -> int:
    """The limit on the bytes of an endpoint's request bodies."""
    return getattr(endpoint, _NAME, LARGEST_BODY)
