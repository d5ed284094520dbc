"""A flood of one address does not delay other readers: the test checks the order of service, and no times."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Event, Semaphore

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from kb.press_review.review import PressReview
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from kb.services.core.library import Library
from kb.site import create_app
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.endpoint import page_endpoint
from kb.web.http.limits import page_threads, request_pace
from kb.web.http.limits.page_threads import POOL_LIMITS, WorkKind, pool_of
from tests.factories.items import an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account, sign_in
from tests.support.event_loop import run

ATTACKER, READER = "203.0.113.5", "198.51.100.7"
FLOOD = 300


@pytest.fixture(autouse=True)
def _no_page_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test does not depend on the speed of the machine: pages are made one by one, and no request is delayed.
    monkeypatch.setattr(page_threads, "LONG_PAGE", 600.0)
    monkeypatch.setattr(request_pace, "BURST", 100_000)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library(an_item("Archive", id="archive"))) as library:
        yield replace(library, settings=replace(library.settings, rate_read=0, rate_write=0))


@dataclass
class Site:
    """The application with a page that waits until it is released and records who was served."""

    app: Starlette
    served: list[str] = field(default_factory=list)
    first: Event = field(default_factory=Event)
    release: Event = field(default_factory=Event)

    def page(self, context: RequestContext) -> Response:
        self.served.append(context.client)
        self.first.set()
        self.release.wait(60)
        return PlainTextResponse(context.client)

    async def get(self, client: str, path: str = "/slow", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=None) as browser:
            return await browser.get(path, headers=headers)


def a_site(library: Library, *, waits: bool = False) -> Site:
    site = Site(create_app(library))
    site.app.router.routes.insert(0, Route("/slow", page_endpoint(site.page, blocking=waits)))
    return site


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.001)


def waiting(work: WorkKind) -> int:
    return pool_of(work)._queue.waiting


async def flooded(
    site: Site, work: WorkKind, reader: Callable[[], Awaitable[httpx.Response]]
) -> tuple[list[httpx.Response], httpx.Response]:
    """The responses to 300 requests of one address, and the response to a reader who came after all of them."""
    flood = [asyncio.create_task(site.get(ATTACKER)) for _ in range(FLOOD)]
    await until(lambda: sum(request.done() for request in flood) + waiting(work) + len(site.served) == FLOOD)
    before = waiting(work)
    request = asyncio.ensure_future(reader())
    await until(lambda: waiting(work) > before or READER in site.served or request.done())
    site.release.set()
    return await asyncio.gather(*flood), await request


def test_the_next_reader_is_served_next_beside_300_requests_of_one_address(library: Library) -> None:
    site = a_site(library)
    answers, answer = run(flooded(site, WorkKind.PAGE, lambda: site.get(READER)))
    # One page was in progress when the reader came.
    assert answer.status_code == 200
    assert site.served.index(READER) == 1
    limits = POOL_LIMITS[WorkKind.PAGE]
    assert Counter(answer.status_code for answer in answers) == {
        200: 1 + limits.waiting,
        429: FLOOD - 1 - limits.waiting,
    }


def test_a_logged_in_reader_of_the_same_network_is_served_next_too(library: Library) -> None:
    an_account(library)
    site = a_site(library)
    browser = TestClient(site.app, client=(ATTACKER, 1), follow_redirects=False)
    sign_in(browser)
    assert browser.get("/account").status_code == 200
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    _, answer = run(flooded(site, WorkKind.PAGE, lambda: site.get(ATTACKER, "/account", cookie=cookie)))
    assert answer.status_code == 200


def test_requests_that_are_refused_say_when_to_come_again(library: Library) -> None:
    site = a_site(library)
    answers, _ = run(flooded(site, WorkKind.PAGE, lambda: site.get(READER)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert {answer.headers["cache-control"] for answer in refused} == {"no-store"}
    # Some are HTML pages; during a flood the others are one line of text.
    pages = [answer for answer in refused if answer.headers["content-type"].startswith("text/html")]
    lines = [answer for answer in refused if answer.headers["content-type"].startswith("text/plain")]
    assert len(pages) + len(lines) == len(refused)
    assert pages
    assert lines
    assert all("Trop de demandes parties d’ici attendent" in answer.text for answer in refused)


def test_handlers_that_block_are_shared_as_pages_are(library: Library) -> None:
    site = a_site(library, waits=True)
    answers, answer = run(flooded(site, WorkKind.BLOCKING, lambda: site.get(READER)))
    limits = POOL_LIMITS[WorkKind.BLOCKING]
    assert answer.status_code == 200
    assert site.served[: limits.running] == [ATTACKER] * limits.running
    assert site.served[limits.running] == READER
    counts = Counter(answer.status_code for answer in answers)
    assert counts == {200: limits.running + limits.waiting, 429: FLOOD - limits.running - limits.waiting}


def test_handlers_that_block_keep_no_page_waiting(library: Library) -> None:
    site = a_site(library, waits=True)
    # The flood is answered after this page: `flooded` waits for either.
    _, answer = run(flooded(site, WorkKind.BLOCKING, lambda: site.get(READER, "/search?q=archive")))
    assert answer.status_code == 200


def test_documents_of_one_address_keep_neither_pages_nor_the_document_of_another_waiting(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_site(library)
    started, release = Semaphore(0), Event()

    def write(_review: PressReview, _translator: Translator) -> bytes:
        started.release()
        release.wait(60)
        return b"%PDF-"

    monkeypatch.setitem(PRESS_REVIEW_FORMATS, "pdf", replace(PRESS_REVIEW_FORMATS["pdf"], write=write))
    path, limits = "/review?q=archive&format=pdf", POOL_LIMITS[WorkKind.DOCUMENT]

    async def ask() -> tuple[list[int], int, int]:
        flood = [asyncio.create_task(site.get(ATTACKER, path)) for _ in range(20)]
        # One document is being written, and as many wait as one address may have waiting.
        await until(lambda: sum(request.done() for request in flood) + waiting(WorkKind.DOCUMENT) == 19)
        other = asyncio.create_task(site.get(READER, path))
        for _ in range(2):
            await until(lambda: started.acquire(blocking=False))
        page = await site.get(READER, "/search?q=archive")
        release.set()
        return (
            [answer.status_code for answer in await asyncio.gather(*flood)],
            (await other).status_code,
            page.status_code,
        )

    answers, other, page = run(ask())
    assert (other, page) == (200, 200)
    assert Counter(answers) == {200: 1 + limits.waiting, 429: 19 - limits.waiting}
