"""Two users make a press review from an empty site, with and without JavaScript."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_people import PASSWORD, make_account, sign_in
from tests.conftest import Kb
from tests.fixtures.news_site import Press, a_press
from tests.fixtures.news_texts import PARAGRAPHS, TITLE
from tests.functional.server.test_cli_serve import Server
from tests.support.thoroughness import IS_THOROUGH

pytestmark = pytest.mark.browser

FIRST, SECOND = "trois départements sur quatre ont inscrit ces formations à leur plan", PARAGRAPHS[1]
READ, FAILED = (
    re.compile("La page a été lue"),
    re.compile("Ce que vous écrivez|suffit|n’est plus|introuvable", re.IGNORECASE),
)


@dataclass(frozen=True)
class Somebody:
    """A user in a browser; each method is one thing that the user does and sees."""

    page: Page
    site: str
    javascript: bool

    def look_for(self, address: str, *, group: str = "lectures") -> str:
        """Paste an address into the form, and wait until its page was read or could not be read."""
        self.page.goto(f"{self.site}/keep?group={group}")
        self.page.get_by_label(re.compile("^Adresse")).fill(address)
        self.page.get_by_role("button", name="Chercher la page").click()
        state = self.page.locator("#found .fetch-state")
        for _ in range(200):
            expect(state).to_be_visible()
            state_text = state.inner_text()
            if "en cours" not in state_text:
                return state_text
            self.page.wait_for_timeout(200)
            again = self.page.get_by_role("button", name="Actualiser")
            if not self.javascript and again.count():
                again.click()
        raise AssertionError(f"{address} is still being read")

    def save(self) -> str:
        """Send the save form; returns the address of the item."""
        self.page.locator(".sticky-end").get_by_role("button", name="Garder").click()
        expect(self.page.locator("form.flash")).to_contain_text("C’est gardé")
        return self.page.url.partition("?")[0].partition("#")[0]

    def highlight(self, item: str, quote: str, body: str = "", color: str = "bleu") -> None:
        """Paste a passage on the page of its item."""
        self.page.goto(item)
        form = self.page.locator("form.words", has=self.page.locator("textarea.quote-field"))
        # The form is already open on an item without passages.
        if not form.is_visible():
            self.page.locator("summary", has_text="Ajouter un passage").click()
        form.locator("textarea[name=quote]").fill(quote)
        form.locator("textarea[name=body]").fill(body)
        form.get_by_role("radio", name=color).check()
        form.get_by_role("button").click()
        expect(self.passage(quote)).to_be_visible()

    def passage(self, quote: str) -> Locator:
        """A passage on the page of its item."""
        return self.page.locator("ol.passages > li").filter(has_text=quote)

    def list_passage(self, item: str, quote: str, name: str) -> None:
        """Put a passage into a list, which is created if it does not exist."""
        self.page.goto(item)
        self.passage(quote).locator(".more-actions > summary").first.click()
        self.passage(quote).get_by_role("link", name="Ajouter à une liste").click()
        # A click does not wait for the page that it opens, nor does count().
        expect(self.page.get_by_role("radio", name="Une nouvelle liste")).to_be_visible()
        radio = self.page.get_by_role("radio", name=name)
        if radio.count():
            radio.check()
        else:
            self.page.get_by_role("radio", name="Une nouvelle liste").check()
            self.page.get_by_label("Nom de la liste").fill(name)
        self.page.get_by_role("main").get_by_role("button", name="Ajouter").click()
        expect(self.page.locator(".list-entries")).to_contain_text(quote)


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[[bool], BrowserContext]]:
    opened: list[BrowserContext] = []

    def new(javascript: bool) -> BrowserContext:
        opened.append(browser.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=javascript))
        opened[-1].set_default_timeout(20_000)
        return opened[-1]

    yield new
    for context in opened:
        context.close()


def two_members(kb: Kb, server: Server, contexts: Callable[[bool], BrowserContext], javascript: bool) -> list[Somebody]:
    """Claire creates a group after the first administrator's link, and Paul joins it."""
    claire, paul = (Somebody(contexts(javascript).new_page(), server.address, javascript) for _ in range(2))
    link = re.search(r"http://\S+", server.process.stdout.readline())
    assert link is not None
    make_account(claire.page, link[0], "Claire Aubert", "claire")
    claire.page.goto(f"{server.address}/groups/new")
    claire.page.get_by_label("Nom du groupe").fill("Lectures communes")
    claire.page.get_by_label(re.compile("^Adresse")).fill("lectures")
    claire.page.locator("input[name=join][value=open]").check()
    claire.page.get_by_role("button", name="Créer ce groupe").click()
    assert kb("user", "add", "paul", "--name", "Paul Roy", "--password-stdin", stdin=PASSWORD).code == 0
    sign_in(paul.page, server.address, "paul")
    paul.page.goto(f"{server.address}/g/lectures/join")
    paul.page.get_by_role("main").get_by_role("button").click()
    expect(paul.page.get_by_role("status").filter(has_text="Vous êtes membre")).to_be_visible()
    return [claire, paul]


