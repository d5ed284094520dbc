"""The API as the client of Hypothesis asks for it: it signs in with a session, writes, changes, removes and reports."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.authentication.authentication import actor_of_session, sign_out
from kb.services.authentication.session_tokens import TokenPurpose, session_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.site import create_app
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, browsers_of

API = "/hypothesis/api"
BASE = "http://127.0.0.1:8000"
PAGE = "https://exemple.fr/crues"
SELECTORS = [
    {"type": "RangeSelector", "startContainer": "/p[1]", "endContainer": "/p[1]", "startOffset": 3, "endOffset": 10},
    {"type": "TextPositionSelector", "start": 3, "end": 10},
    {"type": "TextQuoteSelector", "exact": "déborde", "prefix": "rivière ", "suffix": " ici"},
]
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class Client:
    """The client of a user, with a token."""

    site: TestClient
    login: str = ""
    token: str = ""

    def ask(self, method: str, path: str, sent: Any = None) -> httpx2.Response:
        headers = {"Hypothesis-Client-Version": "1", "X-Client-Id": "a", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = sent if isinstance(sent, bytes) else None if sent is None else json.dumps(sent).encode()
        return self.site.request(method, f"{API}{path}", content=content, headers=headers)

    def get(self, path: str) -> Any:
        return self.ask("GET", path).raise_for_status().json()

    def write(self, *, private: bool = False, status: int = 200, **more: Any) -> Any:
        user, group = f"acct:{self.login}@127.0.0.1", more.get("group", "eau")
        sent = {
            "uri": PAGE, "group": group, "text": "À relire", "tags": ["eau"], "document": {"title": ["Les crues"]},
            "target": [{"source": PAGE, "selector": SELECTORS}], "user": user, "created": "x", "$tag": "t1",
            "permissions": {"read": [user if private else f"group:{group}"], "update": [user], "delete": [user]},
            **more,
        }  # fmt: skip
        answer = self.ask("POST", "/annotations", sent)
        assert answer.status_code == status, answer.text
        return answer.json()

    def rows(self, uri: str = PAGE, group: str = "eau") -> Any:
        return self.get(
            f"/search?limit=50&sort=created&order=asc&_separate_replies=false&group={group}&uri={uri}&uri=urn:x:1"
        )["rows"]


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        eau = add_group(library, OPERATOR, "eau", "Eau et territoires", visible=Visibility.MEMBERS)
        add_group(library, OPERATOR, "libre", "Libre")
        for login, role in (("claire", Role.MEMBER), ("zoe", Role.MEMBER), ("paul", Role.MODERATOR)):
            an_account(library, login)
            set_role(library, OPERATOR, "eau", login, role)
        an_account(library, "tiers")
        old = a_user("ancien")
        add_items(
            library,
            an_item("Les crues", id="un", group=eau, order=1, url=PAGE, annotations=[
                an_annotation("Un passage.", id="h", author=old, added="2024-01-02", replies=[
                    a_reply("Une réponse.", id="r", author=old, added="2024-01-03")])]),
        )  # fmt: skip
        yield library


@pytest.fixture
def client(library: Library) -> Callable[..., Client]:
    site = TestClient(create_app(library), follow_redirects=False)

    def of(login: str = "") -> Client:
        secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), login)[1] if login else ""
        return Client(site, login, secret)

    return of


Clients = Callable[..., Client]


def test_the_index_leads_to_every_route_that_the_client_needs(client: Clients) -> None:
    index = client().get("/")["links"]
    names = {
        *("annotation.create", "annotation.read", "annotation.update", "annotation.delete", "annotation.flag"),
        *("annotation.hide", "annotation.unhide", "groups.read", "group.read", "profile.read", "profile.update"),
        *("profile.groups.read", "search", "links"),
    }
    for name in names:
        place: Any = index
        for part in name.split("."):
            place = place[part]
        path = place["url"].removeprefix(BASE).replace(":id", "h")
        asked = client().site.options(path, headers={"Origin": "https://ailleurs.fr"})
        assert asked.status_code == 204
        assert place["method"] in asked.headers["access-control-allow-methods"]
        allowed = asked.headers["access-control-allow-headers"]
        assert all(header in allowed for header in ("X-Client-Id", "Hypothesis-Client-Version", "Authorization"))
    links = client().get("/links")
    assert {"account.settings", "groups.new", "oauth.authorize", "oauth.revoke", "search.tag", "user"} <= links.keys()
    answer = client().ask("GET", "/annotations/rien")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, "*")
    assert client().site.get("/api/").json() == {"links": index}


def test_the_client_knows_its_user_and_the_groups_of_a_page(client: Clients) -> None:
    claire, tiers = client("claire"), client("tiers")
    assert claire.get("/profile")["userid"] == "acct:claire@127.0.0.1"
    assert {group["id"] for group in claire.get("/profile/groups")} == {"eau", "~claire"}
    assert {group["id"] for group in claire.get(f"/groups?document_uri={PAGE}&expand=organization")} == {
        "eau",
        "~claire",
    }
    assert (claire.get("/groups/eau")["type"], claire.get("/groups/eau")["organization"]) == ("private", None)
    assert claire.get("/groups/eau?expand=organization&expand=scopes")["organization"]["default"] is True
    assert tiers.ask("GET", "/groups/eau").status_code == tiers.ask("GET", "/groups/rien").status_code == 404
    assert {group["id"] for group in tiers.get(f"/groups?document_uri={PAGE}")} == {"~tiers"}
    assert claire.ask("PATCH", "/profile", {"preferences": {"show_sidebar_tutorial": False}}).status_code == 200


def test_annotations_are_written_changed_answered_and_removed(client: Clients) -> None:
    claire, zoe = client("claire"), client("zoe")
    made = claire.write()
    assert (made["uri"], made["group"], made["text"], made["tags"]) == (PAGE, "eau", "À relire", ["eau"])
    assert made["target"][0]["selector"] == [SELECTORS[0], SELECTORS[1], SELECTORS[2]]
    assert made["permissions"]["read"] == ["group:eau"]
    reply = zoe.write(references=[made["id"]], target=[{"source": PAGE}], text="Oui", tags=[])
    assert (reply["references"], reply["user"]) == ([made["id"]], "acct:zoe@127.0.0.1")
    assert [row["id"] for row in claire.rows()] == ["h", "r", made["id"], reply["id"]]
    changed = claire.ask(
        "PATCH", f"/annotations/{made['id']}", {**made, "text": "Relu", "tags": ["eau", "crue"]}
    ).json()
    assert (changed["text"], changed["tags"], changed["target"]) == ("Relu", ["eau", "crue"], made["target"])
    only = claire.ask("PATCH", f"/annotations/{made['id']}", {"tags": []}).json()
    assert (only["text"], only["tags"], only["target"]) == ("Relu", [], made["target"])
    assert zoe.ask("PATCH", f"/annotations/{reply['id']}", {"text": "Non"}).json()["text"] == "Non"
    assert zoe.ask("PATCH", f"/annotations/{made['id']}", {"text": "Pris"}).status_code == 403
    assert zoe.ask("DELETE", f"/annotations/{reply['id']}").json() == {"id": reply["id"], "deleted": True}
    assert claire.ask("DELETE", f"/annotations/{made['id']}").status_code == 200
    assert [row["id"] for row in claire.rows()] == ["h", "r"]


def test_a_new_page_is_saved_in_the_group(client: Clients) -> None:
    claire = client("claire")
    made = claire.write(uri="https://exemple.fr/neuf?utm_source=x", target=[])
    assert made["uri"] == "https://exemple.fr/neuf?utm_source=x"
    assert claire.get(f"/annotations/{made['id']}")["document"] == {"title": ["Les crues"]}
    assert [row["id"] for row in claire.rows("https://exemple.fr/neuf")] == [made["id"]]
    assert client("tiers").rows("https://exemple.fr/neuf") == []


def test_a_private_note_is_read_by_its_user_alone(client: Clients) -> None:
    claire, zoe = client("claire"), client("zoe")
    note = claire.write(private=True, text="Pour moi")
    assert (note["group"], note["permissions"]["read"]) == ("eau", ["acct:claire@127.0.0.1"])
    assert note["id"] in [row["id"] for row in claire.rows()]
    for other in (zoe, client("paul"), client()):
        assert "Pour moi" not in json.dumps(other.get(f"/search?uri={PAGE}&limit=200"))
        assert note["id"] not in [row["id"] for row in other.rows()]
        assert other.ask("GET", f"/annotations/{note['id']}").status_code == 404
        for method, path in (("DELETE", ""), ("PUT", "/flag"), ("PUT", "/hide")):
            assert other.ask(method, f"/annotations/{note['id']}{path}").status_code in {401, 404}
    reply = claire.write(private=True, references=[note["id"]], text="Encore", target=[])
    assert reply["permissions"]["read"] == ["acct:claire@127.0.0.1"]
    claire.ask("DELETE", f"/annotations/{reply['id']}")
    # Shared, it is another text in the group; private again, it is gone from there.
    shared = {"permissions": {"read": ["group:eau"]}, "group": "eau"}
    now = claire.ask("PATCH", f"/annotations/{note['id']}", shared).json()
    assert now["id"] in [row["id"] for row in zoe.rows()]
    assert claire.ask("GET", f"/annotations/{note['id']}").status_code == 404
    private = {"permissions": {"read": ["acct:claire@127.0.0.1"]}, "group": "eau", "text": "Rien que pour moi"}
    assert zoe.ask("PATCH", f"/annotations/{now['id']}", private).status_code == 403
    again = claire.ask("PATCH", f"/annotations/{now['id']}", private).json()
    assert again["permissions"]["read"] == ["acct:claire@127.0.0.1"]
    assert [row["id"] for row in zoe.rows()] == ["h", "r"]
    # A reply cannot be hidden from those who read what it answers.
    claire.write(private=True, references=["h"], text="Chut", target=[], status=400)


def test_the_page_of_an_item_here_is_the_page_that_the_item_is_of(client: Clients) -> None:
    claire = client("claire")
    for address in (f"{BASE}/items/un", f"{BASE}/items/un/annotated/copy"):
        made = claire.write(uri=address, text=address)
        assert made["uri"] == address
        rows = claire.rows(address)
        assert made["id"] in [row["id"] for row in rows]
        assert {row["uri"] for row in rows} == {address}
        assert {row["target"][0]["source"] for row in rows} == {address}
    own = claire.write(uri=f"{BASE}/items/un/annotated/copy", private=True, group="~claire", text="Chez moi")
    assert claire.get(f"/annotations/{own['id']}")["uri"] == PAGE
    tiers = client("tiers")
    assert tiers.rows(f"{BASE}/items/un") == []
    assert tiers.get(f"/groups?document_uri={BASE}/items/un") == tiers.get("/profile/groups")


def test_moderators_hide_and_show_and_readers_report(client: Clients, library: Library) -> None:
    claire, paul = client("claire"), client("paul")
    assert claire.ask("PUT", "/annotations/h/flag").status_code == 204
    with library.store.read() as reading:
        assert reading.moderation.has_reported(next(iter(reading.users.by_logins(["claire"]).values())).id, "un", "h")
    assert claire.ask("PUT", "/annotations/h/hide").status_code == 403
    assert paul.ask("PUT", "/annotations/h/hide").status_code == 204
    assert claire.rows() == []
    for other in (claire, client("tiers"), client()):
        assert other.ask("DELETE", "/annotations/h/hide").status_code in {401, 403, 404}
    assert paul.ask("DELETE", "/annotations/h/hide").status_code == 204
    assert [row["id"] for row in claire.rows()] == ["h", "r"]


def test_a_session_gives_tokens_that_end_with_it(library: Library) -> None:
    browser = browsers_of(library, ["claire"])["claire"]
    actor = actor_of_session(library, browser.cookies["kb-session"])

    def exchanged(**sent: str) -> httpx2.Response:
        return browser.post(f"{API}/token", data=sent)

    grant = session_token(library, actor, TokenPurpose.GRANT, 60)
    answer = exchanged(grant_type=GRANT, assertion=grant)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    tokens = answer.json()
    claire = Client(browser, "claire", tokens["access_token"])
    assert claire.get("/profile")["userid"] == "acct:claire@127.0.0.1"
    made = claire.write()
    renewed = exchanged(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert Client(browser, "claire", renewed["access_token"]).get(f"/annotations/{made['id']}")["id"] == made["id"]
    code = session_token(library, actor, TokenPurpose.CODE, 60)
    assert exchanged(grant_type="authorization_code", code=code).status_code == 200
    # A token is worth nothing for another purpose, when it is over, or with another name in it.
    over = session_token(library, actor, TokenPurpose.GRANT, -1)
    forged = grant.replace(actor.user_id or "", "u-zoe")
    for sent in (tokens["access_token"], over, forged, grant + "0", "", "s1.", "s1.....", "s1.grant.é.b.1.c"):
        assert exchanged(grant_type=GRANT, assertion=sent).json() == {"error": "invalid_grant"}
    for token in (grant, tokens["refresh_token"], code):
        assert Client(browser, "claire", token).ask("GET", "/profile").status_code == 401
    assert exchanged(grant_type="password").status_code == 400
    remove_member(library, OPERATOR, "eau", "claire")
    assert claire.ask("PATCH", f"/annotations/{made['id']}", {"text": "x"}).status_code == 404
    sign_out(library, actor)
    assert claire.ask("GET", "/profile").status_code == 401
    assert exchanged(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"[" * 100_000, b'{"uri": 7}', b"{}",
        b'{"uri": "https://a.fr/", "group": "eau", "references": "h"}',
        b'{"uri": "https://a.fr/", "group": "eau", "references": [7], "text": "x"}',
        b'{"uri": "javascript:alert(1)", "group": "eau", "text": "x"}',
        b'{"uri": "https://a.fr/", "group": "eau", "text": "x", "tags": "eau"}',
        b'{"uri": "https://a.fr/", "group": "eau", "text": ""}',
        b'{"uri": "https://a.fr/", "group": "eau", "text": "' + b"x" * 50_001 + b'"}',
    ],
    ids=lambda body: repr(body[:60]),
)  # fmt: skip
def test_a_bad_annotation_is_refused_in_the_form_of_hypothesis(client: Clients, body: bytes) -> None:
    claire = client("claire")
    answer = claire.ask("POST", "/annotations", body)
    assert (answer.status_code, answer.json()["status"]) == (400, "failure")
    assert claire.ask("POST", "/annotations", {"uri": PAGE, "group": "rien", "text": "x"}).status_code == 404
    assert client().ask("POST", "/annotations", body).status_code == 401
    assert claire.ask("POST", "/annotations", b" " * 1_100_000).status_code == 413
