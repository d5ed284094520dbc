"""Delete expired data: every hour in the background process, or at once by `kb sweep`."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kb.services.core.idempotency import ANSWER_LIFETIME
from kb.services.core.library import Library
from kb.services.files.unused_files import delete_unused_files
from kb.services.followed_searches.matching import purge_followed_searches
from kb.services.groups.group_states import purge_deleted_groups
from kb.services.imports.import_job_runner import purge_import_jobs
from kb.services.trash.content_removal import drop_removed_content
from kb.store.database.clock import timestamp_of

_PURGE_INTERVAL = 3600.0
_START_DELAY = 5.0  # seconds after the start: the first pages come first
_BATCH = 100
"""Removed items deleted in one transaction: other writers wait only this long."""
_OIDC_LOGIN_AGE = timedelta(hours=1)
"""How long an OIDC login may take, doubled as a margin."""
_FETCH_RESULT_AGE = timedelta(days=1)
"""How long the result of a requested page fetch is kept."""
_UNSENT_MESSAGE_AGE = timedelta(days=1)
"""How long an unsent e-mail message is kept after the site's mail server was removed: it may contain a secret link."""
_FAILED_MESSAGE_AGE = timedelta(days=30)
"""How long it is kept that a message was not delivered, to whom and why; its text is deleted at once."""
_DRAFT_LIST_AGE = timedelta(days=14)
"""How long a list made for a press review is there after its last change, unless it is kept."""
_DAILY_VIEWS_AGE = timedelta(days=762)
"""How long openings are kept by day: 25 months, as the CNIL recommends for audience figures."""


@dataclass(frozen=True, slots=True)
class PurgedCounts:
    """Counts of the deleted data: removed items, audit log entries, sessions and tokens, deleted groups."""

    trash: int = 0
    log: int = 0
    credentials: int = 0
    groups: int = 0


def purge_expired_data(library: Library, now: datetime | None = None) -> PurgedCounts:
    """Delete all expired data. Two runs at once take turns, and a kill between two steps loses nothing."""
    moment = now or datetime.now(UTC)
    instant = timestamp_of(moment)
    trash, log, credentials = 0, 0, 0
    purge_import_jobs(library)
    groups = purge_deleted_groups(library, moment.astimezone(UTC))
    while dropped := _purge_expired_removed_content(library, instant):
        trash += dropped
    with library.store.write() as writing:
        writing.moderation.purge_orphans()
        log = writing.moderation.purge_log(timestamp_of(moment - timedelta(days=library.settings.log_days)))
        credentials = writing.credentials.purge(instant)
        writing.invitations.purge(instant)
        writing.accounts.purge_pending_logins(timestamp_of(moment - _OIDC_LOGIN_AGE))
        writing.outbox.purge(timestamp_of(moment - _UNSENT_MESSAGE_AGE), timestamp_of(moment - _FAILED_MESSAGE_AGE))
        writing.rate_limits.purge(moment.timestamp())
        writing.views_seen.purge(instant[:10])
        writing.undos.purge(instant)
        writing.reading_lists.purge()
        writing.lists.purge_drafts(timestamp_of(moment - _DRAFT_LIST_AGE))
        writing.idempotent_answers.purge(timestamp_of(moment - ANSWER_LIFETIME))
        writing.page_fetches.purge(timestamp_of(moment - _FETCH_RESULT_AGE))
        writing.page_texts.purge()
        library.store.purge_features(writing)
        writing.item_files.purge()
        writing.likes.purge_orphans()
        purge_followed_searches(writing, moment)
        writing.link_checks.purge()
        writing.daily_views.purge(timestamp_of(moment - _DAILY_VIEWS_AGE)[:10])
    delete_unused_files(library)
    return PurgedCounts(trash, log, credentials, groups)


def purge_expired_data_until_stopped(library: Library, stop: threading.Event) -> None:
    """Delete expired data each hour, until `stop` is set. Raises what `purge_expired_data` does."""
    stop.wait(_START_DELAY)
    while not stop.is_set():
        purge_expired_data(library)
        stop.wait(_PURGE_INTERVAL)


def _purge_expired_removed_content(library: Library, instant: str) -> int:
    with library.store.write() as writing:
        expired = writing.moderation.expired_removals(instant, _BATCH)
        for removal in expired:
            drop_removed_content(writing, removal, writing.moderation.removed_content(removal))
    return len(expired)
