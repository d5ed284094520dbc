"""Limits on the size of request bodies."""

from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E", bound=Callable[..., Any])

LONGEST_PAGE_ADDRESS = 32_000
"""Bytes: 2,000 characters of a query, each of which may take 12, and room for the rest."""
LONGEST_API_ADDRESS = 200_000
"""The same of `/api/`, where programs ask what no browser would: some hundred values of 100 characters and more."""
MOST_HEADERS = 200
"""Headers of a request: a browser sends twenty, and each one is looked at several times."""
LARGEST_BODY = 64 * 1024
"""Bytes: what a page of ours sends is text that somebody has typed. A route that takes files says how large they are:
`endpoint(…, largest=…)`. Without a user or a token that is known, no route takes more."""
LONGEST_WAIT = 30.0
"""Seconds that a body may take whatever its size, and that its sender may pause: a form is sent at once."""
SLOWEST_BODY = 32 * 1024
"""Bytes a second below which a body takes longer than it may: 20 MiB have 11 minutes."""

_NAME = "largest_body"


def with_body_limit(endpoint: E, largest: int) -> E:
    """An endpoint that says how many bytes are sent to it at most."""
    endpoint.__dict__[_NAME] = largest
    return endpoint


def body_limit_of(endpoint: object) -> int:
    """How many bytes are sent to an endpoint at most."""
    return getattr(endpoint, _NAME, LARGEST_BODY)
