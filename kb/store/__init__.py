"""The only room that speaks SQL: rows come in and go out as values of kb.model. It decides nothing about rights."""

from kb.store.changes import Change
from kb.store.commit_signal import CommitListener, Stop
from kb.store.contributions import Contribution
from kb.store.fetches import LONGEST_TEXT, host_of
from kb.store.invitations import Claim, JoinRequest
from kb.store.letters import Letter
from kb.store.limits import Rate
from kb.store.meta import ERASED, identity_of
from kb.store.migrating import migrate
from kb.store.opening import Store, Writing, open_store
from kb.store.pages import PageText
from kb.store.reading import Reading
from kb.store.rejects import Reject

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
