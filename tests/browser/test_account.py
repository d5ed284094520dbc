"""An account in a browser, with and without JavaScript: a private feed, an API token, a new password."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import serving
from tests.browser.support.site import the_library
from tests.support.browser_sessions import PASSWORD

pytestmark = pytest.mark.browser

OTHER = "une tout autre phrase"


@pytest.fixture
def address() -> Iterator[str]:
    yield from serving(the_library())


@pytest.fixture
def context(browser: Browser, javascript: bool) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=javascript)
    yield context
    context.close()


def sign_in(page: Page, address: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("Identifiant").fill("claire")
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Se connecter").click()


def secret(page: Page) -> str:
    return page.locator(".secret").inner_text()


def open_menu(page: Page) -> None:
    page.locator(".site-nav .menu > summary").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_user_manages_the_account(browser: Browser, context: BrowserContext, address: str) -> None:
    page, nobody = context.new_page(), browser.new_context(locale="fr-FR", reduced_motion="reduce")
    sign_in(page, address)

    open_menu(page)
    page.get_by_role("link", name="Mon compte").click()
    page.get_by_role("link", name="Ma bibliothèque").click()
    page.get_by_role("link", name="Suivre", exact=True).click()
    page.locator("summary", has_text="Dans un lecteur de flux").click()
    page.get_by_role("button", name="Créer un flux privé").click()
    feed = secret(page)
    own = feed.replace("http://127.0.0.1:8000", address)
    assert own != feed
    assert nobody.request.get(own).status == 200
    assert nobody.request.get(own.partition("?")[0]).status == 404

    open_menu(page)
    page.get_by_role("link", name="Mon compte", exact=True).first.click()
    page.get_by_role("link", name="Jetons").click()
    page.get_by_label("Nom", exact=True).fill("Relevé du mardi")
    page.get_by_role("button", name="Créer ce jeton").click()
    headers = {"authorization": f"Bearer {secret(page)}"}
    assert nobody.request.get(f"{address}/api/v1/me", headers=headers).json()["login"] == "claire"
    page.goto(f"{address}/account/tokens")
    page.get_by_role("button", name="Retirer (Relevé du mardi").click()
    expect(page.get_by_role("status")).to_contain_text("Le jeton n’ouvre plus rien")
    assert nobody.request.get(f"{address}/api/v1/me", headers=headers).status == 401

    page.goto(f"{address}/account")
    page.locator("summary", has_text="Mot de passe").click()
    page.get_by_label("Mot de passe actuel").last.fill(PASSWORD)
    page.get_by_label("Nouveau mot de passe").fill(OTHER)
    page.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_role("status")).to_contain_text("Votre mot de passe est changé")
    expect(page.get_by_role("button", name="Fermer la session")).to_have_count(0)
    other_page = nobody.new_page()
    sign_in(other_page, address)
    expect(other_page.get_by_role("alert")).to_be_visible()
    sign_in(other_page, address, OTHER)
    expect(other_page.get_by_role("status")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Fermer la session").click()
    expect(page.get_by_role("button", name="Fermer la session")).to_have_count(0)
    other_page.goto(f"{address}/account")
    expect(other_page.get_by_label("Identifiant")).to_be_visible()
    nobody.close()
