"""Whole seconds, the resolution of dates in HTTP headers."""

import time


def next_second() -> None:
    """Wait for the next second: within the second of a change, a date does not prove that nothing changed."""
    time.sleep(1 - time.time() % 1)
