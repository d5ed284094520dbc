"""Looking behind whether addresses still lead somewhere: one at a time, spread over the days that a round takes.

An address that leads nowhere is looked at again the next day, and called dead if it still does. Where it may be our own
way to the web that is closed, another address, which was good, is asked first.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.access.actor import Scope
from kb.fetcher import is_there
from kb.model.web_pages.address import web_address
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_facts import FetchFailure, Presence
from kb.model.web_pages.page_fetch import Fetch
from kb.services.core.library import Library
from kb.settings import Settings
from kb.settings.fetcher import OFF
from kb.store import Reading, Writing
from kb.store.database.clock import instant_in, this_instant

PACE = 10.0
"""Seconds between two addresses, at least: 8,640 in a day."""
SOON = 1.0
"""Days until an address that has led nowhere is looked at again,"""
LATER = 7.0
"""and one that is dead already."""
_LOOK, _LOOK_EVERY = 2.0, 5.0
"""Seconds between two looks for an address to check, at least and at most."""
_DAY = 86_400.0
_COUNTED_AGAIN = 3_600.0

_NOWHERE = frozenset(
    {
        *(FetchFailure.GONE, FetchFailure.NO_HOST, FetchFailure.DNS, FetchFailure.UNREACHABLE, FetchFailure.TIMEOUT),
        *(FetchFailure.BROKEN, FetchFailure.SERVER, FetchFailure.REDIRECTS),
    }
)
"""What leads a reader nowhere. A site that lets only people in, or whose certificate is old, may show the page."""
_OURS = frozenset({FetchFailure.NO_HOST, FetchFailure.DNS, FetchFailure.UNREACHABLE, FetchFailure.TIMEOUT})
"""What our own way to the web may be the cause of."""

Looker = Callable[[str, Settings], Presence]
"""What looks whether an address leads somewhere: `kb.fetcher.is_there`."""


@dataclass(slots=True)
class Round:
    """How far the round over items that nobody has looked at is, and how long one address may take of it."""

    place: int = 0
    pause: float = PACE
    counted_at: float = float("-inf")


def look_forever(library: Library, stop: threading.Event, looker: Looker = is_there) -> None:
    """Look at addresses, until `stop` is set; end at once where no page is fetched. Raises what `look_at_next` does."""
    if library.settings.fetch == OFF:
        return
    turn = Round()
    with library.store.listen() as commits:
        while not stop.is_set():
            commits.wait(stop, _LOOK_EVERY, _LOOK)
            look_at_next(library, turn, looker)


def look_at_next(library: Library, turn: Round, looker: Looker = is_there) -> bool:
    """Look at the address whose turn it is, at once where somebody asks; whether there was one."""
    with library.store.read() as reading:
        chosen = reading.link_checks.asked()
        if chosen is None and library.settings.link_check_days:
            chosen = _in_turn(reading, library.settings, turn)
    if chosen is None:
        return False
    look_at(library, chosen, looker)
    return True


def look_at(library: Library, chosen: LinkCheck, looker: Looker = is_there) -> None:
    """Look at an address, and note what was seen, if the item still has it."""
    with library.store.read() as reading:
        item = reading.items.any_of([chosen.item_id]).get(chosen.item_id)
        witness = reading.link_checks.witness(chosen.item_id)
    if item is None or item.url is None:
        with library.store.write() as writing:
            writing.link_checks.drop([chosen.item_id])
        return
    if item.url != chosen.address:
        chosen = LinkCheck(item.id, item.url, chosen.checked_at, chosen.next_at)
    failure = looker(item.url, library.settings).failure
    ours = failure in _OURS and witness is not None and looker(witness, library.settings).failure in _OURS
    with library.store.write() as writing:
        note(writing, library.settings, chosen, None if ours else failure, ours=ours)


def saw(writing: Writing, library: Library, fetch: Fetch, failure: FetchFailure | None) -> None:
    """Note what a fetch for an item has shown of its address: no need to look at it again soon."""
    item = writing.items.any_of([fetch.item_id]).get(fetch.item_id) if fetch.item_id else None
    if item is not None and item.url is not None and web_address(item.url) == fetch.address:
        now = this_instant()
        seen = writing.link_checks.of_item(item.id)
        held = seen if seen is not None and seen.address == item.url else LinkCheck(item.id, item.url, now, now)
        note(writing, library.settings, held, failure)


def note(
    writing: Writing, settings: Settings, before: LinkCheck, failure: FetchFailure | None, *, ours: bool = False
) -> None:
    """Note what was seen of an address; `ours`: nothing, for the fault was our own."""
    now = this_instant()
    days = settings.link_check_days or 1
    if ours:
        writing.link_checks.put(replace(before, checked_at=now, next_at=instant_in(days=SOON), asked_at=None))
    elif failure not in _NOWHERE:
        good = LinkCheck(before.item_id, before.address, now, instant_in(days=days))
        writing.link_checks.put(good)
    else:
        # Twice on one day, or in one night, is once.
        again = before.failures > 0 and before.checked_at >= min(instant_in(days=-0.5), now[:10])
        failures = max(1, before.failures + (not again))
        wait = SOON if failures == 1 else LATER
        seen = replace(before, checked_at=now, failure=failure, failures=failures, asked_at=None)
        writing.link_checks.put(replace(seen, failing_since=before.failing_since or now, next_at=instant_in(days=wait)))


def _in_turn(reading: Reading, settings: Settings, turn: Round) -> LinkCheck | None:
    """The address to look at now, if it is time: one whose time has come, else one that nobody has looked at."""
    now, newest = this_instant(), reading.link_checks.newest() or ""
    if newest > instant_in(seconds=-PACE):
        return None
    due = reading.link_checks.due(now)
    if due is not None:
        return due
    if time.monotonic() > turn.counted_at + _COUNTED_AGAIN:
        items = reading.items.count(Scope(everything=True))
        turn.pause = max(PACE, settings.link_check_days * _DAY / max(items, 1))
        # What came back from the bin has an early place.
        turn.counted_at, turn.place = time.monotonic(), 0
    if newest > instant_in(seconds=-turn.pause):
        return None
    unseen = reading.link_checks.unseen(turn.place)
    if unseen is None:
        turn.place = reading.link_checks.last_place()
        return None
    turn.place, item_id, address = unseen
    return LinkCheck(item_id, address, now, now)
