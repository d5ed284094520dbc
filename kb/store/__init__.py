"""The only room that speaks SQL: rows come in and go out as values of kb.model. It decides nothing about rights."""

from kb.store.database.commit_signal import CommitListener, Stop
from kb.store.items.change_sequence import Change
from kb.store.items.contribution_statistics import Contribution
from kb.store.items.index_failures import Reject
from kb.store.items.page_fetches import LONGEST_TEXT, host_of
from kb.store.maintenance.migration import migrate
from kb.store.meta import ERASED, identity_of
from kb.store.people.invitations import Claim, JoinRequest
from kb.store.read_snapshot import Reading
from kb.store.site.outbox import Letter
from kb.store.site.rate_limits import Rate
from kb.store.site.site_pages import PageText
from kb.store.store import Store, Writing, open_store

__all__ = [
    "ERASED",
    "LONGEST_TEXT",
    "Change",
    "Claim",
    "CommitListener",
    "Contribution",
    "JoinRequest",
    "Letter",
    "PageText",
    "Rate",
    "Reading",
    "Reject",
    "Stop",
    "Store",
    "Writing",
    "host_of",
    "identity_of",
    "migrate",
    "open_store",
]
