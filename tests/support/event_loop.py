"""A separate event loop for tests that await something."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(act: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, in a new event loop in a new thread, because a browser may have left a loop in this
    one.
    """
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, act).result(60)
