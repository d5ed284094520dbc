"""API tokens of a user: created and revoked on a page, used by a program."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Forbidden, NotFound
from kb.model.people.account import TokenScope
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.authentication.authentication import actor_of_token
from kb.services.core.library import Library
from kb.services.items.item_creation import save_target
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in, token_of

PAGE = "/account/tokens"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert", email="claire@exemple.fr")
        an_account(library, "chef", administrator=True)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client)
    return client


def a_token(client: TestClient, scope: str = "read", name: str = "Relevé", days: str = "30") -> str:
    answer = send(client, PAGE, act="make", name=name, scope=scope, days=days)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    match = re.search(r'class="secret">([^<]+)<', answer.text)
    assert match is not None
    return match[1]


def me(library: Library, token: str = "", **headers: str) -> tuple[int, dict[str, object]]:
    sent_headers = {**headers, "authorization": f"Bearer {token}"} if token else headers
    answer = TestClient(create_app(library)).get("/api/v1/me", headers=sent_headers)
    return answer.status_code, answer.json()


def ids(library: Library, login: str) -> list[str]:
    with library.store.read() as reading:
        return [token.id for token in reading.credentials.tokens_of(as_(library, login).user_id or "")]


def test_a_token_is_shown_once_and_identifies_its_user(library: Library, client: TestClient) -> None:
    group = a_shared(library)
    secret = a_token(client)
    assert secret not in client.get(PAGE).text
    assert me(library, secret) == (
        200,
        {
            "login": "claire",
            "name": "Claire Aubert",
            "email": "claire@exemple.fr",
            "administrator": False,
            "groups": [
                {"slug": group.slug, "name": "Lectures", "role": "owner"},
                {"slug": "~claire", "name": "Claire Aubert", "role": "owner"},
            ],
            "scope": "read",
        },
    )
    assert me(library, a_token(client, "write"))[1]["scope"] == "write"
    page = client.get(PAGE).text
    for part in ("Relevé", "lecture seule", "lecture et écriture", "dernier usage le"):
        assert part in page


def test_the_account_of_an_anonymous_request_is_refused(library: Library, client: TestClient) -> None:
    for sent_headers in (
        {},
        {"authorization": "Bearer rien"},
        {"authorization": "Basic eDp5"},
        {"cookie": "kb-session=rien"},
    ):
        assert me(library, **sent_headers)[0] == 401
    assert client.get("/api/v1/me").json()["scope"] == "write"
    assert client.get("/api/v1/me?q=rien").status_code == 400


def test_a_revoked_token_opens_nothing_at_once(library: Library, client: TestClient) -> None:
    secret = a_token(client)
    assert me(library, secret)[0] == 200
    (token,) = ids(library, "claire")
    assert send(client, PAGE, act="revoke", id=token).status_code == 303
    assert me(library, secret)[0] == 401
    assert send(client, PAGE, act="revoke", id=token).status_code == 404
    assert ">Relevé<" not in client.get(PAGE).text


def test_a_token_of_a_closed_account_opens_nothing(library: Library, client: TestClient) -> None:
    secret = a_token(client)
    close_account(library, OPERATOR, "claire", closed=True)
    assert me(library, secret)[0] == 401


def test_a_token_of_another_user_stays_even_for_an_administrator(library: Library, client: TestClient) -> None:
    secret = a_token(client)
    other = TestClient(create_app(library))
    sign_in(other, "chef")
    assert send(other, PAGE, act="revoke", id=ids(library, "claire")[0]).status_code == 404
    assert send(other, PAGE, act="revoke", id="").status_code == 404
    assert me(library, secret)[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scope": "read", "days": "30"},
        {"name": "n" * 101, "scope": "read", "days": "30"},
        {"name": "deux\nlignes", "scope": "read", "days": "30"},
        {"name": "Relevé", "scope": "tout", "days": "30"},
        {"name": "Relevé", "scope": "read", "days": "36500"},
        {"name": "Relevé"},
    ],
)
def test_an_invalid_token_is_refused_and_the_typed_values_stay(
    library: Library, client: TestClient, fields: dict[str, str]
) -> None:
    answer = send(client, PAGE, act="make", **fields)
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)
    assert ids(library, "claire") == []


@pytest.mark.parametrize(("days", "expected"), [("never", "sans limite de durée"), ("365", "jusqu’au")])
def test_a_token_ends_when_it_was_asked_to(client: TestClient, days: str, expected: str) -> None:
    a_token(client, days=days)
    assert re.search(rf"<span>lecture seule</span> <span>créé le [^<]+</span> <span>{expected}", client.get(PAGE).text)


def test_a_program_gives_itself_no_token(library: Library, client: TestClient) -> None:
    secret = a_token(client, "write")
    program = TestClient(create_app(library), headers={"authorization": f"Bearer {secret}"})
    for page in ("/account", PAGE, "/account/feeds"):
        assert program.get(page).status_code == 403
    form = TestClient(create_app(library))
    data = {"form_token": token_of(form, "/login"), "name": "x", "scope": "write", "days": "never"}
    for act in ("make", "revoke"):
        program.cookies = form.cookies
        assert program.post(PAGE, data={**data, "act": act}).status_code == 403
    assert len(ids(library, "claire")) == 1
    assert program.get("/", headers={"authorization": "Bearer rien"}, follow_redirects=False).status_code == 401


def test_a_token_has_a_default_group_in_which_its_user_may_save(library: Library, client: TestClient) -> None:
    group = a_shared(library)
    assert "Où il enregistre" in client.get(PAGE).text
    assert send(client, PAGE, act="make", name="Capture", scope="write", days="30", group=group.slug).status_code == 200
    assert f"enregistre dans {group.name}" in client.get(PAGE).text
    secret = a_token(client, "write")
    actor = actor_of_token(library, secret)
    assert actor is not None
    assert save_target(library, actor) == "~claire"
    assert save_target(library, actor, "autre") == "autre"


def test_the_default_group_of_a_token_gives_no_right(library: Library) -> None:
    group = a_shared(library)
    an_account(library, "luc")
    with pytest.raises(NotFound):
        add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group="~claire"), "luc")
    with pytest.raises(NotFound):
        add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group="rien"), "luc")
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group=group.slug), "claire")
    actor = actor_of_token(library, secret)
    assert actor is not None
    assert save_target(library, actor) == group.slug
    with library.store.write() as writing:
        writing.groups.drop_member(actor.user_id or "", group.id)
    now = actor_of_token(library, secret)
    assert now is not None
    with pytest.raises((NotFound, Forbidden)):
        save_target(library, now)


def test_a_token_whose_group_was_deleted_saves_nowhere(library: Library) -> None:
    group = a_shared(library)
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group=group.slug), "claire")
    with library.store.write() as writing:
        writing.erasure.library(group.id)
    actor = actor_of_token(library, secret)
    assert actor is not None
    with pytest.raises(NotFound):
        save_target(library, actor)
