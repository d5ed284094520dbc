"""The compatible APIs refuse wrong or forbidden requests in the form of the service that they imitate."""

import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token, all_tokens, revoke_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.site import create_app
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, sign_in

LINKDING, PINBOARD, DIIGO = "/linkding/api/bookmarks/", "/pinboard/v1/posts/add", "/diigo/api/v2/bookmarks"
HOSTILE = (
    b"", b"{", b"[]", b"null", b'"url"', b'{"url": 1}', b'{"url": ["a"]}', b'{"url": "x", "url": "y"}', b"\xff\xfe",
    b'{"url": "https://a.fr/", "tag_names": "eau"}', b'{"url": "https://a.fr/", "tag_names": [1]}',
    b'{"url": "https://a.fr/", "unread": "yes"}', b'{"url": "https://a.fr/", "notes": {"a": 1}}',
    b'{"url": "https://a.fr/\\u0000"}', b'{"url": "https://a.fr/", "title": "\\ud800"}',
    b"[" * 50_000, b'{"url": "https://a.fr/' + b"x" * 9_000 + b'"}',
    b'{"url": "https://a.fr/", "title": "' + b"x" * 3_000 + b'"}',
    b'{"url": "https://a.fr/", "description": "' + b"x" * 30_000 + b'"}',
)  # fmt: skip


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        group = add_group(library, OPERATOR, "lectures", "Lectures", join=JoinPolicy.INVITE)
        add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        for login in ("claire", "paul"):
            an_account(library, login)
        set_role(library, OPERATOR, "lectures", "claire", Role.MEMBER)
        set_role(library, OPERATOR, "cave", "claire", Role.MEMBER)
        add_items(
            library, an_item("Les agents", id="un", group=group, tags=["eau potable"], url="https://exemple.fr/un")
        )
        catch_up(library)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def token_of(library: Library, login: str = "claire", scope: TokenScope = TokenScope.WRITE) -> str:
    return add_token(library, OPERATOR, NewToken(scope), login)[1]


def token_header(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}


def saved_count(library: Library) -> int:
    with library.store.read() as reading:
        return len(tuple(reading.items.ids()))


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_an_invalid_bookmark_is_refused_and_nothing_is_saved(library: Library, client: TestClient, body: bytes) -> None:
    headers = token_header(token_of(library))
    before = saved_count(library)
    answer = client.post(LINKDING, content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["detail"]
    assert saved_count(library) == before


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,<b>x</b>", "about:blank"])
def test_an_address_that_leads_to_no_page_is_refused_by_every_client(
    library: Library, client: TestClient, url: str
) -> None:
    token, before = token_of(library), saved_count(library)
    sent = {"url": url, "title": "Piège"}
    linkding = client.post(LINKDING, json=sent, headers=token_header(token))
    assert (linkding.status_code, list(linkding.json())) == (400, ["detail"])
    assert client.post(DIIGO, data=sent, auth=("claire", token)).status_code == 400
    pinboard = {"auth_token": f"claire:{token}", "url": url, "description": "Piège", "format": "json"}
    assert client.get(PINBOARD, params=pinboard).json()["result_code"] != "done"
    own = {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/items", json=sent | {"group": "lectures"}, headers=own).status_code in {400, 422}
    page = {"file": ("page.html", b"<!DOCTYPE html><title>x</title><p>Un texte</p>", "text/html")}
    assert client.post("/api/v1/capture", data={"url": url}, files=page, headers=own).status_code in {400, 422}
    assert saved_count(library) == before


def test_a_body_that_is_too_large_is_refused_before_it_is_read(library: Library, client: TestClient) -> None:
    body = b'{"url": "https://a.fr/", "notes": "' + b"x" * (1 << 20) + b'"}'
    answer = client.post(LINKDING, content=body, headers=token_header(token_of(library)))
    assert (answer.status_code, list(answer.json())) == (413, ["detail"])
    # Without a token, no more is read than of a form's body.
    answer = client.post(LINKDING, content=body[: 1 << 18], headers=token_header("rien"))
    assert answer.status_code in {401, 413}
    answer = client.post(DIIGO, content=b"url=" + b"x" * (1 << 20), auth=("claire", token_of(library)))
    assert (answer.status_code, list(answer.json())) == (413, ["message"])
    answer = client.get(f"{PINBOARD}?auth_token=claire:{token_of(library)}&format=json&url={'x' * 40_000}")
    assert (answer.status_code, answer.headers["content-type"]) == (414, "text/xml; charset=utf-8")


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "limit=99999999999999", "offset=-3", "offset=" + "9" * 400])
def test_a_page_that_is_no_number_is_the_first(library: Library, client: TestClient, query: str) -> None:
    answer = client.get(f"{LINKDING}?{query}", headers=token_header(token_of(library)))
    assert (answer.status_code, len(answer.json()["results"])) == (200, 1)


