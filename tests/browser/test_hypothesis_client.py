"""The client of Hypothesis, as it is published, on this site: beside a saved copy, and by its bookmark on another page.

It shows, writes, changes, answers and deletes in a group; nobody sees the private notes of others; nothing of a copy
runs.
"""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect

from kb.access.actor import OPERATOR
from kb.features.hypothesis.settings import HypothesisSettings
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.authentication.authentication import sign_in
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.factories.page_copies import add_copy
from tests.support.browser_sessions import PASSWORD, an_account

pytestmark = pytest.mark.browser

TEXT = "Hier, la rivière déborde ici. Puis elle se retire lentement vers la mer."
# As its site sent it, not cleaned: only the policy of the answer stands between the page and the reader.
HOSTILE = """<!DOCTYPE html><html><head><title>Les crues</title>
<script class="js-hypothesis-config" type="application/json">{"sidebarAppUrl": "https://dehors.example/",
"assetRoot": "https://dehors.example/", "services": [{"apiUrl": "https://dehors.example/", "grantToken": "x"}]}</script>
</head><body><h1>Les crues</h1><p>TEXT</p><img src="https://dehors.example/a.png" onerror="document.title='couru'">
<script>document.title = 'couru'; fetch('https://dehors.example/b')</script>
<iframe src="https://dehors.example/c"></iframe><script src="https://dehors.example/d.js"></script></body></html>"""
WORDS = {
    "calme": None,
    "hostile": "Une note <img src=https://dehors.example/e.png onerror=\"document.title='couru'\"> "
    "![image](https://dehors.example/f.png) https://www.youtube.com/watch?v=abcdefghijk",
}
SELECT = """text => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const start = node.data.indexOf(text);
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + text.length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.body.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
    return;
  }
}"""


