"""Login at an identity provider written by others, in a real browser; the site and the provider are cross-site."""

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.library import an_empty_library
from tests.factories.oidc import SECRET
from tests.support.browser_sessions import PASSWORD, an_account
from tests.support.thoroughness import IS_THOROUGH

pytestmark = pytest.mark.browser

HERE = Path(__file__).resolve().parents[1] / "oidc"
ALGORITHMS = ("RS256", "ES256")


@dataclass(frozen=True)
class Place:
    """The site, its library, and the provider."""

    site: str
    issuer: str
    library: Library


@pytest.fixture(scope="module")
def npm() -> None:
    if not (HERE / "node_modules" / "oidc-provider").is_dir():
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(HERE)]
        subprocess.run(command, check=True, timeout=120)


def signed_by(in_the_gate: str) -> pytest.MarkDecorator:
    """Run a test with a provider that signs with this algorithm, or with each in `scripts/test-thorough`."""
    return pytest.mark.parametrize("place", ALGORITHMS if IS_THOROUGH else (in_the_gate,), indirect=True)


# The gate has no need of both algorithms with scripts and without: the site checks signatures, not the browser.
SIGN_UPS = tuple(product(ALGORITHMS, (True, False)) if IS_THOROUGH else zip(ALGORITHMS, (True, False), strict=True))


@pytest.fixture(scope="module")
def place(npm: None, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A site at localhost and a provider at 127.0.0.1, which a browser treats as two sites."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        site = f"http://localhost:{listening.getsockname()[1]}"
        command = ["node", str(HERE / "provider.mjs"), site, request.param]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as provider:
            assert provider.stdin is not None
            assert provider.stdout is not None
            issuer = provider.stdout.readline().strip()
            with closing(an_empty_library()) as library:
                settings = replace(
                    library.settings,
                    base_url=site,
                    oidc_issuer=issuer,
                    oidc_client_id="florilege",
                    oidc_client_secret=SECRET,
                    oidc_name="ProConnect",
                    oidc_scopes="openid given_name usual_name email",
                    oidc_sign_up="ville.example",
                )
                ours = replace(library, settings=settings)
                server = uvicorn.Server(uvicorn.Config(create_app(ours), log_level="error", lifespan="off"))
                thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
                thread.start()
                while not server.started:
                    time.sleep(0.01)
                yield Place(site, issuer, ours)
                server.should_exit = True
                thread.join()
            provider.stdin.close()


@pytest.fixture
def windows(browser: Browser) -> Iterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for page in opened:
        page.close()


def window(browser: Browser, windows: list[BrowserContext], *, scripts: bool = True) -> Page:
    """A browser of its own, which sends no request to other machines."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=scripts)
    windows.append(context)
    context.route(re.compile(r"^(?!http://(localhost|127\.0\.0\.1):)"), lambda route: route.abort())
    return context.new_page()


def signs_in_there(page: Page, user_login: str) -> None:
    page.get_by_placeholder("Enter any login").fill(user_login)
    page.get_by_placeholder("and password").fill("peu importe")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def goes_there(page: Page, place: Place) -> None:
    page.goto(f"{place.site}/login?next=/saved")
    page.get_by_role("link", name="Se connecter avec ProConnect").click()
    expect(page).to_have_url(re.compile(re.escape(place.issuer)))


def answer_kept(page: Page) -> str:
    """The callback address for a user who consents at the provider; the browser does not follow it."""
    asks = page.context.request
    consented = asks.post(page.url, form={"prompt": "consent"}, max_redirects=0)
    return asks.get(consented.headers["location"], max_redirects=0).headers["location"]


@pytest.mark.parametrize(("place", "scripts"), SIGN_UPS, indirect=["place"])
def test_a_new_oidc_user_gets_an_account_logs_out_and_logs_in_again(
    browser: Browser, windows: list[BrowserContext], place: Place, scripts: bool
) -> None:
    login = "caubert" if scripts else "claire"
    page = window(browser, windows, scripts=scripts)
    goes_there(page, place)
    signs_in_there(page, login)
    expect(page.get_by_text("D’après ProConnect, vous êtes Claire Aubert.")).to_be_visible()
    expect(page.get_by_label("Identifiant", exact=True)).to_have_value(login)
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator(".site-nav .menu > summary")).to_contain_text("Claire Aubert")

    page.goto(f"{place.site}/logout")
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_text("Votre session est fermée.")).to_be_visible()

    # The user is logged out there too: the provider asks for a login again.
    goes_there(page, place)
    signs_in_there(page, login)
    expect(page.get_by_text("Votre session est ouverte.")).to_be_visible()
    assert page.url == f"{place.site}/saved?done=signed-in"


@signed_by("ES256")
def test_a_user_adds_the_provider_to_an_account(browser: Browser, windows: list[BrowserContext], place: Place) -> None:
    an_account(place.library, "paul", name="Paul Roy", email="proy@ville.example")
    page = window(browser, windows)
    page.goto(f"{place.site}/login?next=/account/identity")
    page.get_by_label("Identifiant ou adresse").fill("paul")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    # Our form posts to another site: browsers can block such a redirect.
    page.get_by_role("button", name="Continuer").click()
    signs_in_there(page, "proy")
    expect(page.get_by_text("Vous pouvez désormais vous connecter par ce moyen.")).to_be_visible()

    other = window(browser, windows)
    goes_there(other, place)
    signs_in_there(other, "proy")
    expect(other.locator(".site-nav .menu > summary")).to_contain_text("Paul Roy")


@signed_by("ES256")
def test_an_equal_address_must_be_proven(browser: Browser, windows: list[BrowserContext], place: Place) -> None:
    an_account(place.library, "marie", name="Marie Lenoir", email="mlenoir@ville.example")
    page = window(browser, windows)
    goes_there(page, place)
    signs_in_there(page, "mlenoir")
    expect(page.get_by_role("heading", name="Votre compte ici")).to_be_visible()
    page.goto(f"{place.site}/")
    expect(page.get_by_role("link", name="Se connecter", exact=True)).to_be_visible()
    page.goto(f"{place.site}/login/provider/new")
    page.get_by_label("Identifiant ou adresse").fill("marie")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Ce compte est le mien").click()
    expect(page.locator(".site-nav .menu > summary")).to_contain_text("Marie Lenoir")


@signed_by("RS256")
def test_a_cancelled_login_shows_a_message(browser: Browser, windows: list[BrowserContext], place: Place) -> None:
    page = window(browser, windows)
    goes_there(page, place)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("La connexion avec ProConnect n’a pas abouti")


@signed_by("RS256")
def test_an_answer_of_the_provider_is_valid_once_and_in_one_browser(
    browser: Browser, windows: list[BrowserContext], place: Place
) -> None:
    thief, victim = window(browser, windows), window(browser, windows)
    goes_there(thief, place)
    thief.get_by_placeholder("Enter any login").fill("voleur")
    thief.get_by_placeholder("and password").fill("peu importe")
    thief.get_by_role("button", name="Sign-in").click()
    thief.get_by_role("button", name="Continue").wait_for()
    answer = answer_kept(thief)

    # The victim's own login has started too.
    goes_there(victim, place)
    victim.goto(answer)
    expect(victim.get_by_role("alert")).to_contain_text("a commencé dans un autre navigateur")
    assert "kb-session" not in {cookie.get("name") for cookie in victim.context.cookies()}

    thief.goto(answer)
    expect(thief.get_by_role("heading", name="Votre compte ici")).to_be_visible()
    thief.goto(answer)
    expect(thief.get_by_role("alert")).to_contain_text("a déjà abouti")
