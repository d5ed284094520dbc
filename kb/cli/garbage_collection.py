"""The garbage collector of a process that makes millions of values."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_VALUES = 100_000
"""Values made since the last collection; Python's own limit is 2,000 at most."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """For the block, look for cycles seldom, and never among the modules.

    The values of an import and of its index die with their batch, without cycles: looking for some takes a twentieth of
    the time, and finds none.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW_VALUES, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
