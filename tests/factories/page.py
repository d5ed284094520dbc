"""Fake web pages for tests, with the number of requests for each."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageFacts, PageKind
from kb.services.core.library import Library
from kb.services.page_fetch.background_fetch import claim_fetches, run_fetch
from kb.settings import Settings

AGENTS = "https://exemple.fr/agents"


def a_page(address: str = AGENTS, text: str = "", **facts: object) -> PageFacts:
    return PageFacts(**{"url": address, "kind": PageKind.HTML, "text": text, **facts})  # type: ignore[arg-type]


@dataclass(slots=True)
class Web:
    """Pages or failures by address; `asked` counts the requests, and `meanwhile` runs during a request."""

    pages: dict[str, PageFacts | FetchFailure]
    asked: dict[str, int] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, address: str, settings: Settings) -> PageFacts:
        del settings
        with self.lock:
            self.asked[address] = self.asked.get(address, 0) + 1
        self.meanwhile()
        page = self.pages.get(address, FetchFailure.GONE)
        if isinstance(page, FetchFailure):
            raise FetchFailed(page)
        return page


def work_off(library: Library, web: Web) -> int:
    """Fetch all pages that are due now; returns their number."""
    count = 0
    while claimed := claim_fetches(library, (), 10):
        for fetch in claimed:
            run_fetch(library, fetch, web)
        count += len(claimed)
    return count
