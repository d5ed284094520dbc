"""A site behind a proxy: the client address, and the user that the proxy names."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import httpx2
import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import Invitation, LinkPurpose
from kb.model.people.secret import secret_hash
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from kb.site import create_app
from kb.store.database.clock import timestamp_in, timestamp_now
from tests.conftest import Kb
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in, token_of

PROXY = ("10.0.0.1", 4711)
CLAIRE = {"X-Remote-User": "claire"}


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        settings = replace(library.settings, proxy="10.0.0.0/8", proxy_login="X-Remote-User")
        yield replace(library, settings=settings)


def through(library: Library, peer: tuple[str, int] = PROXY, **headers: str) -> TestClient:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return TestClient(create_app(library), client=peer, headers=named, follow_redirects=False)


def test_the_user_that_the_proxy_names_is_logged_in_at_once(library: Library) -> None:
    an_account(library, "claire", name="Claire Aubert")
    client = through(library, X_Remote_User="claire")
    assert "Claire Aubert" in client.get("/").text
    assert client.get("/login?next=/saved").headers["location"] == "/saved"
    assert "kb-session" not in client.cookies
    # Without the header, they are anonymous again.
    del client.headers["X-Remote-User"]
    assert "Claire Aubert" not in client.get("/").text


@pytest.mark.parametrize("peer", [("192.0.2.1", 1), ("127.0.0.1", 1), ("11.0.0.1", 1)])
def test_logins_are_accepted_from_the_proxy_alone(library: Library, peer: tuple[str, int]) -> None:
    an_account(library, "claire", name="Claire Aubert", administrator=True)
    client = through(library, peer, X_Remote_User="claire", X_Forwarded_For="10.0.0.1")
    assert "Claire Aubert" not in client.get("/").text


def test_two_names_are_none(library: Library) -> None:
    an_account(library, "claire", name="Claire Aubert")
    answer = through(library).get("/", headers=[("X-Remote-User", "claire"), ("X-Remote-User", "paul")])  # type: ignore[arg-type]
    assert "Claire Aubert" not in answer.text


def test_forms_work_without_a_session_and_not_from_other_sites(library: Library) -> None:
    an_account(library, "claire")
    client = through(library, X_Remote_User="claire")
    data = {"name": "Veille", "visible": "members", "join": "invite", "form_token": token_of(client, "/groups/new")}
    forged = client.post("/groups/new", data=data, headers={"Origin": "https://ailleurs.example"})
    assert forged.status_code == 403
    unknown = through(library, X_Remote_User="claire").post("/groups/new", data=data)
    assert unknown.status_code == 403
    assert client.post("/groups/new", data=data).status_code == 303


@pytest.mark.parametrize("login", ["personne", "CLAIRE", "claire\x00", "é" * 3000, "' OR 1=1 --"])
def test_a_proxy_login_without_account_is_anonymous_and_sees_a_message(library: Library, login: str) -> None:
    an_account(library, "claire", name="Claire Aubert")
    client = through(library)
    headers = {"X-Remote-User": login.encode("latin-1")}
    assert client.get("/", headers=headers).status_code == 200
    page = client.get("/login", headers=headers)  # type: ignore[arg-type]
    assert page.status_code == 200
    assert "Votre réseau vous présente comme" in page.text
    assert "Claire Aubert" not in page.text


def test_a_closed_account_stays_closed(library: Library) -> None:
    an_account(library, "claire", name="Claire Aubert")
    close_account(library, OPERATOR, "claire", closed=True)
    assert "Claire Aubert" not in through(library, X_Remote_User="claire").get("/").text


def test_an_invitation_gives_an_account_under_that_very_login(library: Library) -> None:
    with library.store.write() as writing:
        writing.invitations.add(
            Invitation("i-1", LinkPurpose.ACCOUNT, timestamp_now(), timestamp_in(days=1)), secret_hash("un-lien")
        )
    client = through(library, X_Remote_User="claire")
    page = client.get("/welcome/un-lien").text
    assert 'name="login"' not in page
    assert 'name="password"' not in page
    assert send(client, "/welcome/un-lien", login="paul", name="Claire Aubert").status_code == 303
    assert "Claire Aubert" in client.get("/").text
    with library.store.read() as reading:
        (account,) = reading.accounts.all()
        assert (account.user.login, account.has_password) == ("claire", False)


def test_logout_leads_to_the_proxy(library: Library) -> None:
    an_account(library, "claire")
    page = through(library, X_Remote_User="claire").get("/logout").text
    assert "C’est votre réseau qui vous connecte" in page
    assert "<form method" not in page


def test_the_proxy_s_word_goes_before_an_older_session(library: Library) -> None:
    an_account(library, "claire", name="Claire Aubert")
    an_account(library, "paul", name="Paul Roy")
    client = through(library)
    sign_in(client, "paul")
    assert "Paul Roy" in client.get("/").text
    page = client.get("/", headers=CLAIRE).text
    assert "Claire Aubert" in page
    assert "Paul Roy" not in page


def test_a_program_behind_the_proxy_is_identified_by_its_token(library: Library) -> None:
    an_account(library, "claire")
    client = through(library, X_Remote_User="claire")
    wrong = client.get("/saved", headers={"Authorization": "Bearer faux"})
    assert wrong.status_code == 401


def test_a_password_for_the_proxy_is_no_api_token(library: Library) -> None:
    an_account(library, "claire", name="Claire Aubert")
    client = through(library, X_Remote_User="claire")
    assert "Claire Aubert" in client.get("/", headers={"Authorization": "Basic Y2xhaXJlOng="}).text


def test_password_attempts_are_counted_by_client_and_not_by_proxy(library: Library) -> None:
    an_account(library, "claire")
    thief = through(library, X_Forwarded_For="203.0.113.66")
    statuses = {
        send(thief, "/login", login=f"personne-{number}", password=PASSWORD).status_code for number in range(40)
    }
    assert statuses == {403, 429}
    # Other users behind the same proxy can log in, and an attacker who forges other hops is blocked.
    sign_in(through(library, X_Forwarded_For="198.51.100.7"))
    again = through(library, X_Forwarded_For="192.0.2.99, 203.0.113.66")
    assert send(again, "/login", login="personne-99", password=PASSWORD).status_code == 429


def test_a_client_that_forges_an_address_is_counted_by_its_own(library: Library) -> None:
    an_account(library, "claire")
    app = create_app(library)
    statuses = set()
    for number in range(40):
        thief = TestClient(app, client=("203.0.113.66", 1), headers={"X-Forwarded-For": f"192.0.2.{number}"})
        statuses.add(send(thief, "/login", login=f"personne-{number}", password=PASSWORD).status_code)
    assert statuses == {403, 429}


def test_a_server_trusts_no_proxy_unless_configured(kb: Kb) -> None:
    """Uvicorn, on which the server is based, trusts some proxies by default."""
    assert kb("user", "add", "claire", "--password-stdin", stdin=PASSWORD).code == 0
    server = kb.start("serve", "--port", "0")
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        with httpx2.Client(base_url=address, timeout=60) as client:
            match = re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/login").text)
            assert match is not None
            data = {"login": "claire", "password": "une phrase assez fausse", "form_token": match[1]}
            statuses = [
                client.post("/login", data=data, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
                for number in range(12)
            ]
    finally:
        server.terminate()
        server.communicate(timeout=20)
    assert 429 in statuses
