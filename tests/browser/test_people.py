"""The users of a new site, each in a browser of their own: from the first administrator's link to account deletion."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"

Person = Callable[[], Page]


@pytest.fixture
def open_person(browser: Browser, javascript: bool) -> Iterator[Person]:
    """Opens the browser of one more user."""
    contexts: list[BrowserContext] = []

    def new() -> Page:
        contexts.append(browser.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=javascript))
        return contexts[-1].new_page()

    yield new
    for context in contexts:
        context.close()


def make_account(page: Page, link: str, name: str, login: str) -> None:
    page.goto(link)
    page.get_by_label("Nom", exact=True).fill(name)
    page.get_by_label("Identifiant", exact=True).fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("status").filter(has_text="Votre compte est prêt")).to_be_visible()


def sign_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("status").filter(has_text="Votre session est ouverte")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_people_are_invited_admitted_promoted_removed_and_leave(kb: Kb, open_person: Person) -> None:
    with Server(kb) as server:
        address = server.address
        first_link = re.search(r"http://\S+", server.process.stdout.readline())
        assert first_link is not None
        claire, paul, marie = open_person(), open_person(), open_person()

        make_account(claire, first_link[0], "Claire Aubert", "claire")
        claire.goto(f"{address}/groups/new")
        claire.get_by_label("Nom du groupe").fill("Lectures communes")
        claire.get_by_label("Adresse").fill("lectures")
        claire.locator("input[name=join][value=request]").check()
        claire.get_by_role("button", name="Créer ce groupe").click()
        expect(claire).to_have_url(re.compile("/g/lectures/members"))

        # By a link: Paul has no account yet, and gets an account and a membership at once.
        claire.locator("#f-role").select_option("member")
        claire.get_by_role("button", name="Créer un lien").click()
        link = claire.locator(".secret").inner_text().strip()
        make_account(paul, link, "Paul Roy", "paul")
        expect(paul).to_have_url(re.compile("/g/lectures[?]"))
        paul.goto(f"{address}/g/lectures/members")
        expect(paul.locator(".people table")).to_contain_text("Paul Roy")
        expect(paul.get_by_role("heading", name="Inviter", exact=True)).to_have_count(0)

        # By a request: Marie asks, and Claire accepts.
        claire.goto(f"{address}/g/lectures/members")
        assert kb("user", "add", "marie", "--name", "Marie Lenoir", "--password-stdin", stdin=PASSWORD).code == 0
        sign_in(marie, address, "marie")
        marie.goto(f"{address}/g/lectures")
        marie.get_by_role("link", name="Demander à rejoindre ce groupe").click()
        marie.get_by_role("textbox", name="Un mot").fill("Je travaille sur la lecture publique.")
        marie.get_by_role("main").get_by_role("button").click()
        expect(marie.get_by_role("status").filter(has_text="Votre demande est envoyée")).to_be_visible()
        claire.goto(f"{address}/g/lectures/members")
        expect(claire.locator(".typed-text")).to_have_text("Je travaille sur la lecture publique.")
        claire.get_by_role("button", name="Accueillir").click()
        expect(claire.get_by_role("status").filter(has_text="La personne est accueillie")).to_be_visible()
        marie.goto(f"{address}/g/lectures/members")
        expect(marie.locator(".people table")).to_contain_text("Marie Lenoir")

        # Marie is promoted: she can invite and accept others. Paul is removed: at his very next page he is no member.
        claire.goto(f"{address}/g/lectures/members/marie")
        claire.locator("input[name=role][value=moderator]").check()
        claire.get_by_role("button", name="Donner ce rôle").click()
        expect(claire.get_by_role("status").filter(has_text="Le rôle est changé")).to_be_visible()
        marie.reload()
        expect(marie.get_by_role("heading", name="Inviter", exact=True)).to_be_visible()
        claire.goto(f"{address}/g/lectures/members/paul")
        claire.get_by_role("button", name="Retirer du groupe").click()
        expect(claire.get_by_role("status").filter(has_text="plus membre")).to_be_visible()
        paul.reload()
        expect(paul.locator(".people table")).not_to_contain_text("Paul Roy")
        expect(paul.get_by_role("link", name="Quitter ce groupe")).to_have_count(0)

        # Marie deletes her account: nothing names her any more, and her login no longer works.
        marie.goto(f"{address}/account/delete")
        marie.locator("input[name=words]").first.check()
        marie.locator("input[name=proof]").fill(PASSWORD)
        marie.get_by_role("button", name="Supprimer définitivement mon compte").click()
        expect(marie.get_by_role("link", name="Se connecter", exact=True)).to_be_visible()
        claire.goto(f"{address}/g/lectures/members")
        expect(claire.locator(".people table")).to_contain_text("Claire Aubert")
        expect(claire.locator("main")).not_to_contain_text("Marie Lenoir")
        marie.goto(f"{address}/login")
        marie.locator("input[name=login]").fill("marie")
        marie.locator("input[name=password]").fill(PASSWORD)
        marie.get_by_role("button", name="Se connecter").click()
        expect(marie.get_by_role("alert")).to_be_visible()
