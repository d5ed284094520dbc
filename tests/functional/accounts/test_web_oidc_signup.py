"""OIDC sign-up: a new account, the proof of an existing one, and identities added to it."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from kb.model.people.account import Invitation, LinkPurpose
from kb.model.people.group import Role
from kb.model.people.secret import secret_hash
from kb.services.accounts.one_time_links import first_administrator_link
from kb.services.core.library import Library
from kb.store.database.clock import timestamp_in, timestamp_now
from tests.factories.items import a_group
from tests.factories.library import an_empty_library
from tests.factories.oidc import FakeProvider, a_provider
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in, token_of
from tests.support.oidc_browsers import (
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


def test_an_unknown_identity_gets_an_account_when_sign_up_is_open(library: Library, fake: FakeProvider) -> None:
    client = browser(with_provider(library, fake, "everyone"))
    answer = send_callback(client, log_in_at_provider(client, fake))
    assert (answer.status_code, answer.headers["location"]) == (303, NEW)
    page = client.get(NEW).text
    assert 'value="c-aubert"' in page
    assert "claire@ville.example" in page
    response = send(client, NEW, act="make", login="claire", name="Claire Aubert")
    assert response.headers["location"] == "/saved?done=welcome"
    assert "Claire Aubert" in client.get("/").text
    with library.store.read() as reading:
        account = reading.accounts.by_login("claire")
        assert account is not None
        assert (account.email, account.has_password) == ("claire@ville.example", False)


def test_the_second_oidc_login_simply_logs_in(library: Library, fake: FakeProvider) -> None:
    open_library = with_provider(library, fake, "everyone")
    sign_up_at_provider(browser(open_library), fake)
    other = browser(open_library)
    answer = send_callback(other, log_in_at_provider(other, fake))
    assert (answer.status_code, answer.headers["location"]) == (303, "/saved?done=signed-in")
    assert "Claire Aubert" in other.get("/").text
    assert fake.asked.count("/userinfo") == 1


def test_an_uninvited_identity_gets_no_account(client: TestClient, library: Library, fake: FakeProvider) -> None:
    send_callback(client, log_in_at_provider(client, fake))
    page = client.get(NEW).text
    assert "Vous n’avez pas de compte ici" in page
    assert 'value="make"' not in page
    answer = send(client, NEW, act="make", login="claire", name="Claire Aubert")
    assert answer.status_code == 403
    assert "que sur invitation" in answer.text
    with library.store.read() as reading:
        assert reading.accounts.all() == ()


@pytest.mark.parametrize(
    ("domains", "email", "verified", "may"),
    [
        ("ville.example", "c@ville.example", True, True),
        ("dept.example ville.example", "c@VILLE.example", "true", True),
        ("ville.example", "c@ville.example", False, False),
        ("ville.example", "c@ville.example", None, False),
        ("ville.example", "c@sous.ville.example", True, False),
        ("ville.example", "c@malville.example", True, False),
        ("ville.example", '"c@ville.example"@ailleurs.example', True, False),
        ("ville.example", "", True, False),
    ],
)
def test_users_with_a_verified_address_of_the_domain_may_sign_up(
    library: Library, fake: FakeProvider, domains: str, email: str, verified: object, may: bool
) -> None:
    fake.person = {"email": email, "email_verified": verified}
    client = browser(with_provider(library, fake, domains))
    send_callback(client, log_in_at_provider(client, fake))
    assert ('value="make"' in client.get(NEW).text) == may


def test_an_equal_address_logs_no_user_in(library: Library, client: TestClient, fake: FakeProvider) -> None:
    an_account(library, "claire", email="claire@ville.example", name="Claire Aubert")
    client = browser(with_provider(library, fake, "everyone"))
    assert send_callback(client, log_in_at_provider(client, fake)).headers["location"] == NEW
    assert "kb-session" not in client.cookies
    refused = send(client, NEW, act="make", login="claire-2", name="Claire Aubert")
    assert refused.status_code == 409
    wrong = send(client, NEW, act="prove", login="claire", password="une phrase assez fausse")
    assert wrong.status_code == 403
    assert "kb-session" not in client.cookies
    proven = send(client, NEW, act="prove", login="claire", password=PASSWORD)
    assert proven.headers["location"] == "/saved?done=identity-added"
    assert "kb-device" in client.cookies
    assert "Claire Aubert" in client.get("/").text
    other = browser(client.app.state.library)  # type: ignore[attr-defined]
    assert send_callback(other, log_in_at_provider(other, fake)).headers["location"] == "/saved?done=signed-in"


def test_an_unverified_address_is_not_saved(library: Library, fake: FakeProvider) -> None:
    fake.person = CLAIRE
    client = browser(with_provider(library, fake, "everyone"))
    sign_up_at_provider(client, fake)
    with library.store.read() as reading:
        account = reading.accounts.by_login("claire")
        assert account is not None
        assert account.email is None


def test_an_invited_identity_gets_an_account_and_the_role(
    library: Library, client: TestClient, fake: FakeProvider
) -> None:
    group = a_group("lectures")
    with library.store.write() as writing:
        writing.groups.add(group)
        invitation = Invitation(
            "i-1", LinkPurpose.ACCOUNT, timestamp_now(), timestamp_in(days=1), group_id=group.id, role=Role.MEMBER
        )
        writing.invitations.add(invitation, secret_hash("un-lien"))
    page = client.get("/welcome/un-lien").text
    assert 'href="/login/provider?invitation=un-lien"' in page
    send_callback(client, log_in_at_provider(client, fake, "/login/provider?invitation=un-lien"))
    assert send(client, NEW, act="make", login="claire", name="Claire Aubert").status_code == 303
    with library.store.read() as reading:
        account = reading.accounts.by_login("claire")
        assert account is not None
        assert group.id in {membership.group_id for membership in reading.groups.memberships(account.user.id)}
    assert client.get("/welcome/un-lien").status_code == 404


def test_the_first_link_makes_an_administrator_by_the_provider_too(
    library: Library, client: TestClient, fake: FakeProvider
) -> None:
    send_callback(
        client, log_in_at_provider(client, fake, f"/login/provider?invitation={first_administrator_link(library)}")
    )
    send(client, NEW, act="make", login="claire", name="Claire Aubert")
    with library.store.read() as reading:
        assert reading.accounts.administrators() == 1


@pytest.mark.parametrize("secret", ["faux", "vieux", "de-qui-n-est-plus-administratrice"])
def test_a_link_that_works_no_more_gives_no_account(
    library: Library, client: TestClient, fake: FakeProvider, secret: str
) -> None:
    paul = an_account(library, "paul")
    with library.store.write() as writing:
        old = Invitation("i-1", LinkPurpose.ACCOUNT, timestamp_now(), timestamp_in(days=-1))
        writing.invitations.add(old, secret_hash("vieux"))
        invitation = Invitation("i-2", LinkPurpose.ACCOUNT, timestamp_now(), timestamp_in(days=1), made_by=paul.user.id)
        writing.invitations.add(invitation, secret_hash("de-qui-n-est-plus-administratrice"))
    send_callback(client, log_in_at_provider(client, fake, f"/login/provider?invitation={secret}"))
    assert 'value="make"' not in client.get(NEW).text


def test_a_user_adds_the_provider_to_an_account_and_removes_it(
    library: Library, client: TestClient, fake: FakeProvider
) -> None:
    an_account(library)
    sign_in(client)
    assert add_identity(client, fake).headers["location"] == f"{OWN}?done=identity-added"
    assert "Le Guichet" in client.get(OWN).text
    other = browser(library)
    assert send_callback(other, log_in_at_provider(other, fake)).headers["location"] == "/saved?done=signed-in"
    response = send(client, OWN, act="detach", issuer=fake.issuer, subject="sujet-1")
    assert response.headers["location"] == f"{OWN}?done=identity-removed"
    third = browser(library)
    assert send_callback(third, log_in_at_provider(third, fake)).headers["location"] == NEW


def test_adding_a_provider_needs_the_password(library: Library, client: TestClient, fake: FakeProvider) -> None:
    an_account(library)
    sign_in(client)
    answer = send(client, OWN, act="attach", password="une phrase assez fausse")
    assert answer.status_code == 403
    assert "/authorize" not in answer.text
    assert [send(client, OWN, act="attach", password=f"devinette {n}").status_code for n in range(9)][-1] == 429


def test_the_only_way_in_is_not_taken_away(library: Library, fake: FakeProvider) -> None:
    client = browser(with_provider(library, fake, "everyone"))
    sign_up_at_provider(client, fake)
    answer = send(client, OWN, act="detach", issuer=fake.issuer, subject="sujet-1")
    assert answer.status_code == 409
    assert "seul moyen" in answer.text


def test_an_identity_is_one_account_s(library: Library, client: TestClient, fake: FakeProvider) -> None:
    for login in ("claire", "paul"):
        an_account(library, login)
        other_browser = browser(library)
        sign_in(other_browser, login)
        answer = add_identity(other_browser, fake)
    assert answer.status_code == 409
    assert "Un autre compte" in answer.text


def test_an_identity_of_another_account_cannot_be_removed(
    library: Library, client: TestClient, fake: FakeProvider
) -> None:
    for login in ("claire", "paul"):
        an_account(library, login)
    sign_in(client, "claire")
    add_identity(client, fake)
    thief = browser(library)
    sign_in(thief, "paul")
    assert send(thief, OWN, act="detach", issuer=fake.issuer, subject="sujet-1").status_code == 404


def test_another_site_cannot_make_one_add_an_identity(library: Library, client: TestClient, fake: FakeProvider) -> None:
    an_account(library)
    sign_in(client)
    data = {"act": "attach", "password": PASSWORD, "form_token": token_of(client, OWN)}
    answer = client.post(OWN, data=data, headers={"origin": "https://ailleurs.example"})
    assert answer.status_code == 403
    # Nor does the address that only logs in add anything.
    assert client.get("/login/provider").headers["location"] == "/"


def test_a_form_that_is_sent_twice_makes_one_account(library: Library, fake: FakeProvider) -> None:
    client = browser(with_provider(library, fake, "everyone"))
    send_callback(client, log_in_at_provider(client, fake))
    token, binding = token_of(client, NEW), client.cookies["kb-provider"]
    form = client.cookies["kb-form"]
    answers = []
    for login in ("claire", "claire-2"):
        other = browser(client.app.state.library)  # type: ignore[attr-defined]
        data = {"act": "make", "login": login, "name": "Claire", "form_token": token}
        answers.append(other.post(NEW, data=data, headers={"cookie": f"kb-provider={binding}; kb-form={form}"}))
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "a déjà abouti" in answers[1].text
    with library.store.read() as reading:
        assert [account.user.login for account in reading.accounts.all()] == ["claire"]


@pytest.mark.parametrize("login", ["", "Claire !", "x" * 64, "paul", "é", "\x00", "claire\ud800"])
def test_an_invalid_login_is_refused_and_can_be_corrected(library: Library, fake: FakeProvider, login: str) -> None:
    an_account(library, "paul")
    client = browser(with_provider(library, fake, "everyone"))
    send_callback(client, log_in_at_provider(client, fake))
    token = token_of(client, NEW)
    raw = login.encode("utf-8", "surrogatepass")
    data = {b"act": b"make", b"login": raw, b"name": b"Claire", b"form_token": token.encode()}
    body = "&".join(f"{name.decode()}={quote(value)}" for name, value in data.items())
    headers = {"content-type": "application/x-www-form-urlencoded"}
    refused = client.post(NEW, content=body, headers=headers)
    assert refused.status_code in {400, 409}
    assert send(client, NEW, act="make", login="claire", name="Claire").status_code == 303
