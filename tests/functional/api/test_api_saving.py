"""Saved searches written by programs, and the groups that the API shows to the user of a token."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import Conflict
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.model.saved_search import SavedSearch
from kb.services.accounts.api_tokens import NewToken, add_token, revoke_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.search.saved_searches import (
    MOST_SAVED,
    MOST_SAVED_CHARACTERS,
    change_saved_search,
    create_saved_search,
    readable_saved_searches,
)
from kb.site import create_app
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, sign_in

SAVED = "/api/v1/saved-searches"
NEW = {"group": "lectures", "name": "Agents", "query": "q=agents&tag=eau"}
ROLES = {"claire": Role.OWNER, "paul": Role.MEMBER, "sophie": Role.READER}


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        group = add_group(library, OPERATOR, "lectures", "Lectures communes", join=JoinPolicy.REQUEST)
        add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        for login in (*ROLES, "luc"):
            an_account(library, login)
        for login, role in ROLES.items():
            set_role(library, OPERATOR, "lectures", login, role)
        add_items(library, an_item("Les agents", id="un", group=group, tags=["eau"]))
        catch_up(library)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def bearer(library: Library, login: str, scope: TokenScope = TokenScope.WRITE) -> dict[str, str]:
    _, secret = add_token(library, OPERATOR, NewToken(scope), login)
    return {"Authorization": f"Bearer {secret}"}


def names(library: Library) -> list[str]:
    return [saved_search.search.name for saved_search in readable_saved_searches(library, OPERATOR)]


def test_a_search_is_saved_read_and_removed(client: TestClient, library: Library) -> None:
    paul = bearer(library, "paul")
    created = client.post(SAVED, json=NEW, headers=paul)
    assert created.status_code == 201
    location = created.headers["location"]
    assert created.json() == client.get(location).json()
    assert created.json()["group"]["slug"] == "lectures"
    assert created.json()["parameters"] == "q=agents&tag=eau"
    assert created.headers["cache-control"] == "no-store"
    assert client.get(f"/saved/{created.json()['id']}").status_code == 200
    again = client.post(SAVED, json=NEW, headers=paul)
    assert (again.status_code, again.json(), again.headers["location"]) == (200, created.json(), location)
    other = client.post(SAVED, json={**NEW, "query": "q=eau"}, headers=paul)
    assert (other.status_code, other.json()["status"]) == (409, 409)
    response = client.delete(location, headers=paul)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(location).status_code == client.delete(location, headers=paul).status_code == 404
    assert names(library) == []


def test_only_its_user_reads_the_items_of_an_own_library(client: TestClient, library: Library) -> None:
    paul, luc = bearer(library, "paul"), bearer(library, "luc")
    location = client.post(SAVED, json={**NEW, "group": "~paul"}, headers=paul).headers["location"]
    assert client.get(location, headers=paul).status_code == 200
    assert client.get(SAVED, headers=paul).json()["total"] == 1
    for headers in ({}, luc, bearer(library, "claire")):
        assert client.get(location, headers=headers).status_code == 404
        assert client.get(SAVED, headers=headers).json()["total"] == 0
    assert client.delete(location, headers=luc).status_code == 404
    for group in ("~paul", "rien", "cave"):
        assert client.post(SAVED, json={**NEW, "group": group}, headers=luc).status_code == 404, group
    assert names(library) == ["Agents"]


def test_a_cookie_or_no_token_at_all_changes_nothing(client: TestClient, library: Library) -> None:
    sign_in(client, "claire")
    saved = create_saved_search(library, OPERATOR, "lectures", "Eau", "q=eau").search
    assert client.get("/api/v1/groups/lectures").json()["role"] == "owner"
    for headers in (
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Authorization": ""},
        {"Authorization": "Basic Y2xhaXJlOng="},
    ):
        for answer in (
            client.post(SAVED, json=NEW, headers=headers),
            client.delete(f"{SAVED}/{saved.id}", headers=headers),
        ):
            assert answer.status_code == 401, headers
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
    # A content type that a form of another site can send.
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        sent = client.post(SAVED, content=json.dumps(NEW), headers={"Content-Type": media_type})
        assert sent.status_code == 401
    assert names(library) == ["Eau"]


def test_a_token_that_reads_a_revoked_one_and_one_of_a_reader_change_nothing(
    client: TestClient, library: Library
) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Eau", "q=eau").search
    token, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "paul")
    revoke_token(library, OPERATOR, token.id)
    for headers, status in (
        (bearer(library, "claire", TokenScope.READ), 403),
        (bearer(library, "sophie"), 403),
        (bearer(library, "luc"), 403),
        ({"Authorization": f"Bearer {secret}"}, 401),
        ({"Authorization": "Bearer inconnu"}, 401),
    ):
        assert client.post(SAVED, json=NEW, headers=headers).status_code == status
        assert client.delete(f"{SAVED}/{saved.id}", headers=headers).status_code == status
    assert names(library) == ["Eau"]


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json", "json"]
)
def test_only_json_is_taken(client: TestClient, library: Library, media_type: str) -> None:
    headers = {**bearer(library, "paul"), "Content-Type": media_type}
    answer = client.post(SAVED, content=json.dumps(NEW), headers=headers)
    assert answer.status_code == 415
    assert answer.headers["accept-post"] == "application/json"
    assert "application/json" in answer.json()["detail"]
    assert names(library) == []


def test_json_may_say_its_charset(client: TestClient, library: Library) -> None:
    headers = {**bearer(library, "paul"), "Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post(SAVED, content=json.dumps(NEW), headers=headers).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"q=agents"',
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"a":' * 10_000,
        json.dumps({"group": "lectures", "name": "Agents"}).encode(),
        json.dumps({**NEW, "id": "s-1"}).encode(),
        json.dumps({**NEW, "name": None}).encode(),
        json.dumps({**NEW, "name": ["Agents"]}).encode(),
        json.dumps({**NEW, "query": {"q": "agents"}}).encode(),
        json.dumps({**NEW, "name": "\ud800"}).encode(),
        json.dumps({**NEW, "query": "q=\udfff"}).encode(),
        json.dumps({**NEW, "group": "\x00"}).encode(),
        json.dumps({**NEW, "name": " \n "}).encode(),
        json.dumps({**NEW, "name": "x" * 201}).encode(),
        json.dumps({**NEW, "query": ""}).encode(),
        json.dumps({**NEW, "query": "agents"}).encode(),
        json.dumps({**NEW, "query": "q=agents&secret=1"}).encode(),
        json.dumps({**NEW, "query": "q=%ff"}).encode(),
        json.dumps({**NEW, "query": "page=0"}).encode(),
        json.dumps({**NEW, "query": "q=" + "a" * 2001}).encode(),
        json.dumps({**NEW, "query": "&".join(f"tag={n}" for n in range(401))}).encode(),
        b'{"group": "lectures", "name": "Agents", "name": "Eau", "query": "q=eau"}',
        b'{"group": "lectures", "name": NaN, "query": "q=eau"}',
    ],
)  # fmt: skip
def test_an_invalid_search_is_refused_with_the_expected_form(client: TestClient, library: Library, body: bytes) -> None:
    headers = {**bearer(library, "paul"), "Content-Type": "application/json"}
    answer = client.post(f"{SAVED}?lang=en", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]
    assert names(library) == []


def test_too_large_a_body_is_not_read(client: TestClient, library: Library) -> None:
    headers = {**bearer(library, "paul"), "Content-Type": "application/json"}
    assert client.post(SAVED, content=b" " * 70_000 + b"{}", headers=headers).status_code == 413
    parts = (b" " * 1000 for _ in range(70))
    assert client.post(SAVED, content=parts, headers=headers).status_code in {400, 413}


def test_an_unknown_parameter_is_refused_and_nothing_done(client: TestClient, library: Library) -> None:
    paul = bearer(library, "paul")
    saved = create_saved_search(library, OPERATOR, "lectures", "Eau", "q=eau").search
    assert client.post(f"{SAVED}?dry-run=1", json=NEW, headers=paul).status_code == 400
    assert client.delete(f"{SAVED}/{saved.id}?force=1", headers=paul).status_code == 400
    assert client.delete(f"{SAVED}/Eau", headers=paul).status_code == 404
    assert client.delete(SAVED, headers=paul).status_code == 405
    assert client.post(f"{SAVED}/{saved.id}", json=NEW, headers=paul).status_code == 405
    assert names(library) == ["Eau"]


def test_the_saved_searches_of_a_group_are_bounded(client: TestClient, library: Library) -> None:
    for number in range(MOST_SAVED):
        create_saved_search(library, OPERATOR, "lectures", f"Numéro {number}", f"q=agents{number}")
    assert client.post(SAVED, json=NEW, headers=bearer(library, "paul")).status_code == 409


def test_the_saved_searches_of_a_group_are_bounded_together(client: TestClient, library: Library) -> None:
    long = "&".join(f"tag={n}{'x' * 480}" for n in range(100))
    for number in range(MOST_SAVED_CHARACTERS // len(long)):
        create_saved_search(library, OPERATOR, "lectures", f"Longue {number}", f"{long}&q={number}")
    last = NEW | {"query": long}
    assert client.post(SAVED, json=last, headers=bearer(library, "paul")).status_code == 409
    assert client.post(SAVED, json=NEW, headers=bearer(library, "paul")).status_code == 201
    short = next(view.search for view in readable_saved_searches(library, OPERATOR) if view.search.name == NEW["name"])
    with pytest.raises(Conflict):
        change_saved_search(library, OPERATOR, short.id, long)


def test_searches_of_groups_of_others_give_way_where_all_are_too_long(library: Library) -> None:
    long = "&".join(f"tag={n}{'x' * 490}" for n in range(100))
    with library.store.write() as writing:
        group = writing.groups.by_slug("lectures")
        assert group is not None
        for number in range(30):
            search = SavedSearch.of(f"s{number}", group.id, f"Longue {number}", f"{long}&q={number}", "2026-01-05")
            writing.saved_searches.add(search)
    listed = readable_saved_searches(library, ANONYMOUS)
    assert 1 < len(listed) < 30


def test_two_at_once_make_one(client: TestClient, library: Library) -> None:
    tokens = [bearer(library, login) for login in ("paul", "claire")] * 4

    def save(headers: dict[str, str]) -> Any:
        return client.post(SAVED, json=NEW, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, tokens))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert names(library) == ["Agents"]


def test_groups_give_visibility_join_policy_and_the_callers_role(client: TestClient, library: Library) -> None:
    bare = client.get("/api/v1/groups/lectures").json()
    assert (bare["visible"], bare["join"], bare["feeds"], bare["role"]) == ("everyone", "request", True, None)
    for login, role in ROLES.items():
        headers = bearer(library, login, TokenScope.READ)
        assert client.get("/api/v1/groups/lectures", headers=headers).json()["role"] == role.name.lower()
        roles = {
            group["slug"]: group["role"] for group in client.get("/api/v1/groups", headers=headers).json()["items"]
        }
        assert roles == {"lectures": role.name.lower(), f"~{login}": "owner"}
    luc = {
        group["slug"]: group["role"]
        for group in client.get("/api/v1/groups", headers=bearer(library, "luc")).json()["items"]
    }
    assert luc == {"lectures": None, "~luc": "owner"}
    assert [group["slug"] for group in client.get("/api/v1/groups").json()["items"]] == ["lectures"]
    unknown = client.get("/api/v1/groups", headers={"Authorization": "Bearer rien"})
    assert unknown.status_code == 401
