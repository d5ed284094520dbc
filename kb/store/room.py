"""A little room on the disk, kept for when it is full.

The first that opens a base needs 32 KB beside it, even to read: a server that starts on a full disk would find none.
The lock file of the base, whose content is nothing to anybody, is made to fill them.
"""

import os
from contextlib import suppress
from pathlib import Path

RESERVE = 1 << 16


def keep_room(place: Path) -> None:
    """Fill the file, unless the disk is full already."""
    with suppress(OSError):
        if place.stat().st_size < RESERVE:
            try:
                place.write_bytes(bytes(RESERVE))
            except OSError:
                os.truncate(place, 0)


def give_room(place: Path) -> bool:
    """Empty the file; whether there was anything to give."""
    with suppress(OSError):
        if place.stat().st_size:
            os.truncate(place, 0)
            return True
    return False
