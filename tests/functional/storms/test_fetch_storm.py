"""Kills of the background process while it fetches: nothing is lost, and no page is requested more than twice.

The gate kills it eight times, `scripts/test-thorough` twenty times.
"""

import random
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest

from kb.model.web_pages.page_facts import PageFacts
from kb.model.web_pages.page_fetch import FetchState
from kb.services.core.library import Library
from kb.services.page_fetch.background_fetch import MOST_CONCURRENT_FETCHES, fetch_pages_until_stopped
from kb.services.page_fetch.fetch_requests import attach_fetch_to_item
from kb.settings import Settings, default_settings_in
from kb.site import migrate, open_library
from kb.store.database.clock import timestamp_now
from tests.factories.group import as_
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items
from tests.factories.page import Web, a_page, work_off
from tests.functional.storms.storm_size import TIMES
from tests.support.browser_sessions import an_account

PAGES, KILLS = (120, 20) if TIMES > 1 else (48, 8)
MOST = 5
"""The number of pages that one process fetches."""


def test_a_storm_of_kills_loses_no_page_and_asks_for_none_more_than_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No lease expires by itself, however long the test takes.
    monkeypatch.setattr("kb.services.page_fetch.background_fetch.LEASE_SECONDS", 36_000.0)
    settings, log = default_settings_in(tmp_path), tmp_path / "asked.log"
    log.touch()
    migrate(settings.store_url)
    with closing(open_library(settings)) as library:
        addresses = waiting(library)

        rng, count = random.Random(7), 0
        for _ in range(KILLS):
            child = get_context("fork").Process(target=fetch_slowly, args=(tmp_path, log), daemon=True)
            child.start()
            try:
                count = moved_on(log, count, rng)
            finally:
                child.kill()
                child.join()
        counts = Counter(log.read_text("utf-8").split())
        web = Web({address: a_page(address, "Les mots.", title="Enfin") for address in addresses})
        interrupted = let_leases_end(library)
        work_off(library, web)

        counts.update(web.asked)
        with library.store.read() as reading:
            states = [reading.page_fetches.of_item(f"i{number}") for number in range(PAGES)]
            items = reading.items.any_of(f"i{number}" for number in range(PAGES))
    assert {state.state for state in states if state is not None} == {FetchState.DONE}
    assert all(item.title and "exemple" not in item.title[:8] for item in items.values())
    assert (set(counts), max(counts.values())) == (set(addresses), 2)
    assert interrupted <= KILLS * MOST_CONCURRENT_FETCHES


def waiting(library: Library) -> list[str]:
    """Items that wait for their pages, each on another site."""
    an_account(library)
    addresses = [f"https://exemple-{number}.fr/" for number in range(PAGES)]
    items = [an_item(None, id=f"i{n}", url=address, order=n + 1) for n, address in enumerate(addresses)]
    add_items(library, *items, groups=[a_group()])
    claire = as_(library, "claire")
    with library.store.write() as writing:
        for item in items:
            attach_fetch_to_item(writing, claire, item.id, item.url)
    return addresses


def fetch_slowly(data: Path, log: Path) -> None:
    """Fetch until killed; each requested page is a line of the log."""

    pages = count(1)

    def slowly(address: str, settings: Settings) -> PageFacts:
        del settings
        if next(pages) > MOST:
            # Some pages must remain for the next process, however late the kill is.
            threading.Event().wait()
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{address}\n")
        time.sleep(0.05)
        return a_page(address, "Les mots de la page.", title=f"Titre de {address}")

    fetch_pages_until_stopped(open_library(default_settings_in(data)), threading.Event(), slowly)


def moved_on(log: Path, count: int, rng: random.Random) -> int:
    """Wait until the child has requested another page, and a random moment longer."""
    end = time.monotonic() + 30
    while (size := log.stat().st_size) <= count and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(rng.random() * 0.06)
    return max(size, log.stat().st_size)


def let_leases_end(library: Library) -> int:
    """Make the leases of killed processes expire; returns how many pages they had claimed."""
    claimed = 0
    with library.store.write() as writing:
        for number in range(PAGES):
            fetch = writing.page_fetches.of_item(f"i{number}")
            if fetch is not None and fetch.state is FetchState.RUNNING:
                writing.page_fetches.update(replace(fetch, next_at=timestamp_now()))
                claimed += 1
    return claimed