@contextmanager
def served(library: Library, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(create_app(library), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        empty = an_empty_library(tmp_path_factory.mktemp("hypothesis"))
        library = replace(empty, settings=replace(empty.settings, base_url=base, parts=(HypothesisSettings("on"),)))
        eau = add_group(library, OPERATOR, "eau", "Eau et territoires", visible=Visibility.MEMBERS)
        for login in ("claire", "zoe"):
            an_account(library, login)
            set_role(library, OPERATOR, "eau", login, Role.MEMBER)
        passage = an_annotation("rivière déborde", id="h", added="2024-01-02")
        copies = {"calme": f"<!DOCTYPE html><title>Les crues</title><h1>Les crues</h1><p>{TEXT}</p>",
                  "hostile": HOSTILE.replace("TEXT", TEXT)}  # fmt: skip
        items = [
            an_item("Les crues", id=name, group=eau, order=place, url=f"https://exemple.fr/{name}", annotations=[
                replace(passage, id=f"h-{name}", body=WORDS[name])])
            for place, name in enumerate(copies, 1)
        ]  # fmt: skip
        add_items(library, *items)
        for name, copy in copies.items():
            add_copy(library, name, copy)
        catch_up(library)
        with served(library, listening):
            yield library
        library.close()


@contextmanager
def a_browser_of(browser: Browser, library: Library, login: str = "") -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR")
    if login:
        secret = sign_in(library, login, PASSWORD, "127.0.0.1", "")
        context.add_cookies([{"name": "kb-session", "value": secret, "url": library.settings.base_url}])
    yield context
    context.close()


def frames_of(page: Page, library: Library, name: str) -> tuple[Frame, Frame]:
    """The sidebar and the copy of an item's annotated page."""
    page.goto(f"{library.settings.base_url}/items/{name}/annotated")
    return frame_of(page, "/hypothesis/client/app.html"), frame_of(page, "/annotated/copy")


def frame_of(page: Page, part: str) -> Frame:
    """The frame with a part in its address, once it is there."""
    for _ in range(400):
        if (frame := page.frame(url=lambda url: part in url)) is not None:
            return frame
        page.wait_for_timeout(50)
    raise AssertionError(part)


def annotate(frame: Frame, sidebar: Frame, quote: str, words: str, *, private: bool = False) -> None:
    frame.evaluate(SELECT, quote)
    frame.locator("hypothesis-adder").get_by_role("button", name="Annotate").click()
    sidebar.locator("textarea").first.fill(words)
    if private:
        sidebar.get_by_role("button", name="Change annotation sharing").click()
        sidebar.get_by_role("menuitemradio", name="Only Me").click()
    sidebar.get_by_role("button", name="Post to", exact=False).click()
    expect(sidebar.get_by_role("article").filter(has_text=words).get_by_role("button", name="Edit")).to_be_visible()


def card(sidebar: Frame, words: str) -> Locator:
    return sidebar.get_by_role("article").filter(has_text=words).last


def test_the_client_shows_writes_changes_answers_and_deletes(browser: Browser, library: Library) -> None:
    with a_browser_of(browser, library, "claire") as claire, a_browser_of(browser, library, "zoe") as zoe:
        sidebar, copy = frames_of(claire.new_page(), library, "calme")
        expect(copy.locator("hypothesis-highlight")).to_have_text("rivière déborde")
        annotate(copy, sidebar, "se retire lentement", "Une première note")
        card(sidebar, "Une première note").get_by_role("button", name="Edit").click()
        sidebar.locator("textarea").first.fill("Une note relue")
        sidebar.get_by_role("button", name="Post to", exact=False).click()
        expect(card(sidebar, "Une note relue")).to_be_visible()
        annotate(copy, sidebar, "vers la mer", "Rien que pour moi", private=True)
        copy.evaluate(SELECT, "Hier")
        copy.locator("hypothesis-adder").get_by_role("button", name="Highlight").click()
        expect(copy.locator("hypothesis-highlight")).to_have_count(4)
        expect(card(sidebar, "Hier").get_by_role("button", name="Delete")).to_be_visible()

        others, their_copy = frames_of(zoe.new_page(), library, "calme")
        expect(card(others, "Une note relue")).to_be_visible()
        expect(their_copy.locator("hypothesis-highlight")).to_have_count(2)
        card(others, "Une note relue").get_by_role("button", name="Reply").click()
        others.locator("textarea").first.fill("Je réponds")
        others.get_by_role("button", name="Post to", exact=False).click()
        expect(card(others, "Je réponds").get_by_role("button", name="Edit")).to_be_visible()
        expect(others.get_by_text("Rien que pour moi")).to_have_count(0)
        page = others.page
        page.on("dialog", lambda dialog: dialog.accept())
        card(others, "Je réponds").get_by_role("button", name="Delete").click()
        confirm = others.get_by_role("dialog").get_by_role("button", name="Delete")
        confirm.click()
        expect(others.get_by_text("Je réponds")).to_have_count(0)

        again, my_copy = frames_of(claire.new_page(), library, "calme")
        expect(card(again, "Rien que pour moi")).to_be_visible()
        expect(my_copy.locator("hypothesis-highlight")).to_have_count(4)
        expect(again.get_by_text("Je réponds")).to_have_count(0)
    with library.store.read() as reading:
        item = reading.items.any_of(["calme"])["calme"]
    assert [part.body for part in item.annotations] == [None, "Une note relue"]
    assert (item.annotations[1].prefix, item.annotations[1].suffix) == (
        " rivière déborde ici. Puis elle ",
        " vers la mer.",
    )


def test_nothing_of_a_copy_runs_or_is_asked_for(browser: Browser, library: Library) -> None:
    with a_browser_of(browser, library, "claire") as claire:
        page, asked = claire.new_page(), list[str]()
        page.on("requestfinished", lambda request: asked.append(request.url))
        page.on("response", lambda response: asked.append(response.url))
        sidebar, copy = frames_of(page, library, "hostile")
        expect(card(sidebar, "rivière déborde")).to_contain_text("Une note")
        expect(copy.locator("hypothesis-highlight")).to_have_text("rivière déborde")
        assert copy.evaluate("[document.title, origin]") == ["Les crues", "null"]
        assert copy.evaluate("(() => { try { return parent.document.title } catch { return '' } })()") == ""
        assert copy.evaluate("(() => { try { return document.cookie } catch { return '' } })()") == ""
        assert [url for url in asked if not url.startswith((library.settings.base_url, "data:"))] == []


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<!DOCTYPE html><title>Ailleurs</title><h1>Ailleurs</h1><p>{TEXT}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def another_site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # Another name of this machine is another site.
        yield f"http://localhost:{server.server_address[1]}/article"
        server.shutdown()


def test_the_bookmark_annotates_a_page_of_another_site(browser: Browser, library: Library) -> None:
    base = library.settings.base_url
    with a_browser_of(browser, library, "claire") as claire, another_site() as address:
        shelf = claire.new_page()
        shelf.goto(f"{base}/hypothesis")
        bookmark = shelf.locator("textarea#code").input_value()
        page = claire.new_page()
        page.goto(address)
        page.evaluate(bookmark.removeprefix("javascript:"))
        page.locator("hypothesis-sidebar").get_by_role("button", name="Annotation sidebar").click()
        sidebar = frame_of(page, "/hypothesis/client/app.html")
        with page.expect_popup() as opened:
            sidebar.get_by_role("button", name="Log in").first.click()
        opened.value.get_by_role("button", name="Autoriser").click()
        expect(sidebar.get_by_role("button", name="Log in")).to_have_count(0)
        sidebar.get_by_role("button", name="Select group").click()
        sidebar.get_by_role("menuitemradio", name="Eau et territoires").click()
        annotate(page.main_frame, sidebar, "se retire lentement", "Vu ailleurs")
    with library.store.read() as reading:
        group = reading.groups.by_slug("eau")
        assert group is not None
        items = reading.items.at_address(canonical_url(address) or "", [group.id], 2)
    assert [(item.title, [part.body for part in item.annotations]) for item in items] == [("Ailleurs", ["Vu ailleurs"])]


def test_a_visitor_of_a_closed_copy_finds_nothing(browser: Browser, library: Library) -> None:
    with a_browser_of(browser, library) as nobody:
        page = nobody.new_page()
        for path in ("annotated", "annotated/copy"):
            answer = page.goto(f"{library.settings.base_url}/items/calme/{path}")
            assert answer is not None
            assert answer.status == 404