@pytest.mark.parametrize(
    "query", ["bundle=x", "added_since=hier", "modified_since=2025-13-01", "q=" + "x" * 2_001, "%ff", "group=rien"]
)
def test_a_listing_that_cannot_be_understood_is_refused(library: Library, client: TestClient, query: str) -> None:
    answer = client.get(f"{LINKDING}?{query}", headers=token_header(token_of(library)))
    assert answer.status_code in {200, 400, 404}
    assert answer.status_code != 200 or query == "%ff"


@pytest.mark.parametrize("number", ["0", "1", "-1", "x", "9" * 30, "1073741823", "%00"])
def test_a_number_that_nothing_has_is_absent(library: Library, client: TestClient, number: str) -> None:
    headers = token_header(token_of(library))
    (own,) = client.get(LINKDING, headers=headers).json()["results"]
    assert str(own["id"]) != number
    for kind in ("bookmarks", "tags", "bundles"):
        assert client.get(f"/linkding/api/{kind}/{number}/", headers=headers).status_code == 404
    assert client.patch(f"{LINKDING}{number}/", headers=headers, json={"title": "x"}).status_code == 404


def test_a_revoked_token_stops_at_once(library: Library, client: TestClient) -> None:
    secret = token_of(library)
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", LINKDING, {"headers": token_header(secret)}),
        ("POST", LINKDING, {"headers": token_header(secret), "json": {"url": "https://exemple.fr/deux"}}),
        ("GET", DIIGO, {"auth": ("claire", secret)}),
        ("GET", f"{PINBOARD}?url=https://exemple.fr/trois&auth_token=claire:{secret}", {}),
    ]
    for method, address, more in requests:
        assert client.request(method, address, **more).status_code < 300, address
    before = saved_count(library)
    for _, token in all_tokens(library, OPERATOR, "claire"):
        revoke_token(library, OPERATOR, token.id)
    for method, address, more in requests:
        assert client.request(method, address, **more).status_code == 401, address
    assert saved_count(library) == before


def test_a_right_that_is_lost_is_lost_here(library: Library, client: TestClient) -> None:
    headers, address = token_header(token_of(library)), "/linkding/cave/api/bookmarks/"
    assert client.post(address, json={"url": "https://exemple.fr/cave"}, headers=headers).status_code == 201
    catch_up(library)
    (own,) = client.get(address, headers=headers).json()["results"]
    remove_member(library, OPERATOR, "cave", "claire")
    catch_up(library)
    for address_asked in (address, f"{LINKDING}{own['id']}/", "/linkding/cave/api/tags/", f"{LINKDING}?group=cave"):
        assert client.get(address_asked, headers=headers).status_code == 404, address_asked
    assert client.post(address, json={"url": "https://exemple.fr/x"}, headers=headers).status_code == 404
    assert "cave" not in client.get(LINKDING, headers=headers).text
    unknown = client.get("/linkding/rien/api/bookmarks/", headers=headers)
    assert unknown.text == client.get(address, headers=headers).text


