"""Saving a page in a browser, with and without JavaScript, and the bookmarklet on a page of another site."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kb.model.web_pages.page_facts import FetchFailure, PageFacts
from kb.services.core.library import Library
from kb.web.pages.items.save_tools import bookmarklet
from tests.browser.conftest import serving
from tests.browser.support.checked_pages import MEMBER
from tests.browser.support.site import cookies_of, the_library
from tests.factories.page import AGENTS, Web, a_page, work_off

pytestmark = pytest.mark.browser

PASSAGE = '« L’énergie des œuvres », dit-il : 100 % d’"été" & d’automne #1'
FACTS = a_page(title="Le titre du site", source="La Gazette", published="2014-11-07", keywords=("agents",))


@pytest.fixture
def library() -> Library:
    return the_library()


@pytest.fixture
def address(library: Library) -> Iterator[str]:
    yield from serving(library)


@contextmanager
def signed_in(browser: Browser, address: str, *, javascript: bool = True) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=javascript)
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies_of(MEMBER).items()])
    context.set_default_timeout(20_000)
    yield context
    context.close()


def come(library: Library, page: PageFacts | FetchFailure) -> None:
    """Deliver the fetched page, as the background process does."""
    assert work_off(library, Web({AGENTS: page})) == 1


def expect_kept(page: Page, *texts: str) -> None:
    expect(page.locator("form.flash")).to_contain_text("C’est gardé")
    for text in texts:
        expect(page.locator("article.item")).to_contain_text(text)


def test_pasting_an_address_looks_for_its_saved_page(browser: Browser, library: Library, address: str) -> None:
    with signed_in(browser, address) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/keep?group=lectures")
        page.get_by_label(re.compile("^Adresse")).fill(AGENTS)
        page.get_by_label(re.compile("^Adresse")).press("Enter")
        expect(page.locator("#found")).to_contain_text("en cours de lecture")
        page.get_by_text("Compléter").click()
        page.get_by_label("Source").fill("Ma source")
        expect(page.locator("#preview")).to_have_text("Ma source")
        come(library, FACTS)
        expect(page.locator("#found")).to_contain_text("La page a été lue")
        expect(page.locator("#f-title")).to_have_value("Le titre du site")
        expect(page.get_by_label("Source")).to_have_value("Ma source")
        expect(page.get_by_label("Publié")).to_have_value("2014-11-07")
        expect(page.locator("#preview")).to_have_text("Ma source 7 novembre 2014")
        page.get_by_role("checkbox", name="agents").check()
        page.get_by_label("Texte du passage").fill(PASSAGE)
        page.get_by_role("radio", name="bleu").check()
        page.locator(".sticky-end").get_by_role("button", name="Garder").dblclick()
        expect_kept(page, "Le titre du site", "agents", PASSAGE)
        page.get_by_role("button", name="Annuler").click()
        expect(page.locator(".flash")).to_contain_text("C’est annulé")
        assert complaints == []


@pytest.mark.parametrize("javascript", [True, False])
def test_an_address_without_its_scheme_is_saved_as_it_is_looked_for(
    browser: Browser, address: str, javascript: bool
) -> None:
    """Users copy such addresses from paper or from memory: the browser must not refuse what the site accepts."""
    with signed_in(browser, address, javascript=javascript) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?group=lectures")
        page.locator("#f-url").fill("www.exemple.fr/2026/eau")
        page.locator("#f-title").fill("L’eau des écoles")
        page.locator(".sticky-end").get_by_role("button", name="Garder").click()
        expect_kept(page, "L’eau des écoles")
        expect(page.get_by_role("link", name="Lire la page sur exemple.fr")).to_be_visible()


def test_the_same_without_a_script_by_keyboard_keys_and_buttons(
    browser: Browser, library: Library, address: str
) -> None:
    with signed_in(browser, address, javascript=False) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?group=lectures&url={AGENTS}")
        page.get_by_role("button", name="Chercher la page").click()
        expect(page.locator("#found")).to_contain_text("en cours de lecture")
        come(library, FACTS)
        page.get_by_label("Texte du passage").fill(PASSAGE)
        page.get_by_role("button", name="Actualiser").click()
        expect(page.locator("#f-title")).to_have_value("Le titre du site")
        expect(page.locator("#preview")).to_have_text("La Gazette 7 novembre 2014")
        expect(page.get_by_label("Source")).to_be_hidden()
        page.get_by_role("button", name="Un autre passage").click()
        page.get_by_label("Texte du passage").nth(1).fill("Un second passage.")
        page.get_by_role("checkbox", name="agents").check()
        page.locator("#f-title").press("Enter")
        expect_kept(page, "Le titre du site", PASSAGE, "Un second passage.")


def test_a_fetched_page_is_previewed_and_the_section_stays_closed(
    browser: Browser, library: Library, address: str
) -> None:
    with signed_in(browser, address) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?group=lectures&url={AGENTS}")
        expect(page.locator("#found")).to_contain_text("en cours de lecture")
        expect(page.locator("#preview")).to_be_hidden()
        come(library, FACTS)
        expect(page.locator("#preview")).to_have_text("La Gazette 7 novembre 2014")
        expect(page.get_by_label("Description")).to_be_hidden()
        page.locator(".sticky-end").get_by_role("button", name="Garder").click()
        expect_kept(page, "Le titre du site", "La Gazette")


def test_a_draft_opens_the_section_of_its_fields(browser: Browser, address: str) -> None:
    with signed_in(browser, address) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?group=lectures")
        page.get_by_text("Compléter").click()
        page.get_by_label("Description").fill("Trois lignes que personne ne retapera.")
        page.get_by_label("Langue", exact=True).select_option("en")
        page.close()
        again = context.new_page()
        again.goto(f"{address}/keep?group=lectures")
        expect(again.get_by_label("Description")).to_be_visible()
        expect(again.get_by_label("Description")).to_have_value("Trois lignes que personne ne retapera.")
        expect(again.get_by_label("Langue", exact=True)).to_have_value("en")


@pytest.mark.parametrize("javascript", [True, False])
def test_an_unreadable_date_has_its_error_in_the_open_section(browser: Browser, address: str, javascript: bool) -> None:
    with signed_in(browser, address, javascript=javascript) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?group=lectures&title=R%C3%A9union")
        page.get_by_text("Compléter").click()
        page.get_by_label("Publié").fill("hier")
        page.locator(".sticky-end").get_by_role("button", name="Garder").click()
        expect(page.get_by_label("Publié")).to_be_visible()
        expect(page.locator("#e-published")).to_be_visible()
        page.get_by_label("Publié").fill("11/2024")
        page.locator(".sticky-end").get_by_role("button", name="Garder").click()
        expect_kept(page, "novembre 2024")


@pytest.mark.parametrize("javascript", [True, False])
def test_an_address_that_the_group_has_is_shown_and_the_typed_text_goes_to_its_item(
    browser: Browser, library: Library, address: str, javascript: bool
) -> None:
    with signed_in(browser, address, javascript=javascript) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?group=lectures")
        page.get_by_label(re.compile("^Adresse")).fill("http://exemple-6.fr/13?utm_source=lettre")
        page.get_by_label("Mots-clés", exact=False).first.fill("veille du mardi")
        page.get_by_label("Texte du passage").fill(PASSAGE)
        page.get_by_role("button", name="Chercher la page").click()
        expect(page.locator("#found")).to_contain_text("Déjà ici")
        page.get_by_role("button", name="Ajouter à ce signet").click()
        page.wait_for_url("**/items/item-13*")
        expect(page.locator("form.flash")).to_contain_text("ajouté à ce signet")
        expect(page.locator("article.item")).to_contain_text("veille du mardi")
        expect(page.locator("article.item")).to_contain_text(PASSAGE)


def test_a_failed_fetch_is_shown_and_nothing_waits_for_it(browser: Browser, library: Library, address: str) -> None:
    with signed_in(browser, address) as context:
        page = context.new_page()
        page.goto(f"{address}/keep?url={AGENTS}&group=lectures")
        expect(page.locator("#found")).to_contain_text("en cours de lecture")
        come(library, FetchFailure.GONE)
        expect(page.locator("#found")).to_contain_text("Ce que vous écrivez suffit")
        page.locator("#f-title").fill("À la main")
        page.locator(".sticky-end").get_by_role("button", name="Garder").click()
        expect_kept(page, "À la main")


class _Article(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<!doctype html><meta charset=utf-8><title>L’été « œuvres »</title><p id=p>{PASSAGE}</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((body + f"<p id=long>{'Une très longue phrase à garder. ' * 400}</p>").encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def article() -> Iterator[str]:
    """A page of another site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Article)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/article?a=1&b=é#partie"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_bookmarklet_brings_title_address_and_passage(browser: Browser, address: str, article: str) -> None:
    program = bookmarklet(address).removeprefix("javascript:")
    with signed_in(browser, address) as context:
        page = context.new_page()
        page.goto(article)
        for chosen, cut in (("p", False), ("long", True)):
            page.evaluate("id => getSelection().selectAllChildren(document.getElementById(id))", chosen)
            with context.expect_page() as opened:
                page.evaluate(program)
            form = opened.value
            form.wait_for_load_state()
            assert len(form.url) <= 4_000
            brought = parse_qs(urlsplit(form.url).query)
            expect(form.locator("#f-title")).to_have_value("L’été « œuvres »")
            expect(form.get_by_label(re.compile("^Adresse"))).to_have_value(page.url)
            passage = form.get_by_label("Texte du passage").input_value()
            assert ("cut" in brought, "sa fin" in form.content() or "la fin" in form.content()) == (cut, cut)
            assert passage == PASSAGE if not cut else passage.startswith("Une très longue phrase")
            form.close()


