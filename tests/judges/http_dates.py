"""Whole seconds: what a header can say of a moment."""

import time


def next_second() -> None:
    """Wait until another second has begun: in the very second of a change no date proves anything."""
    time.sleep(1 - time.time() % 1)