def test_a_program_saves_in_the_group_of_its_token_as_long_as_its_user_may(
    library: Library, client: TestClient
) -> None:
    secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group="cave"), "claire")[1]
    token = {"auth_token": f"claire:{secret}", "format": "json"}
    assert client.post(LINKDING, json={"url": "https://exemple.fr/a"}, headers=token_header(secret)).status_code == 201
    assert client.get(PINBOARD, params={**token, "url": "https://exemple.fr/b"}).json() == {"result_code": "done"}
    assert client.post(DIIGO, data={"url": "https://exemple.fr/c"}, auth=("claire", secret)).status_code == 200
    # The address names another group.
    named = client.post(
        "/linkding/~claire/api/bookmarks/", json={"url": "https://exemple.fr/d"}, headers=token_header(secret)
    )
    assert named.status_code == 201
    catch_up(library)
    posts = client.get("/pinboard/v1/posts/all", params=token).json()
    assert {post["href"] for post in posts} == {f"https://exemple.fr/{name}" for name in "abc"}
    remove_member(library, OPERATOR, "cave", "claire")
    assert client.get("/pinboard/v1/posts/all", params=token).status_code == 404
    before = saved_count(library)
    assert client.get(PINBOARD, params={**token, "url": "https://exemple.fr/e"}).status_code == 404
    assert client.post(LINKDING, json={"url": "https://exemple.fr/f"}, headers=token_header(secret)).status_code == 404
    assert saved_count(library) == before


def test_a_browsers_login_is_no_login_here(library: Library, client: TestClient) -> None:
    """A page of another site could make a browser send any of these with its cookies."""
    before = saved_count(library)
    sign_in(client, "claire")
    assert client.get("/api/v1/me").status_code == 200
    for answer in (
        client.get(LINKDING),
        client.post(LINKDING, json={"url": "https://exemple.fr/vol"}),
        client.post(DIIGO, data={"url": "https://exemple.fr/vol"}),
        client.get(f"{PINBOARD}?url=https://exemple.fr/vol"),
    ):
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
    assert saved_count(library) == before


@pytest.mark.parametrize("path", ["add?url=https://exemple.fr/tete", "delete?url=https://exemple.fr/un"])
def test_the_head_of_an_answer_changes_nothing(library: Library, client: TestClient, path: str) -> None:
    before = saved_count(library)
    answer = client.head(f"/pinboard/lectures/v1/posts/{path}&auth_token=claire:{token_of(library)}")
    assert answer.status_code == 405
    assert saved_count(library) == before


