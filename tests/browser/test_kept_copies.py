"""Saved copies of hostile pages in a real browser: nothing runs, no other host is requested, nothing navigates away.

Each page is opened as it is stored, and once more as its site sent it: then only the content security policy protects
the reader. Without the policy, most of the pages do harm.
"""

import re
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, Route, expect

from kb.extraction.html_facts import parse_html
from kb.extraction.html_sanitizer import clean_copy
from kb.indexer import catch_up
from tests.browser.conftest import serving
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library
from tests.factories.page_copies import add_copy
from tests.fixtures.hostile_pages import OUTSIDE, PICTURE, VECTORS

pytestmark = pytest.mark.browser

TABS = 6
"""The number of pages that act at once, while as many others are loaded. A tab costs more than a page in it, so the
next pages reuse the tabs; a page costs more the more tabs there are.
"""
PATIENCE = 500
"""Milliseconds in which a page can act: refreshes and animations of the corpus start at once."""
PLAIN = f"<title>Une page</title><h1 style='color:rgb(1,2,3)'>Un titre</h1><img src='{PICTURE}'><p>Des mots."
NAMES, SOURCES = tuple(VECTORS), tuple(VECTORS.values())
STOPPED = frozenset({"csp", "origin"})
"""Reasons for which the browser did not send a request: the policy, or an SVG of another site. The proxy sees none of
them.
"""
LINKS = frozenset({"base"})
"""Pages with a link to another site, which the reader may follow."""


@dataclass
class Watch:
    """The requests of a browser: those that it reports, and those that arrive at the proxy for all other hosts."""

    asked: list[str] = field(default_factory=list)


class _Proxy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            line = self.rfile.readline(4000).decode("latin-1").strip()
            if "dehors.example" in line:
                # The browser itself requests other hosts of its vendor.
                self.server.asked.append(line)  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    library = an_empty_library(tmp_path_factory.mktemp("copies"))
    items = [
        an_item(name, id=f"{kind}-{number}", order=place, url=f"https://exemple.fr/{kind}/{number}")
        for place, (kind, number, name) in enumerate(
            (kind, number, name) for kind in ("kept", "sent") for number, name in enumerate(NAMES)
        )
    ]
    plain = an_item("Une page", id="plain", order=len(items), url="https://exemple.fr/plain")
    add_items(library, *items, plain, groups=(a_group(),))
    for number, page in enumerate(VECTORS.values()):
        add_copy(library, f"kept-{number}", clean_copy(page, parse_html(page)))
        add_copy(library, f"sent-{number}", f"<!DOCTYPE html><title>calme</title>{page}")
    add_copy(library, "plain", clean_copy(PLAIN, parse_html(PLAIN), "Une page"))
    catch_up(library)
    yield from serving(library)
    library.close()


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[tuple[BrowserContext, Watch]]:
    """A window whose requests to other hosts go to a proxy that answers nothing."""
    watch = Watch()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as proxy:
        proxy.daemon_threads = True
        proxy.asked = watch.asked  # type: ignore[attr-defined]
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        context = browser.new_context(
            proxy={"server": f"http://127.0.0.1:{proxy.server_address[1]}", "bypass": "127.0.0.1"}, locale="fr-FR"
        )

        def note(request: Request) -> None:
            if not request.url.startswith((address, "data:")) and request.failure not in STOPPED:
                watch.asked.append(f"{request.url} {request.failure}")

        context.on("requestfinished", note)
        context.on("requestfailed", note)
        yield context, watch
        context.close()
        proxy.shutdown()


