"""Browsers for tests that log in at an identity provider, whose behaviour the test sets."""

from dataclasses import replace
from typing import Any

from starlette.testclient import TestClient

from kb.services.accounts.oidc_login import _provider_of
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.oidc import SECRET, FakeProvider
from tests.support.browser_sessions import PASSWORD, send

BACK, NEW, OWN = "/login/provider/back", "/login/provider/new", "/account/identity"
CLAIRE = {"name": "Claire Aubert", "preferred_username": "c.aubert", "email": "Claire@Ville.example"}


def with_provider(library: Library, fake: FakeProvider, sign_up: str = "invited") -> Library:
    # An earlier provider may have had the same port.
    _provider_of.cache_clear()
    settings = replace(
        library.settings,
        oidc_issuer=fake.issuer,
        oidc_client_id="florilege",
        oidc_client_secret=SECRET,
        oidc_name="Le Guichet",
        oidc_sign_up=sign_up,
    )
    return replace(library, settings=settings)


def browser(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def log_in_at_provider(
    client: TestClient, fake: FakeProvider, address: str = "/login/provider?next=/saved"
) -> dict[str, str]:
    """Log in at the provider; returns the parameters of the callback."""
    answer = client.get(address)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{fake.issuer}/authorize?")
    return fake.comes_back(answer.headers["location"])


def send_callback(client: TestClient, answer: dict[str, str]) -> Any:
    return client.get(BACK, params=answer)


def sign_up_at_provider(client: TestClient, fake: FakeProvider, login: str = "claire") -> None:
    """Create an account from an identity."""
    assert send_callback(client, log_in_at_provider(client, fake)).headers["location"] == NEW
    answer = send(client, NEW, act="make", login=login, name="Claire Aubert")
    assert answer.status_code == 303, answer.text


def add_identity(client: TestClient, fake: FakeProvider) -> Any:
    page = send(client, OWN, act="attach", password=PASSWORD)
    assert page.status_code == 200, page.text
    address = page.text.partition('class="button-link" href="')[2].partition('"')[0].replace("&amp;", "&")
    return send_callback(client, fake.comes_back(address))
