"""Return freed memory to the system. The C library keeps what is free between values that are still in use."""

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import cache

_M_ARENA_MAX = -8  # in <malloc.h>


def return_freed_memory() -> None:
    """Free what died in cycles, and return all free memory to the system; it takes some milliseconds.

    Call it after work that took much more memory than remains in use. Without glibc, the C library decides itself.
    """
    gc.collect()
    if (trim := _malloc_trim()) is not None:
        trim(0)


def keep_freed_memory_together() -> None:
    """Let all threads of this process, and of those that it forks, share their freed memory, as `MALLOC_ARENA_MAX=1`
    does for a program that starts. Call it before the first thread.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        # Another C library, or another system.
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return trim
