"""Chromium on a real server, and the checkers of its pages."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from kb.services.core.library import Library
from kb.site import create_app
from tests.browser.libraries.new_and_closed_libraries import a_fresh_library, a_library_with_closed_groups
from tests.browser.support.addresses import FAILURES
from tests.browser.support.site import a_broken_library, cookies_of, the_library
from tests.factories.library import an_empty_library

HERE = Path(__file__).resolve().parent
NPM = HERE / "node_modules"
# Chromium without the windows, menus and pages of a browser of its own, which take more time than the tested pages.
CHROMIUM = "/usr/bin/chromium-headless-shell"
# The features that Playwright turns off, which our own list replaces, and the browser's own pages behind its address
# bar. These pages take as long to open as ours in each window, and no test sees them.
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,OptimizationHints,"
    "WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup"
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    f"--disable-component-update --disable-sync --disable-features={OFF} "
    # Use few processes: each window would start some of its own.
    "--in-process-gpu --renderer-process-limit=1 --process-per-site --disable-site-isolation-trials"
).split()
# Each page has little time to run code, so compiling it to faster code takes longer than running it.
INTERPRET = "--js-flags=--no-turbofan --no-maglev"

Opening = Callable[..., Page]

# A busy machine may take more than the five seconds that an answer is usually waited for.
expect.set_options(timeout=20_000)


def serving(library: Library) -> Iterator[str]:
    """The address of a server of a library. The server runs in a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(library), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module", autouse=True)
def _no_waiting(impatient: None) -> None:
    """These servers run without the background process that updates the index."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    yield from serving(the_library())


@pytest.fixture(scope="module")
def own_site() -> Iterator[str]:
    """A site that the tests of one file may change."""
    yield from serving(the_library())


@pytest.fixture(scope="session")
def empty_site() -> Iterator[str]:
    yield from serving(an_empty_library())


@pytest.fixture(scope="session")
def broken_sites() -> Iterator[dict[int, str]]:
    """Sites that fail, by their HTTP status."""
    with ExitStack() as running:
        yield {
            page.status: running.enter_context(contextmanager(serving)(a_broken_library(page.status)))
            for page in FAILURES
        }


@pytest.fixture(scope="session")
def fresh_site() -> Iterator[str]:
    yield from serving(a_fresh_library())


@pytest.fixture(scope="session")
def site_with_closed_groups() -> Iterator[str]:
    yield from serving(a_library_with_closed_groups())


@pytest.fixture(scope="session")
def npm() -> Path:
    """The folder of the checkers from npm, in the versions that `package-lock.json` pins."""
    if not all((NPM / name).is_dir() for name in ("axe-core", "html-validate")):
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(HERE)]
        subprocess.run(command, check=True, timeout=120)
    return NPM


@pytest.fixture(scope="session")
def axe(npm: Path) -> str:
    """The source of axe-core."""
    return (npm / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, INTERPRET])
        yield browser
        browser.close()


@dataclass
class Window:
    """A window that notes what no page may do: log an error, or request another host than its own."""

    page: Page
    site: str = ""
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._devtools = self.page.context.new_cdp_session(self.page)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note_message)
        self.page.on("request", self._note_request)

    def _note_message(self, message: ConsoleMessage) -> None:
        # Chromium logs these for each page with an error status, and without a network, which some tests request.
        expected = ("the server responded with a status of", "net::ERR_INTERNET_DISCONNECTED")
        if not message.text.startswith(tuple(f"Failed to load resource: {reason}" for reason in expected)):
            self.complaints.append(message.text)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith(self.site):
            self.complaints.append(request.url)

    def open(self, address: str, *, status: int = 200, method: str = "GET", size: int = 0, by: str = "") -> Page:
        self.site = address[: address.index("/", len("http://")) + 1]
        if by:
            cookies = cookies_of(by).items()
            self.page.context.add_cookies([{"name": name, "value": value, "url": self.site} for name, value in cookies])
        if method != "GET":
            self.page.route(address, lambda route: route.continue_(method=method, post_data="x" * size))
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status
        return self.page

    def clean(self, *, leave: bool = True) -> None:
        """Leave nothing of a test behind. Fails while another page arrives. The next page takes the place of the last,
        unless `leave`.
        """
        page, context = self.page, self.page.context
        page.unroute_all()
        for other in context.pages:
            if other is not page:
                other.close()
        if page.url.startswith(self.site):
            page.evaluate("() => sessionStorage.clear()")
        if leave:
            # A page may store a draft when it is left.
            page.goto("about:blank")
        self._devtools.send("Storage.clearDataForOrigin", {"origin": self.site, "storageTypes": "local_storage"})
        page.emulate_media(media="null", color_scheme="light")
        context.clear_cookies()


@pytest.fixture(scope="session")
def clean_windows() -> dict[bool, list[Window]]:
    """Windows that no test uses, with JavaScript and without. A new one takes longer than most pages."""
    return {True: [], False: []}


@pytest.fixture
def opening(browser: Browser, clean_windows: dict[bool, list[Window]]) -> Iterator[Opening]:
    """Opens an address in a clean window. The test fails if the page logs an error or requests another host.

    A window with other options, or with `own`, is closed after the test, which may change it for good.
    """
    used: list[tuple[Window, list[Window] | None]] = []

    def open_page(
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        status: int = 200,
        method: str = "GET",
        size: int = 0,
        by: str = "",
        java_script_enabled: bool = True,
        own: bool = False,
        **options: object,
    ) -> Page:
        shelf = None if own or options else clean_windows[java_script_enabled]
        viewport = {"width": width, "height": height}
        if shelf:
            window = shelf.pop()
            window.page.set_viewport_size(viewport)  # type: ignore[arg-type]
        else:
            # A box moves while its page scrolls smoothly, so its measured place would be wrong a moment later.
            plain = {"locale": "fr-FR", "reduced_motion": "reduce", "java_script_enabled": java_script_enabled}
            context = browser.new_context(viewport=viewport, **plain | options)  # type: ignore[arg-type]
            window = Window(context.new_page())
        used.append((window, shelf))
        return window.open(address, status=status, method=method, size=size, by=by)

    yield open_page
    for window, shelf in used:
        put_away(window, shelf)
    complaints = [complaint for window, _ in used for complaint in window.complaints]
    for window, _ in used:
        window.complaints.clear()
    assert complaints == []


def put_away(window: Window, shelf: list[Window] | None) -> None:
    if shelf is not None:
        with suppress(Error):
            window.clean()
            shelf.append(window)
            return
    window.page.context.close()


def arriving(opening: Opening, site: str, path: str, by: str, *, javascript: bool, own: bool = False) -> Page:
    """A logged-in user on a page."""
    return opening(site + path, by=by, java_script_enabled=javascript, own=own)
