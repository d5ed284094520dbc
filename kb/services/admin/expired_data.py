"""What is kept for a while only, and gone then: hourly by the background process, at once by `kb sweep`."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kb.services.core.idempotency import ANSWERED
from kb.services.core.library import Library
from kb.services.imports.import_job_runner import sweep_intakes
from kb.services.trash.trash import forget_for_good
from kb.store import Writing

_HOUR = 3600.0
_FIRST = 5.0  # seconds after the start: the first pages come first
_BATCH = 100
"""Things of the bin that go in one transaction: whoever else writes waits no longer than for these."""
_SIGN_IN = timedelta(hours=1)
"""How long somebody may take to sign in elsewhere; a doubled margin, for the door itself counts in minutes."""
_FETCHED = timedelta(days=1)
"""How long is told what came of a page that was asked for."""
_UNSENT = timedelta(days=1)
"""How long a letter waits that nobody tries to send, as the site has no mail server any more: it may hold a link."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What was swept: things of the bin, lines of the log, sessions and tokens."""

    bin: int = 0
    log: int = 0
    credentials: int = 0


def sweep(library: Library, now: datetime | None = None) -> Swept:
    """Drop all whose time has come. Two that sweep at once take turns, and a kill between two steps loses nothing."""
    moment = now or datetime.now(UTC)
    instant = _text(moment)
    bin_, log, credentials = 0, 0, 0
    sweep_intakes(library)
    while dropped := _sweep_bin(library, instant):
        bin_ += dropped
    with library.store.write() as writing:
        writing.moderation.sweep_orphans()
        log = writing.moderation.sweep_log(_text(moment - timedelta(days=library.settings.log_days)))
        credentials = writing.credentials.sweep(instant)
        writing.invitations.sweep(instant)
        writing.accounts.forget_sign_ins(_text(moment - _SIGN_IN))
        writing.letters.sweep(_text(moment - _UNSENT))
        writing.limits.sweep(moment.timestamp())
        writing.views_seen.sweep(instant[:10])
        writing.undos.sweep(instant)
        writing.reading_lists.sweep()
        writing.answered.sweep(_text(moment - ANSWERED))
        writing.fetches.sweep(_text(moment - _FETCHED))
        writing.page_texts.sweep()
        writing.likes.sweep_orphans()
        writing.mentions.sweep_orphans()
        writing.link_checks.sweep()
    return Swept(bin_, log, credentials)


def sweep_forever(library: Library, stop: threading.Event) -> None:
    """Sweep each hour, until `stop` is set. Raises what `sweep` does."""
    stop.wait(_FIRST)
    while not stop.is_set():
        sweep(library)
        stop.wait(_HOUR)


def _sweep_bin(library: Library, instant: str) -> int:
    with library.store.write() as writing:
        return _drop_expired(writing, instant)


def _drop_expired(writing: Writing, instant: str) -> int:
    expired = writing.moderation.expired(instant, _BATCH)
    for aside in expired:
        forget_for_good(writing, aside, writing.moderation.taken(aside))
    return len(expired)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
