"""What runs behind: the index follows the base, whatever happens to either."""

from kb.indexer.checking import CheckReport, check
from kb.indexer.following import State, catch_up, cleanse, make_current, rebuild, run_forever, state
from kb.indexer.single import background_lock
from kb.indexer.waiting import follow_meanwhile, make_searchable, wait_for

__all__ = [
    "CheckReport",
    "State",
    "background_lock",
    "catch_up",
    "check",
    "cleanse",
    "follow_meanwhile",
    "make_current",
    "make_searchable",
    "rebuild",
    "run_forever",
    "state",
    "wait_for",
]
