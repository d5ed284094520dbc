"""Return freed memory to the system. The C library keeps what is free between values that are still in use."""

import ctypes
import gc
from collections.abc import Callable
from functools import cache


def return_freed_memory() -> None:
    """Free what died in cycles, and return all free memory to the system; it takes some milliseconds.

    Call it after work that took much more memory than remains in use. Without glibc, the C library decides itself.
    """
    gc.collect()
    if (trim := _malloc_trim()) is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        # Another C library, or another system.
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return trim
