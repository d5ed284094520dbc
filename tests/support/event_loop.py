"""An event loop of their own for tests that await something."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(act: Coroutine[Any, Any, T]) -> T:
    """What an act gives in an event loop of its own, in a thread of its own: a browser may have left one in ours."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, act).result(60)
