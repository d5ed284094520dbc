"""Fetch pages in the background: a few at a time, one per site, with retries where a retry may help.

A page is claimed in one transaction, fetched outside of any, and its result is written in another. A claim has an
expiry: after a killed process, another run claims the page again.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from kb.errors import FlorilegeError
from kb.fetcher import fetch
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageFacts
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.page_fetch.item_completion import complete_item
from kb.services.page_fetch.link_checker import record_fetch_result
from kb.settings import Settings
from kb.store import WriteTransaction, host_of
from kb.store.database.clock import seconds_until, timestamp_in, timestamp_now

FETCH_RETRY_DELAYS = (60, 600, 3600, 6 * 3600, 24 * 3600)
"""Seconds until each further try for an item, after a failure that may be temporary."""
MOST_CONCURRENT_FETCHES = 4
"""Pages fetched at the same time."""
LEASE_SECONDS = 120.0
"""Seconds for which a page is claimed: more than a fetch can take."""
SITE_PAUSE_SECONDS = 1.0
"""Seconds without requests to a site after each page."""
_SHORTEST_WAIT = 0.1  # seconds, at least, between two checks for pages to fetch
_LONGEST_WAIT = 60.0  # seconds, at most

_log = logging.getLogger(__name__)

Fetcher = Callable[[str, Settings], PageFacts]
"""A function that fetches one page, and raises FetchFailed: `kb.fetcher.fetch`."""


@dataclass(frozen=True, slots=True)
class BusyHosts:
    """The sites with a running fetch or one that ended a moment ago: each is busy until its pause ends."""

    busy_until: dict[str, float] = field(default_factory=dict)

    def asked(self) -> int:
        """The number of sites with a running fetch."""
        return sum(until == float("inf") for until in list(self.busy_until.values()))

    def busy(self) -> tuple[str, ...]:
        """The sites that must not get a request now."""
        now = time.monotonic()
        for host, until in list(self.busy_until.items()):
            if until <= now:
                del self.busy_until[host]
        return tuple(self.busy_until)

    def begin(self, host: str) -> None:
        """Record the start of a fetch from the site."""
        self.busy_until[host] = float("inf")

    def end(self, host: str, pause: float) -> None:
        """Record the end of a fetch from the site."""
        self.busy_until[host] = time.monotonic() + pause


def fetch_pages_until_stopped(library: Library, stop: threading.Event, fetcher: Fetcher = fetch) -> None:
    """Fetch pages on request, until `stop` is set. Raises the error that prevents it from finding or claiming them."""
    hosts = BusyHosts()
    with library.store.listen() as commits:
        while not stop.is_set():
            for claimed_fetch in claim_fetches(library, hosts.busy(), MOST_CONCURRENT_FETCHES - hosts.asked()):
                hosts.begin(host_of(claimed_fetch.address))
                # A slow site must not delay the end of the process: unfinished pages are claimed again later.
                threading.Thread(
                    target=_run_fetch_in_thread, args=(library, claimed_fetch, fetcher, hosts), daemon=True
                ).start()
            if hosts.busy():
                # A site is free again after a pause, and no commit announces that.
                stop.wait(_SHORTEST_WAIT)
            else:
                # No commit announces a retry that becomes due.
                with library.store.read() as reading:
                    seconds = seconds_until(reading.page_fetches.next_due(), _LONGEST_WAIT)
                commits.wait(stop, max(_SHORTEST_WAIT, seconds), _SHORTEST_WAIT)


def claim_fetches(library: Library, busy: Collection[str], limit: int) -> tuple[Fetch, ...]:
    """Claim due pages of sites that are not busy: no other process takes them before the claim expires."""
    if limit <= 0:
        return ()
    with library.store.read() as reading:
        # A write transaction makes others wait: only start one if a page is due.
        if not reading.page_fetches.due(timestamp_now(), busy, 1):
            return ()
    claimed: list[Fetch] = []
    with library.store.write() as writing:
        for due_fetch in writing.page_fetches.due(timestamp_now(), busy, limit):
            if due_fetch.tries > len(FETCH_RETRY_DELAYS) or not _is_wanted(writing, due_fetch):
                # All tries ended with their process, or no user may use the result.
                writing.page_fetches.update(replace(due_fetch, state=FetchState.FAILED, failure=FetchFailure.BROKEN))
                continue
            until = timestamp_in(seconds=LEASE_SECONDS)
            taken = replace(due_fetch, state=FetchState.RUNNING, tries=due_fetch.tries + 1, next_at=until)
            writing.page_fetches.update(taken)
            claimed.append(taken)
    return tuple(claimed)


def _is_wanted(writing: WriteTransaction, fetch: Fetch) -> bool:
    """Whether the item that waits for a page is there, or in the trash; without one, whether its user may log in."""
    if fetch.item_id is not None:
        is_there = fetch.item_id in writing.tag_assignments.tags_of([fetch.item_id])
        return is_there or bool(writing.moderation.removals_of_items([fetch.item_id]))
    return fetch.user_id is None or actor_of_user(writing, fetch.user_id).user_id is not None


def run_fetch(library: Library, claimed: Fetch, fetcher: Fetcher = fetch) -> None:
    """Fetch a claimed page, and store the result, unless another process has claimed it meanwhile."""
    facts, failure = claimed.facts, None
    if facts is None:
        try:
            facts = fetcher(claimed.address, library.settings)
        except FetchFailed as failed:
            failure = failed.failure
    with library.store.write() as writing:
        now = writing.page_fetches.by_id(claimed.id)
        if now is None or (now.state, now.next_at) != (FetchState.RUNNING, claimed.next_at):
            return
        if claimed.facts is None and (failure is None or failure.is_absence):
            record_fetch_result(writing, library, now, failure)
        if facts is not None:
            was_read = bool(now.item_id and claimed.facts is None and writing.page_texts.present([now.item_id]))
            complete_item(writing, library, now, facts, text_only=was_read)
            after = replace(now, state=FetchState.DONE, failure=None, facts=facts)
        elif failure is not None and failure.is_passing and now.item_id and now.tries <= len(FETCH_RETRY_DELAYS):
            wait = timestamp_in(seconds=FETCH_RETRY_DELAYS[now.tries - 1])
            after = replace(now, state=FetchState.WAITING, failure=failure, next_at=wait)
        else:
            after = replace(now, state=FetchState.FAILED, failure=failure)
        writing.page_fetches.update(after)


def _run_fetch_in_thread(library: Library, claimed: Fetch, fetcher: Fetcher, hosts: BusyHosts) -> None:
    try:
        run_fetch(library, claimed, fetcher)
    except (FlorilegeError, OSError) as error:
        # The address of the page is private: it is not logged.
        _log.warning("What a page says could not be kept: %s", error)
    except Exception as error:  # noqa: BLE001 - it is claimed again after the lease, and given up after so many tries
        _log.error("A page could not be fetched", exc_info=error)
    finally:
        # A known result did not send a request to the site.
        hosts.end(host_of(claimed.address), SITE_PAUSE_SECONDS if claimed.facts is None else 0.0)
