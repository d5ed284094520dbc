"""Read pages with passages again, one after the other, and find out whether the text under a passage has changed.

Off unless `KB_PAGE_CHECK_DAYS` says after how many days. A text that a reader sent, or that is of a file, is left.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from kb.features.reading.anchor_task import anchor_item
from kb.features.reading.records import PageToCheck, PassageState, Versions, VersionsReading
from kb.features.reading.settings import ReadingSettings
from kb.fetcher import fetch
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageFacts
from kb.services.core.library import Library
from kb.settings import OFF, Settings
from kb.store import LONGEST_TEXT
from kb.store.database.clock import timestamp_in

PAUSE = 10.0
"""Seconds between two pages."""
_LONGEST_WAIT = 600.0
_DAY = 86_400.0

Fetcher = Callable[[str, Settings], PageFacts]


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """A page that was read again. `failure` says why it could not be; else `moved` counts the passages whose words have
    changed since the last time, `lost` those that are gone, and `has_changed` says whether the text is another one.
    """

    item_id: str
    title: str
    failure: FetchFailure | None = None
    has_changed: bool = False
    moved: int = 0
    lost: int = 0


def pages_to_check(library: Library, days: float, most: int) -> tuple[PageToCheck, ...]:
    """The pages with passages that were not read for so many days, the longest ago first."""
    with library.store.read() as reading:
        return VersionsReading(reading.connection).pages_to_check(timestamp_in(seconds=-days * _DAY), most)


def check_page(library: Library, page: PageToCheck, fetcher: Fetcher = fetch) -> CheckedPage:
    """Read a page again, outside of any transaction, and anchor the passages of its item."""
    address, facts, failure = web_address(page.url), None, FetchFailure.ADDRESS
    try:
        facts = fetcher(address, library.settings) if address else None
    except FetchFailed as failed:
        failure = failed.failure
    with library.store.write() as writing:
        versions = Versions(writing.connection)
        versions.note_check(page.item_id)
        before = versions.versions(page.item_id)
        item = writing.items.any_of([page.item_id]).get(page.item_id)
        is_same = item is not None and item.url == page.url and not writing.item_files.of_items([page.item_id])
        # A page without a text, such as one that needs a login by now, leaves the text that was read before.
        if is_same and facts is not None and facts.text:
            writing.page_texts.put(page.item_id, facts.text[:LONGEST_TEXT], facts.layout)
    if facts is None:
        return CheckedPage(page.item_id, page.title, failure)
    anchor_item(library, page.item_id)
    with library.store.read() as reading:
        records = VersionsReading(reading.connection)
        after, anchors = records.versions(page.item_id), records.anchors(page.item_id).values()
    if before == after:
        return CheckedPage(page.item_id, page.title)
    states = [anchor.state for anchor in anchors if anchor.changed_in == after[-1].number]
    moved, lost = (states.count(state) for state in (PassageState.MOVED, PassageState.LOST))
    return CheckedPage(page.item_id, page.title, None, has_changed=True, moved=moved, lost=lost)


def check_pages_until_stopped(library: Library, stop: threading.Event, fetcher: Fetcher = fetch) -> None:
    """Read the pages again that are due, until `stop` is set; ends at once if the settings say never."""
    days = library.settings.of(ReadingSettings).page_check_days
    if not days or library.settings.fetch == OFF:
        return
    while not stop.is_set():
        due = pages_to_check(library, days, 1)
        if due:
            check_page(library, due[0], fetcher)
        stop.wait(PAUSE if due else _LONGEST_WAIT)
