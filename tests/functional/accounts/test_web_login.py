"""Login and logout in a browser, and the link for the first administrator."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.services.accounts.one_time_links import first_administrator_link
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in, token_of


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library))


def test_the_right_password_logs_in_and_leads_to_the_next_page(library: Library, client: TestClient) -> None:
    an_account(library, "claire", name="Claire Aubert")
    answer = send(client, "/login?next=/saved", login="claire", password=PASSWORD, next="/saved")
    assert (answer.status_code, answer.headers["location"]) == (303, "/saved?done=signed-in")
    page = client.get(answer.headers["location"]).text
    assert "Claire Aubert" in page
    assert "Votre session est ouverte" in page


@pytest.mark.parametrize(
    ("onward", "says"),
    [
        ("/keep?url=https://exemple.fr", "Connectez-vous pour enregistrer la page"),
        ("/later", "Connectez-vous pour voir votre liste de lecture"),
        ("/items/abc", "Après la connexion, vous arriverez à la page demandée."),
    ],
)
def test_the_login_says_what_comes_next(client: TestClient, onward: str, says: str) -> None:
    assert says in client.get("/login", params={"next": onward}).text
    assert "Une fois connecté" not in client.get("/login").text


def test_a_login_and_an_address_are_the_same_to_us(library: Library, client: TestClient) -> None:
    an_account(library, "claire", email="Claire@Exemple.fr")
    sign_in(client, "claire@exemple.FR ")


@pytest.mark.parametrize(("login", "password"), [("claire", "une phrase assez fausse"), ("personne", PASSWORD)])
def test_a_wrong_password_and_an_unknown_login_get_the_same_error(
    library: Library, client: TestClient, login: str, password: str
) -> None:
    an_account(library, "claire")
    answer = send(client, "/login", login=login, password=password)
    assert answer.status_code == 403
    assert "L’identifiant ou le mot de passe n’est pas le bon." in answer.text
    assert "kb-session" not in client.cookies


def test_logout_ends_the_session_for_every_copy_of_the_cookie(library: Library, client: TestClient) -> None:
    an_account(library, "claire", name="Claire Aubert")
    sign_in(client)
    cookie = client.cookies["kb-session"]
    assert send(client, "/logout").status_code == 303
    client.cookies.set("kb-session", cookie)
    assert "Claire Aubert" not in client.get("/").text


@pytest.mark.parametrize(
    ("name", "value"),
    [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://ailleurs.example")],
)
def test_a_form_that_another_site_sends_does_nothing(
    library: Library, client: TestClient, name: str, value: str
) -> None:
    an_account(library, "claire")
    data = {"login": "claire", "password": PASSWORD, "form_token": token_of(client, "/login")}
    answer = client.post("/login", data=data, headers={name: value}, follow_redirects=False)
    assert answer.status_code == 403
    assert "kb-session" not in client.cookies


def test_a_form_without_its_token_does_nothing(library: Library, client: TestClient) -> None:
    an_account(library, "claire")
    client.get("/login")
    for token in ("", "0" * 64):
        answer = client.post("/login", data={"login": "claire", "password": PASSWORD, "form_token": token})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "target",
    ["https://ailleurs.example/", "//ailleurs.example", "/\\ailleurs.example", "/\t/ailleurs", "javascript:1"],
)
def test_login_never_redirects_to_another_site(library: Library, client: TestClient, target: str) -> None:
    an_account(library, "claire")
    answer = send(client, "/login", login="claire", password=PASSWORD, next=target)
    assert answer.headers["location"] == "/?done=signed-in"


def test_the_first_link_makes_an_administrator_once(library: Library, client: TestClient) -> None:
    secret = first_administrator_link(library)
    assert secret is not None
    page = f"/welcome/{secret}"
    # Mail programs open links before users do.
    assert client.get(page).status_code == 200
    short = send(client, page, name="Claire Aubert", login="claire", password="court")
    assert short.status_code == 400
    assert "au moins 12 caractères" in short.text
    answer = send(client, page, name="Claire Aubert", login="claire", password=PASSWORD)
    assert answer.status_code == 303
    assert "Claire Aubert" in client.get("/").text
    assert client.get(page).status_code == 404
    assert first_administrator_link(library) is None


def test_a_newer_first_link_makes_the_older_one_invalid(library: Library, client: TestClient) -> None:
    older, newer = first_administrator_link(library), first_administrator_link(library)
    assert client.get(f"/welcome/{older}").status_code == 404
    assert client.get(f"/welcome/{newer}").status_code == 200
