"""The background indexer: it makes the index follow the database, whatever happens to either."""

from kb.indexer.change_follower import (
    IndexState,
    catch_up,
    catch_up_and_wait,
    follow_changes_until_stopped,
    index_state,
    merge_dropped,
    rebuild,
)
from kb.indexer.consistency_check import CheckReport, check_index, compare_after_failovers_until_stopped
from kb.indexer.index_wait import index_until_stopped, make_searchable, wait_for_change
from kb.indexer.leader_lock import hold_leader_lock