def keep_the_press(claire: Somebody, press: Press) -> str:
    """Save pages of the news site of every kind, in the gate of half of them; returns the item of the first one."""
    assert READ.search(claire.look_for(press.address("/utf-8.html")))
    expect(claire.page.locator("#f-title")).to_have_value(TITLE)
    claire.page.locator("#f-tags").fill("veille")
    first = claire.save()
    # The server reads pages the same way with JavaScript and without: in the gate, each kind comes through one form.
    kinds = ("/latin-1.html", "/long.html", "/slow.html", "/rapport.pdf")
    for path in kinds if IS_THOROUGH else kinds[::2] if claire.javascript else kinds[1::2]:
        assert READ.search(claire.look_for(press.address(path))), path
        assert claire.page.locator("#f-title").input_value(), path
        claire.save()
    # The target of this redirect is saved already, but this address is not.
    assert READ.search(claire.look_for(press.address("/detour")))
    claire.page.locator("#f-title").fill("Par un détour")
    claire.save()
    state = claire.look_for(press.address("/parti"))
    assert FAILED.search(state), state
    claire.page.locator("#f-title").fill("Une page qui n’est plus là")
    claire.save()
    return first


@pytest.mark.parametrize("javascript", [True, False])
def test_users_save_highlight_discuss_and_sort(
    kb: Kb, contexts: Callable[[bool], BrowserContext], javascript: bool, tmp_path: Path
) -> None:
    kb = replace(kb, variables={"KB_FETCH": "on", "KB_FETCH_LOOPBACK": "allow"})
    with a_press() as press, Server(kb) as server:
        claire, paul = two_members(kb, server, contexts, javascript)
        site = server.address
        item = keep_the_press(claire, press)

        claire.highlight(item, FIRST)
        claire.highlight(item, SECOND, "À citer au comité.", "rose")
        paul.page.goto(item)
        paul.passage(SECOND).get_by_role("link", name="Répondre").click()
        paul.page.get_by_label("Votre réponse").fill("Oui, en ouverture.")
        paul.page.locator("form.words").get_by_role("button").click()
        expect(paul.passage(SECOND)).to_contain_text("Oui, en ouverture.")
        claire.highlight(item, "onze collectivités", "", "vert")

        # In other inflections, at the very next search.
        claire.page.goto(f"{site}/search?q=département+inscrire+formation&match=all")
        main_part = claire.page.get_by_role("main")
        expect(main_part).to_contain_text(TITLE)
        expect(main_part.locator("mark").filter(has_text="formations").first).to_be_visible()
        claire.page.goto(f"{site}/search?q=ouverture")
        expect(claire.page.get_by_role("main")).to_contain_text("Oui, en ouverture.")

        claire.page.goto(f"{site}/g/lectures/tags/edit?tag=veille")
        claire.page.get_by_label("Nouveau nom").fill("veille partagée")
        claire.page.get_by_role("button", name="Voir ce que cela change").click()
        claire.page.locator("section form[method=post]").get_by_role("button").click()
        expect(claire.page.locator("form.flash")).to_be_visible()
        undo = claire.page.url
        claire.page.goto(f"{site}/g/lectures/tag/veille%20partag%C3%A9e")
        expect(claire.page.get_by_role("main")).to_contain_text(TITLE)
        claire.page.goto(undo)
        claire.page.locator("form.flash").get_by_role("button", name="Annuler").click()
        expect(claire.page.get_by_role("status").filter(has_text="C’est annulé")).to_be_visible()
        claire.page.goto(f"{site}/g/lectures/tag/veille")
        expect(claire.page.get_by_role("main")).to_contain_text(TITLE)

        for quote in (FIRST, SECOND, "onze collectivités"):
            claire.list_passage(item, quote, "Pour le comité")
        claire.page.get_by_role("link", name="En faire une revue de presse").click()
        claire.page.locator("summary", has_text="Télécharger").click()
        for form, name in (("Markdown", "md"), ("HTML", "html"), ("Courriel à envoyer", "eml")):
            with claire.page.expect_download() as download:
                claire.page.get_by_role("button", name=form, exact=True).click()
            file = tmp_path / f"revue.{name}"
            download.value.save_as(file)
            assert download.value.suggested_filename == f"Pour le comité.{name}"
            assert b"formations" in file.read_bytes()
        text = (tmp_path / "revue.md").read_text(encoding="utf-8")
        assert text.index(FIRST) < text.index("onze collectivités")
        assert "La Gazette des lecteurs" in text
        assert press.address("/utf-8.html") in text
