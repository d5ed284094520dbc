"""The store: the only package that uses SQL. It stores and returns values of kb.model; it does not check rights."""

from kb.store.database.commit_signal import CommitListener, Stop
from kb.store.database.database import import_driver
from kb.store.feature_store import FeatureStore
from kb.store.items.change_sequence import Change, IndexFailure
from kb.store.items.page_fetches import LONGEST_TEXT, host_of
from kb.store.maintenance.feature_tables import drop_feature
from kb.store.maintenance.migration import migrate
from kb.store.meta import ERASED, database_identity
from kb.store.people.imported_names import KnownName
from kb.store.people.invitations import AuthorClaim, JoinRequest
from kb.store.site.outbox import SITE_KIND, OutboxMessage
from kb.store.site.rate_limits import Rate
from kb.store.site.site_pages import PageText
from kb.store.store import ReadSnapshot, Store, WriteTransaction, open_store
from kb.store.transaction_events import (
    ContentHidden,
    ContentReported,
    Event,
    GroupChanged,
    ItemsChanged,
    ItemsErased,
    ItemsMerged,
    JoinRequested,
    PageTextChanged,
    PageTextMoved,
    PersonErased,
    TextWritten,
)