def test_the_token_of_an_address_is_in_no_log_and_in_no_answer(
    library: Library, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    secret = token_of(library)
    with caplog.at_level(logging.DEBUG):
        for path in ("posts/all?", "posts/get?dt=hier&", "posts/add?", "rien?", "tags/rename?old=x&", "notes/list?"):
            answer = client.get(f"/pinboard/v1/{path}format=json&auth_token=claire:{secret}")
            assert secret not in answer.text + str(answer.headers), path
            assert answer.headers["cache-control"] == "no-store" or answer.status_code == 404
    # The client of this test logs its requests: the site does not.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert not any(secret in line for line in ours)


def test_a_wrong_login_makes_a_token_worthless(library: Library, client: TestClient) -> None:
    secret = token_of(library)
    for login in ("paul", "", "rien"):
        status = client.get(f"/pinboard/v1/posts/all?auth_token={login}:{secret}").status_code
        assert status == (200 if not login else 401), login
        assert client.get(DIIGO, auth=(login, secret)).status_code == status
    assert client.get(DIIGO, auth=("CLAIRE", secret)).status_code == 200
    for header in ("Basic", "Basic !!!", "Basic Y2xhaXJl", "Bearer x", "x" * 5_000):
        assert client.get(DIIGO, headers={"Authorization": header}).status_code == 401, header


@pytest.mark.parametrize(
    ("path", "code"),
    [("/mcp", 405), ("/oai?set=%ff", 400), ("/sru?query=%ff", 400), ("/unapi?id=absent&format=ris", 404)],
)
def test_unknown_addresses_of_the_client_apis_answer_no_html(client: TestClient, path: str, code: int) -> None:
    for answer, status in (
        (client.get(path), code),
        (client.get(path.partition("?")[0], headers={"Authorization": "Bearer rien"}), {405: 405}.get(code, 401)),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


OWN, ELSEWHERE = "http://testserver", "https://ailleurs.example"
BY_BROWSER: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
    {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"},
    {"origin": ELSEWHERE},
    {"origin": "null"},
    {"origin": "http://["},
    {"origin": f"{OWN}:8443"},
)
BY_PROGRAM: tuple[dict[str, str], ...] = (
    {},
    {"origin": OWN},
    {"sec-fetch-site": "none", "sec-fetch-mode": "cors", "origin": "chrome-extension://abc"},
    {"accept": "text/html"},
)


@pytest.mark.parametrize("headers", BY_BROWSER, ids=str)
def test_a_login_that_a_browser_stores_is_ignored_when_it_is_sent_for_another_site(
    library: Library, client: TestClient, headers: dict[str, str]
) -> None:
    credentials, before = ("claire", token_of(library)), saved_count(library)
    sent = {"url": "https://exemple.fr/deux", "title": "Deux", "description": "Deux"}
    answers = (
        client.get(PINBOARD, params=sent, auth=credentials, headers=headers),
        client.get("/pinboard/lectures/v1/posts/delete", params={"url": "https://exemple.fr/un"}, auth=credentials,
                   headers=headers),
        client.post(DIIGO, data=sent, auth=credentials, headers=headers),
        client.post("/diigo/lectures/api/v2/bookmarks", data=sent, auth=credentials, headers=headers),
        client.request("DELETE", DIIGO, params=sent, auth=credentials, headers=headers),
        client.get(DIIGO, params={"user": "claire"}, auth=credentials, headers=headers),
    )  # fmt: skip
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert saved_count(library) == before


@pytest.mark.parametrize("headers", BY_PROGRAM, ids=str)
def test_programs_log_in_with_basic(library: Library, client: TestClient, headers: dict[str, str]) -> None:
    credentials = ("claire", token_of(library))
    sent = {"url": "https://exemple.fr/deux", "title": "Deux", "description": "Deux"}
    assert client.post(DIIGO, data=sent, auth=credentials, headers=headers).status_code == 200
    assert client.get(PINBOARD, params=sent, auth=credentials, headers=headers).status_code == 200


@pytest.mark.parametrize("address", [PINBOARD, DIIGO, "/pinboard/lectures/v1/posts/all"])
def test_only_programs_are_asked_for_basic(client: TestClient, address: str) -> None:
    def challenge(**headers: str) -> str:
        answer = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code == 401
        return str(answer.headers["www-authenticate"])

    assert challenge().startswith("Basic ")
    assert challenge(accept="application/json").startswith("Basic ")
    assert challenge(accept="text/html, image/gif, image/jpeg, */*; q=0.2", user_agent="Java/21").startswith("Basic ")
    assert challenge(accept="text/html,application/xhtml+xml,*/*;q=0.8") == 'xBasic realm="api"'
    assert challenge(sec_fetch_site="cross-site") == challenge(sec_fetch_site="none") == 'xBasic realm="api"'


def test_a_token_in_the_address_is_that_of_whoever_wrote_the_address(library: Library, client: TestClient) -> None:
    """A link of another site can bear the token of its author alone: it saves in that library, and logs nobody in."""
    sent = {"auth_token": f"claire:{token_of(library)}", "url": "https://exemple.fr/deux", "description": "Deux"}
    answer = client.get(PINBOARD, params=sent, headers=BY_BROWSER[0])
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
