"""What runs behind: the index follows the base, whatever happens to either."""

from kb.indexer.change_follower import State, catch_up, cleanse, make_current, rebuild, run_forever, state
from kb.indexer.consistency_check import CheckReport, check
from kb.indexer.index_wait import follow_meanwhile, make_searchable, wait_for
from kb.indexer.leader_lock import background_lock

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
