"""The link checker: check in the background whether addresses still work, one at a time, spread over the days of a
round.

An address that fails is checked again the next day, and called dead if it fails again. If the failure may be due to our
own connection, the checker first tests an address that worked before.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.access.actor import AccessScope
from kb.fetcher import check_link_presence
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_facts import FetchFailure, LinkPresence
from kb.model.web_pages.page_fetch import Fetch
from kb.services.core.library import Library
from kb.settings import OFF, Settings
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

CHECK_INTERVAL = 10.0
"""Seconds between two addresses, at least: 8,640 checks in a day."""
RECHECK_DAYS = 1.0
"""Days until an address that failed is checked again,"""
DEAD_RECHECK_DAYS = 7.0
"""and one that is already dead."""
_SHORTEST_WAIT, _LONGEST_WAIT = 2.0, 60.0
"""Seconds between two checks for due addresses, at least and at most."""
_DAY = 86_400.0
_RECOUNT_SECONDS = 3_600.0

_DEAD_FAILURES = frozenset(
    {
        *(FetchFailure.GONE, FetchFailure.NO_HOST, FetchFailure.DNS, FetchFailure.UNREACHABLE, FetchFailure.TIMEOUT),
        *(FetchFailure.BROKEN, FetchFailure.SERVER, FetchFailure.REDIRECTS),
    }
)
"""Failures that mean a dead link. A site that blocks programs may still show the page to a reader."""
_LOCAL_FAILURES = frozenset({FetchFailure.NO_HOST, FetchFailure.DNS, FetchFailure.UNREACHABLE, FetchFailure.TIMEOUT})
"""Failures that our own connection may cause."""

LinkProbe = Callable[[str, Settings], LinkPresence]
"""A function that checks whether an address works: `kb.fetcher.check_link_presence`."""


@dataclass(slots=True)
class LinkCheckRound:
    """The position of the round over items that were never checked, and the time that each address may take."""

    last_number: int = 0
    pause: float = CHECK_INTERVAL
    counted_at: float = float("-inf")


def check_links_until_stopped(library: Library, stop: threading.Event, probe: LinkProbe = check_link_presence) -> None:
    """Check addresses, until `stop` is set, if the site fetches pages. Raises what `check_next_link` does."""
    if library.settings.fetch == OFF:
        return
    position = LinkCheckRound()
    with library.store.listen() as commits:
        while not stop.is_set():
            commits.wait(stop, min(position.pause, _LONGEST_WAIT), _SHORTEST_WAIT)
            check_next_link(library, position, probe)


def check_next_link(library: Library, position: LinkCheckRound, probe: LinkProbe = check_link_presence) -> bool:
    """Check the next due address, at once if a user requested it; return whether there was one."""
    with library.store.read() as reading:
        selected = reading.link_checks.next_requested()
        if selected is None and library.settings.link_check_days:
            selected = _next_link_to_check(reading, library.settings, position)
    if selected is None:
        return False
    check_link(library, selected, probe)
    return True


def check_link(library: Library, selected: LinkCheck, probe: LinkProbe = check_link_presence) -> None:
    """Check an address, and store the result, if the item still has this address."""
    with library.store.read() as reading:
        item = reading.items.any_of([selected.item_id]).get(selected.item_id)
        witness = reading.link_checks.working_address(selected.item_id)
    if item is None or item.url is None:
        with library.store.write() as writing:
            writing.link_checks.drop([selected.item_id])
        return
    if item.url != selected.address:
        selected = LinkCheck(item.id, item.url, selected.checked_at, selected.next_at)
    failure = probe(item.url, library.settings).failure
    ours = (
        failure in _LOCAL_FAILURES
        and witness is not None
        and probe(witness, library.settings).failure in _LOCAL_FAILURES
    )
    with library.store.write() as writing:
        record_link_check(writing, library.settings, selected, None if ours else failure, ours=ours)


def record_fetch_result(
    writing: WriteTransaction, library: Library, fetch: Fetch, failure: FetchFailure | None
) -> None:
    """Store the link status that a page fetch showed: the address need not be checked again soon."""
    item = writing.items.any_of([fetch.item_id]).get(fetch.item_id) if fetch.item_id else None
    if item is not None and item.url is not None and web_address(item.url) == fetch.address:
        now = timestamp_now()
        check = writing.link_checks.of_item(item.id)
        if check is None or check.address != item.url:
            check = LinkCheck(item.id, item.url, now, now)
        record_link_check(writing, library.settings, check, failure)


def record_link_check(
    writing: WriteTransaction,
    settings: Settings,
    before: LinkCheck,
    failure: FetchFailure | None,
    *,
    ours: bool = False,
) -> None:
    """Store the result of a check; `ours`: no result, because the fault was our own."""
    now = timestamp_now()
    if ours:
        check = replace(before, checked_at=now, next_at=timestamp_in(days=RECHECK_DAYS), requested_at=None)
    elif failure not in _DEAD_FAILURES:
        check = LinkCheck(before.item_id, before.address, now, timestamp_in(days=settings.link_check_days or 1))
    else:
        # Two failures on one day, or in one night, count as one.
        again = before.failures > 0 and before.checked_at >= min(timestamp_in(days=-0.5), now[:10])
        failures = max(1, before.failures + (not again))
        wait = RECHECK_DAYS if failures == 1 else DEAD_RECHECK_DAYS
        check = replace(before, checked_at=now, failure=failure, failures=failures, requested_at=None)
        check = replace(check, failing_since=before.failing_since or now, next_at=timestamp_in(days=wait))
    writing.link_checks.put(check)


def _next_link_to_check(reading: ReadSnapshot, settings: Settings, position: LinkCheckRound) -> LinkCheck | None:
    """The address to check now, if it is time: a due one, otherwise one that was never checked."""
    now, newest = timestamp_now(), reading.link_checks.newest() or ""
    if newest > timestamp_in(seconds=-CHECK_INTERVAL):
        return None
    due = reading.link_checks.next_due(now)
    if due is not None:
        return due
    if time.monotonic() > position.counted_at + _RECOUNT_SECONDS:
        items = reading.items.count(AccessScope(everything=True))
        position.pause = max(CHECK_INTERVAL, settings.link_check_days * _DAY / max(items, 1))
        # An item restored from the trash has an early position.
        position.counted_at, position.last_number = time.monotonic(), 0
    if newest > timestamp_in(seconds=-position.pause):
        return None
    unseen = reading.link_checks.next_unchecked(position.last_number)
    if unseen is None:
        position.last_number = reading.link_checks.last_number()
        return None
    position.last_number, item_id, address = unseen
    return LinkCheck(item_id, address, now, now)
