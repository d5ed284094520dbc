"""What runs behind: the index follows the base, whatever happens to either."""

from kb.indexer.checking import CheckReport, check
from kb.indexer.following import (
    State,
    catch_up,
    make_current,
    make_searchable,
    rebuild,
    run_forever,
    state,
    wait_for,
)
from kb.indexer.single import background_lock

__all__ = [
    "CheckReport",
    "State",
    "background_lock",
    "catch_up",
    "check",
    "make_current",
    "make_searchable",
    "rebuild",
    "run_forever",
    "state",
    "wait_for",
]
