"""Browser sessions: each login creates a new secret, and an ended session gives no access."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from kb.web.http.forms.form_requests import safe_next
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in, token_of


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert")
        an_account(library, "luc", name="Luc Roche")
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def name_in_session(client: TestClient, session: str) -> str:
    """The name of the user whom a session logs in."""
    page = TestClient(client.app, cookies={"kb-session": session}).get("/").text
    return next((name for name in ("Claire Aubert", "Luc Roche") if name in page), "")


@pytest.mark.parametrize("planted", ["choisie-par-un-autre", "a" * 43, "", "a" * 5000])
def test_a_session_that_was_planted_before_is_not_the_one_that_opens(client: TestClient, planted: str) -> None:
    client.cookies.set("kb-session", planted)
    token = token_of(client, "/login")
    answer = client.post("/login", data={"login": "claire", "password": PASSWORD, "form_token": token})
    assert answer.status_code == 303
    (line,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith("kb-session=")]
    cookie = line.split("=", 1)[1].split(";")[0]
    assert cookie != planted
    assert name_in_session(client, cookie) == "Claire Aubert"
    assert name_in_session(client, planted) == ""


def test_each_sign_in_is_another_session_and_ends_the_one_before_it_in_this_browser(client: TestClient) -> None:
    requests = []
    for login in ("claire", "claire", "luc"):
        sign_in_again(client, login)
        requests.append(client.cookies["kb-session"])
    assert len(set(requests)) == 3
    assert [name_in_session(client, session) for session in requests] == ["", "", "Luc Roche"]


def sign_in_again(client: TestClient, login: str) -> None:
    token = token_of(client, "/logout" if "kb-session" in client.cookies else "/login")
    answer = client.post("/login", data={"login": login, "password": PASSWORD, "form_token": token})
    assert answer.status_code == 303


def test_a_form_from_before_the_login_is_refused_after_it(client: TestClient) -> None:
    before = token_of(client, "/login")
    sign_in(client)
    answer = client.post("/groups/new", data={"form_token": before, "name": "Lectures"})
    assert answer.status_code == 403


def test_signing_out_ends_this_session_alone_and_takes_the_pages_back(library: Library, client: TestClient) -> None:
    other = TestClient(client.app)
    sign_in(client)
    sign_in(other)
    first_cookie, second_cookie = client.cookies["kb-session"], other.cookies["kb-session"]
    answer = send(client, "/logout")
    assert answer.headers["clear-site-data"] == '"cache"'
    assert 'kb-session=""; ' in answer.headers["set-cookie"]
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (name_in_session(client, first_cookie), name_in_session(client, second_cookie)) == ("", "Claire Aubert")
    with library.store.read() as reading:
        assert reading.accounts.by_login("claire") is not None


def test_a_wrong_password_keeps_the_present_session(client: TestClient) -> None:
    sign_in(client)
    token = token_of(client, "/logout")
    assert client.post("/login", data={"login": "luc", "password": "faux", "form_token": token}).status_code == 403
    assert name_in_session(client, client.cookies["kb-session"]) == "Claire Aubert"


ELSEWHERE = (
    *("https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/\n/evil.example", "\x00//evil.example", " //evil.example", "javascript:alert(1)"),
    *("data:text/html,a", "/%09/a\r\nX: 1", "http:evil.example", "https:/evil.example", "//evil.example/%2f.."),
    *("/.//\\evil.example", "@evil.example", "", "a" * 9000),
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_login_never_redirects_to_another_site(client: TestClient, target: str) -> None:
    sign_in(client)
    for answer in (client.get("/login", params={"next": target}), send_to(client, target)):
        location = answer.headers["location"]
        assert urlsplit(location).netloc == ""
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))
        assert "x" not in answer.headers


def send_to(client: TestClient, target: str) -> object:
    token = token_of(client, "/logout")
    data = {"login": "claire", "password": PASSWORD, "form_token": token, "next": target}
    return client.post("/login", data=data)


def test_a_page_of_this_site_is_gone_on_to_as_it_was_asked() -> None:
    for address in ("/", "/search?q=%C3%A9t%C3%A9&tag=a", "/g/lectures#a", "/a?b=//c"):
        assert safe_next(address) == address
