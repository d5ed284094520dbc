"""A page of another site shows the frames of a group, if the owners name that site; other sites may not."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Opening, arriving
from tests.browser.support.checked_pages import OWNER

pytestmark = pytest.mark.browser

FRAMES = ("/embed/g/lectures?n=5", "/embed/g/lectures/tags", "/embed/lists/plan")


class Intranet(ThreadingHTTPServer):
    """A site with one page, which shows `frames`."""

    frames: tuple[str, ...] = ()
    origin = ""


class IntranetPage(BaseHTTPRequestHandler):
    server: Intranet

    def do_GET(self) -> None:
        frames = "".join(
            f'<iframe src="{one}" title="x" width="300" height="480"></iframe>' for one in self.server.frames
        )
        body = f"<!doctype html><html lang=fr><title>Intranet</title><body>{frames}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def an_intranet(site: str) -> Iterator[str]:
    """The origin of another site, with the frames of this one."""
    with Intranet(("127.0.0.1", 0), IntranetPage) as server:
        server.frames = tuple(site + path for path in FRAMES)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def intranets(own_site: str, opening: Opening) -> Iterator[tuple[str, str]]:
    """A site that an owner has named on the page of the group, and another one."""
    with ExitStack() as stack:
        named, other = (stack.enter_context(an_intranet(own_site)) for _ in range(2))
        claire = arriving(opening, own_site, "/g/lectures/embed", OWNER, javascript=False)
        claire.get_by_label("Adresses des sites").fill(f"{named}/accueil")
        claire.get_by_role("button", name="Enregistrer ces sites").click()
        expect(claire.locator(".flash")).to_be_visible()
        yield named, other


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A reader without account, cookies or JavaScript."""
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        yield context.new_page()


def test_a_named_site_shows_each_kind_of_frame_without_cookie_or_script(
    intranets: tuple[str, str], stranger: Page
) -> None:
    stranger.goto(intranets[0])
    assert len(stranger.frames) == 1 + len(FRAMES)
    for frame in stranger.frames[1:]:
        expect(frame.get_by_role("heading", level=1)).to_be_visible()
        assert frame.locator("main a").count() > 1
        assert frame.locator("script").count() == 0
        # A frame of 300 pixels shows all of each line.
        box = frame.locator("main").bounding_box()
        assert box is not None
        assert box["width"] <= 300
        for link in frame.locator("main a").all():
            place = link.bounding_box()
            assert place is not None
            assert place["x"] + place["width"] <= box["x"] + box["width"] + 1
    assert stranger.context.cookies() == []


def test_another_site_shows_no_frame(intranets: tuple[str, str], stranger: Page) -> None:
    stranger.goto(intranets[1])
    assert [frame.url for frame in stranger.frames[1:]] == ["chrome-error://chromewebdata/"] * len(FRAMES)


@pytest.mark.parametrize("number", range(len(FRAMES)))
def test_links_of_a_frame_open_this_site_in_the_whole_window(
    own_site: str, intranets: tuple[str, str], stranger: Page, number: int
) -> None:
    stranger.goto(intranets[0])
    stranger.frames[1 + number].locator("main a").first.click()
    expect(stranger.locator("header.header, .site-name").first).to_be_visible()
    assert stranger.url.startswith(own_site)
    assert len(stranger.frames) == 1