def batches(context: BrowserContext, address: str, kind: str) -> Iterator[dict[int, Page]]:
    """The copies of this kind by number, in groups of as many as there are tabs; each is loaded and has time to act."""
    acting: tuple[dict[int, Page], float] | None = None
    shelves = [[context.new_page() for _ in range(TABS)] for _ in range(2)]
    for tab in (tab for tabs in shelves for tab in tabs):
        tab.on("dialog", lambda dialog: dialog.dismiss())
    for start in range(0, len(NAMES), TABS):
        # While these are loaded, those before them act.
        pages = dict(zip(range(start, len(NAMES)), shelves[start // TABS % 2], strict=False))
        for number, page in pages.items():
            answer = page.goto(f"{address}/items/{kind}-{number}/copy", wait_until="commit")
            assert answer is not None
            assert answer.status == 200
        for page in pages.values():
            # A page that navigated away may never fire the load event.
            with suppress(Error):
                page.wait_for_load_state("load", timeout=3000)
        loaded_at = monotonic()
        if acting:
            yield having_acted(*acting)
        acting = pages, loaded_at
    assert acting
    yield having_acted(*acting)


def having_acted(pages: dict[int, Page], loaded_at: float) -> dict[int, Page]:
    """These pages, once they have been open for as long as a page needs to act."""
    rest = PATIENCE - 1000 * (monotonic() - loaded_at)
    if rest > 0:
        next(iter(pages.values())).wait_for_timeout(rest)
    return pages


@pytest.mark.parametrize("kind", ["kept", "sent"])
@pytest.mark.timeout(300)
def test_nothing_runs_nothing_is_asked_and_nothing_leads_away(browser: Browser, address: str, kind: str) -> None:
    faults: list[str] = []
    with watched(browser, address) as (context, watch):
        for pages in batches(context, address, kind):
            clicked = 0
            for number, page in pages.items():
                own = f"{address}/items/{kind}-{number}/copy"
                can_be_clicked = "id=clic" in SOURCES[number] and NAMES[number] not in LINKS
                if can_be_clicked and (target := page.locator("#clic").first).count():
                    clicked += 1
                    with suppress(Error):
                        target.click(timeout=300, no_wait_after=True, force=True)
                if page.url.partition("#")[0] != own:
                    faults.append(f"{NAMES[number]} leads to {page.url}")
                elif page.title() == "agi":
                    faults.append(f"{NAMES[number]} runs")
                if kind == "kept" and len(page.frames) > 1:
                    faults.append(f"{NAMES[number]} has a frame")
            if clicked:
                next(iter(pages.values())).wait_for_timeout(PATIENCE // 3)
            if watch.asked:
                faults.append(f"{[NAMES[number] for number in pages]} ask {watch.asked}")
                watch.asked.clear()
        assert context.cookies() == []
    assert faults == []


@pytest.mark.timeout(300)
def test_without_the_policy_most_of_these_pages_act(browser: Browser, address: str) -> None:
    def without_policy(route: Route) -> None:
        answer = route.fetch()
        copy_headers: Mapping[str, str] = {
            name: value for name, value in answer.headers.items() if name != "content-security-policy"
        }
        route.fulfill(response=answer, headers=dict(copy_headers))

    acted = set()
    with watched(browser, address) as (context, watch):
        context.route(f"{address}/items/*/copy", without_policy)
        for pages in batches(context, address, "sent"):
            for number, page in pages.items():
                with suppress(Error):
                    if not page.url.endswith("/copy") or page.title() == "agi":
                        acted.add(NAMES[number])
        requests = "\n".join(watch.asked)
    # All scripts request the same address and change the title; any other outside address belongs to a single page.
    acted |= {
        name
        for name, source in VECTORS.items()
        if any(
            re.search(rf"{re.escape(path)}(?![\w.-])", requests)
            for path in re.findall(rf"{OUTSIDE}/(?!script\b)[\w.-]+", source)
        )
    }
    assert len(acted) > 60, sorted(set(NAMES) - acted)


def test_a_kept_copy_of_a_plain_page_looks_like_the_page(browser: Browser, address: str, tmp_path: Path) -> None:
    with watched(browser, address) as (context, watch):
        page = context.new_page()
        page.goto(f"{address}/items/plain")
        page.get_by_role("link", name="Copie de la page").click()
        expect(page).to_have_title("Une page")
        expect(page.get_by_role("heading", name="Un titre")).to_have_css("color", "rgb(1, 2, 3)")
        assert page.locator("img").evaluate("image => image.naturalWidth") == 1
        assert watch.asked == []
