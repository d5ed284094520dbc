"""What the background process does for notices: it queues the mails about them."""

import threading
from datetime import UTC, datetime, timedelta

from kb.errors import translatable
from kb.features.notices.mails import last_daily_time, queue_mails
from kb.services.background.background_tasks import BackgroundTask
from kb.services.core.library import Library

_LONGEST_WAIT, _SHORTEST_WAIT = 60.0, 1.0


def queue_mails_until_stopped(library: Library, stop: threading.Event) -> None:
    """Queue mails as notices come, and those of each morning, until `stop` is set. Raises Unavailable."""
    with library.store.listen() as commits:
        while not stop.is_set():
            queue_mails(library)
            now = datetime.now(UTC)
            until_daily = last_daily_time(library.settings, now) + timedelta(days=1) - now
            longest = min(_LONGEST_WAIT, max(_SHORTEST_WAIT, until_daily.total_seconds()))
            commits.wait(stop, longest, _SHORTEST_WAIT)


TASKS = (BackgroundTask("notices", translatable("mails about notices"), queue_mails_until_stopped),)
