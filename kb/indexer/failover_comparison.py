"""Compare the index with the database after another server of the database was promoted.

The index may have changes that the former leader showed and the new one lacks: without synchronous replication any of
the last moments, with it those that a server shows while it stops. The new leader gives their numbers to others.
"""

import logging
from contextlib import suppress

from kb.indexer.change_follower import rebuild
from kb.indexer.consistency_check import compare_index
from kb.indexer.indexer_context import IndexerContext
from kb.store import Stop

LOOK_EVERY = 5.0
"""Seconds between two looks at the generation of the database."""
_COMPARED = "compared-generation.txt"
"""The file, beside the index, with the generation of the database with which the index was last compared."""

_log = logging.getLogger(__name__)


def compare_after_failovers_until_stopped(library: IndexerContext, stop: Stop) -> None:
    """Compare index and database after each failover, and build the index again if they differ. Raises Unavailable."""
    while not stop.is_set():
        compare_after_failover(library)
        stop.wait(LOOK_EVERY)


def compare_after_failover(library: IndexerContext) -> bool:
    """Compare if the generation of the database is new; return whether the index was built again.

    A kill in between loses nothing: the generation is noted at the end. Raises Unavailable.
    """
    place, generation, before = library.settings.data / _COMPARED, library.store.generation, ""
    with suppress(FileNotFoundError):
        before = place.read_text(encoding="utf-8")
    if generation in ("", before):
        return False
    # Without a file, this is a new machine, whose index is built from this generation.
    differs = bool(before) and not compare_index(library).is_clean
    if differs:
        _log.warning("The index has changes that the database lost in a failover: it is built again.")
        rebuild(library)
    place.write_text(generation, encoding="utf-8")
    return differs
