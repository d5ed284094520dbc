"""OIDC login in a browser; the test sets the provider's behaviour."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.services.accounts import oidc_login
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from tests.factories.library import an_empty_library
from tests.factories.oidc import FakeProvider, a_provider
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in
from tests.support.oidc_browsers import (
    BACK,
    CLAIRE,
    NEW,
    OWN,
    add_identity,
    browser,
    log_in_at_provider,
    send_callback,
    sign_up_at_provider,
    with_provider,
)


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with a_provider(person={**CLAIRE, "email_verified": True}) as provider:
        yield provider


@pytest.fixture
def library(fake: FakeProvider) -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        yield with_provider(library, fake)


@pytest.fixture
def client(library: Library) -> TestClient:
    return browser(library)


def test_the_page_to_sign_in_offers_the_provider_first(client: TestClient) -> None:
    page = client.get("/login?next=/saved").text
    assert page.index("Se connecter avec Le Guichet") < page.index('name="password"')
    assert 'href="/login/provider?next=%2Fsaved"' in page


def test_without_a_provider_there_is_nothing(fake: FakeProvider) -> None:
    with closing(an_empty_library()) as library:
        an_account(library)
        client = browser(library)
        assert "/login/provider" not in client.get("/login").text
        assert client.get("/login/provider").status_code == client.get(BACK).status_code == 404
        sign_in(client)
        assert client.get(OWN).status_code == 200
        assert send(client, "/logout", OWN, act="attach", password=PASSWORD).status_code == 404


def test_an_answer_counts_in_the_browser_that_went_there(
    library: Library, client: TestClient, fake: FakeProvider
) -> None:
    an_account(library)
    sign_in(client)
    add_identity(client, fake)
    thief, victim = browser(library), browser(library)
    answer = log_in_at_provider(thief, fake)
    victim.get("/login/provider")
    for some_browser in (victim, browser(library)):
        refused = send_callback(some_browser, answer)
        assert refused.status_code == 403
        assert "recommencez" in refused.text
        assert "kb-session" not in some_browser.cookies
    assert send_callback(thief, answer).status_code == 303


def test_an_answer_counts_once(library: Library, client: TestClient, fake: FakeProvider) -> None:
    answer = log_in_at_provider(client, fake)
    assert send_callback(client, answer).status_code == 303
    fake.codes["un-code"] = dict.fromkeys(("redirect_uri", "nonce"), "")
    again = send_callback(client, answer)
    assert again.status_code == 403
    assert "a déjà abouti" in again.text


def test_an_answer_that_comes_late_does_not_count(library: Library, client: TestClient, fake: FakeProvider) -> None:
    answer = log_in_at_provider(client, fake)
    with library.store.write() as writing:
        writing.accounts.connection.exec_driver_sql("UPDATE oidc_logins SET created_at = '2015-01-01T00:00:00Z'")
    assert send_callback(client, answer).status_code == 403


def test_two_windows_may_sign_in_at_once(library: Library, fake: FakeProvider) -> None:
    open_library = with_provider(library, fake, "everyone")
    sign_up_at_provider(browser(open_library), fake)
    client = browser(open_library)
    first, second = client.get("/login/provider"), client.get("/login/provider")
    for number, response in enumerate((first, second)):
        answer = fake.comes_back(response.headers["location"], f"code-{number}")
        assert send_callback(client, answer).status_code in {303, 403}
    assert "Claire Aubert" in client.get("/").text


def test_a_cancelled_login_shows_a_message(client: TestClient, fake: FakeProvider) -> None:
    state = log_in_at_provider(client, fake)["state"]
    answer = send_callback(client, {"state": state, "error": "access_denied", "error_description": "<b>non</b>"})
    assert answer.status_code == 403
    assert "La connexion avec Le Guichet n’a pas abouti" in answer.text
    assert "<b>non" not in answer.text


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"error": "server_error"}, 503),
        ({"error": "é" * 3000}, 503),
        ({}, 503),
        ({"code": "faux"}, 403),
        ({"code": "x" * 5000}, 403),
        ({"code": "un-code", "iss": "https://ailleurs.example"}, 403),
        ({"code": "\x00\u202e"}, 403),
    ],
)
def test_unexpected_answers_give_an_error_message(
    client: TestClient, fake: FakeProvider, answer: dict[str, str], status: int
) -> None:
    state = log_in_at_provider(client, fake)["state"]
    response = send_callback(client, {"state": state, **answer})
    assert response.status_code == status
    assert 'role="alert"' in response.text
    assert "kb-session" not in client.cookies


@pytest.mark.parametrize("state", ["", "faux", "é" * 500, "\x00"])
def test_a_strange_state_is_refused(client: TestClient, fake: FakeProvider, state: str) -> None:
    log_in_at_provider(client, fake)
    assert send_callback(client, {"code": "un-code", "state": state}).status_code == 403


def test_a_provider_that_is_down_leaves_the_password(client: TestClient, fake: FakeProvider) -> None:
    fake.answers["/.well-known/openid-configuration"] = (500, "text/plain", b"")
    page = client.get("/login/provider?next=/saved")
    assert page.status_code == 503
    assert "Le Guichet ne répond pas" in page.text
    assert 'name="password"' in page.text


def test_a_provider_that_hangs_keeps_few_threads(client: TestClient, fake: FakeProvider) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(oidc_login._SLOTS.slot(""))
        page = client.get("/login/provider?next=/saved")
        answer = send_callback(client, {"code": "un-code", "state": "x"})
    assert (page.status_code, page.headers["retry-after"]) == (503, "30")
    assert "Le Guichet tarde à répondre" in page.text
    assert 'name="password"' in page.text
    assert answer.status_code == 403
    assert fake.asked == []
    assert client.get("/login/provider").status_code == 303


def test_a_clock_difference_is_reported(client: TestClient, fake: FakeProvider) -> None:
    fake.claims = {"exp": int(time.time()) - 3600}
    page = send_callback(client, log_in_at_provider(client, fake))
    assert page.status_code == 403
    assert "ne concordent pas" in page.text


def test_a_closed_account_stays_closed(library: Library, client: TestClient, fake: FakeProvider) -> None:
    an_account(library, "claire")
    sign_in(client)
    add_identity(client, fake)
    close_account(library, OPERATOR, "claire", closed=True)
    other = browser(library)
    assert send_callback(other, log_in_at_provider(other, fake)).status_code == 403
    assert "kb-session" not in other.cookies


@pytest.mark.parametrize("target", ["https://ailleurs.example/", "//ailleurs.example", "/\\ailleurs.example"])
def test_login_never_redirects_to_another_site(library: Library, fake: FakeProvider, target: str) -> None:
    open_library = with_provider(library, fake, "everyone")
    sign_up_at_provider(browser(open_library), fake)
    client = browser(open_library)
    client.get("/login/provider", params={"next": target})
    answer = send_callback(client, log_in_at_provider(client, fake, f"/login/provider?next={target}"))
    assert answer.headers["location"] == "/?done=signed-in"


def test_logout_includes_the_provider(library: Library, fake: FakeProvider) -> None:
    client = browser(with_provider(library, fake, "everyone"))
    sign_up_at_provider(client, fake)
    page = send(client, "/logout")
    assert page.status_code == 200
    assert f'content="0; url={fake.issuer}/end?id_token_hint=' in page.text
    assert "Claire Aubert" not in page.text
    assert "Claire Aubert" not in client.get("/").text
    # And the user is redirected back.
    assert client.get("/logout?state=abc").headers["location"] == "/?done=signed-out"


def test_a_password_session_logs_out_here_alone(library: Library, client: TestClient) -> None:
    an_account(library)
    sign_in(client)
    assert send(client, "/logout").headers["location"] == "/?done=signed-out"


def test_logout_works_while_the_provider_is_down(library: Library, fake: FakeProvider) -> None:
    client = browser(with_provider(library, fake, "everyone"))
    sign_up_at_provider(client, fake)
    fake.metadata["end_session_endpoint"] = None
    oidc_login._provider_of.cache_clear()
    fake.answers["/.well-known/openid-configuration"] = (500, "text/plain", b"")
    assert send(client, "/logout").headers["location"] == "/?done=signed-out"
    assert "Claire Aubert" not in client.get("/").text


def test_texts_of_the_provider_cannot_break_a_page(library: Library, fake: FakeProvider) -> None:
    fake.person = {
        "name": "<script>\u202e\n\x00" + "é" * 5000,
        "preferred_username": "../../é" * 300,
        "email": "pas une adresse",
        "email_verified": True,
        "given_name": ["liste"],
    }
    client = browser(with_provider(library, fake, "everyone"))
    send_callback(client, log_in_at_provider(client, fake))
    page = client.get(NEW)
    assert page.status_code == 200
    assert "<script>\u202e" not in page.text


def test_a_login_ends_the_session_of_another_user_in_that_browser(library: Library, fake: FakeProvider) -> None:
    open_library = with_provider(library, fake, "everyone")
    sign_up_at_provider(browser(open_library), fake)
    an_account(library, "paul", name="Paul Roy")
    client = browser(open_library)
    answer = log_in_at_provider(client, fake)
    sign_in(client, "paul")
    older = client.cookies["kb-session"]
    assert send_callback(client, answer).headers["location"] == "/saved?done=signed-in"
    assert "Claire Aubert" in client.get("/").text
    assert "Paul Roy" not in browser(open_library).get("/", headers={"cookie": f"kb-session={older}"}).text
