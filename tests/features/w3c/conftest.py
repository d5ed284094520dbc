"""A site with a group that is read by everyone, a closed one, and programs of their members."""

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
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
JSON_LD = "application/ld+json"
EAU = "/w3c/groups/eau/"
BASE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Program:
    """A program that annotates, with the token of a user or without one."""

    site: TestClient
    token: str = ""

    def ask(self, method: str, address: str, sent: Any = None, **headers: str) -> httpx2.Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            fields = {"Authorization": f"Bearer {self.token}", **fields}
        if sent is not None:
            fields = {"Content-Type": JSON_LD, **fields}
        content = sent if isinstance(sent, bytes) else json.dumps(sent).encode() if sent is not None else None
        return self.site.request(method, address.removeprefix(BASE), content=content, headers=fields)

    def get(self, address: str, **headers: str) -> Any:
        answer = self.ask("GET", address, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


def an_annotation_of(target: Any = "https://exemple.fr/crues", **more: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT, "type": "Annotation", "target": target,
        "body": {"type": "TextualBody", "value": "À relire", "format": "text/plain"}, **more,
    }  # fmt: skip


@pytest.fixture
def library() -> Iterator[Library]:
    """The group “eau” has 25 passages, a comment with a reply, and a reply to that one; “cave” has one passage."""
    paul = a_user("paul-import", "Paul")
    with closing(an_empty_library()) as library:
        eau = add_group(library, OPERATOR, "eau", "Eau et territoires")
        cave = add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        claire, _ = (an_account(library, login).user for login in ("claire", "zoe"))
        set_role(library, OPERATOR, "eau", "claire", Role.MEMBER)
        set_role(library, OPERATOR, "cave", "claire", Role.MEMBER)
        set_role(library, OPERATOR, "eau", "zoe", Role.MEMBER)
        passages = [
            an_annotation(f"La rivière déborde {number}.", id=f"h{number}", author=paul, added="2024-01-02",
                          prefix="Hier, ", suffix=" Puis", tags=("crue",) if number == 3 else None,
                          body="Une note" if number % 2 else None)
            for number in range(25)
        ]  # fmt: skip
        replies = [
            a_reply("Bien vu.", id="r", author=paul, added="2024-02-02T10:00:00Z"),
            a_reply("Merci.", id="rr", author=paul, reply_to="r"),
        ]
        comment = an_annotation(None, id="c", body="Lagazette.fr", author=paul, added="2024-02-01", replies=replies)
        add_items(
            library,
            an_item("Les crues", id="un", group=eau, order=1, url="https://exemple.fr/crues",
                    annotations=[*passages, comment]),
            an_item("Le secret", id="deux", group=cave, order=2, url="https://exemple.fr/secret",
                    annotations=[an_annotation("Une rivière cachée.", id="s", author=claire)]),
        )  # fmt: skip
        yield library


@pytest.fixture
def program(library: Library) -> Callable[..., Program]:
    """A program by the login of its user; of nobody without one."""
    site = TestClient(create_app(library), follow_redirects=False)

    def of(login: str = "", scope: TokenScope = TokenScope.WRITE) -> Program:
        return Program(site, add_token(library, OPERATOR, NewToken(scope), login)[1] if login else "")

    return of