def saved_by_form(context: BrowserContext, address: str) -> Page:
    """The page of an item that was just saved, and waits for its web page."""
    page = context.new_page()
    page.goto(f"{address}/keep?group=lectures")
    page.locator("#f-url").fill(AGENTS)
    page.locator("#f-title").fill("Les agents")
    page.locator(".sticky-end").get_by_role("button", name="Garder").click()
    return page


def test_the_notice_of_a_page_that_is_being_read_changes_by_itself_or_by_a_link(
    browser: Browser, library: Library, address: str
) -> None:
    with signed_in(browser, address, javascript=False) as plain, signed_in(browser, address) as context:
        still = saved_by_form(plain, address)
        notice = ".item-notice:has([role=status])"
        expect(still.locator(notice)).to_contain_text("La page est en cours de lecture")
        lively = context.new_page()
        lively.goto(still.url)
        expect(lively.locator(notice)).to_contain_text("La page est en cours de lecture")
        assert lively.get_by_role("link", name="Lire ici").count() == 0
        passage = "details.add-form:has-text('Ajouter un passage')"
        for page in (still, lively):
            assert page.locator(passage).get_attribute("open") is None
        come(library, replace(FACTS, text="Les agents accueillent le public du lundi au samedi."))
        expect(lively.locator(f"{notice} [role=status]")).to_have_text(re.compile("La page a été lue"))
        expect(lively.locator(".links > a").nth(1)).to_have_text("Lire ici")
        lively.get_by_role("link", name="Lire ici").click()
        expect(lively.locator("#text")).to_contain_text("Les agents accueillent")
        still.locator(notice).get_by_role("link", name="Actualiser").click()
        expect(still.locator(notice)).to_have_count(0)
        assert still.locator(passage).get_attribute("open") is None


def test_the_form_for_a_passage_opens_once_a_page_could_not_be_read(
    browser: Browser, library: Library, address: str
) -> None:
    with signed_in(browser, address, javascript=False) as plain, signed_in(browser, address) as context:
        page = context.new_page()
        page.goto(saved_by_form(plain, address).url)
        passage = page.locator("details.add-form:has-text('Ajouter un passage')")
        expect(passage).not_to_have_attribute("open", re.compile(""))
        come(library, FetchFailure.GONE)
        expect(passage).to_have_attribute("open", "")
