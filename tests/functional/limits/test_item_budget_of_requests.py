"""Forms, the API and the programs of other services do not take an item beyond its budget, and say why."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_budget import MOST_ITEM_BYTES, MOST_ITEM_PARTS, PART_BYTES, item_size
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.account import TokenScope
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.annotations.annotations import change_annotation, write_annotation
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import remove_content
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.items import a_reply, an_annotation, an_item
from tests.factories.library import add_items
from tests.factories.moderation import a_moderated_library, person
from tests.support.browser_sessions import send, sign_in

URL = "https://exemple.fr/plein"
NEW = [f"neuf-{n}" for n in range(100)]


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with a_moderated_library() as limited:
        library = replace(limited, settings=replace(limited.settings, rate_write=0))
        with library.store.read() as reading:
            group = reading.groups.by_slug("quais")
        claire = person(library, "claire")
        replies = [a_reply(author=claire) for _ in range(MOST_ITEM_PARTS - 2)]
        item = an_item(
            "Plein", id="plein", url=URL, group=group, order=100, author=claire, added="2014-01-02",
            annotations=[an_annotation("Un passage.", id="p", author=claire, replies=replies)],
        )  # fmt: skip
        rest = "a" * (MOST_ITEM_BYTES - item_size(item).bytes - PART_BYTES)
        last = an_annotation("Le reste.", id="reste", body=rest[len("Le reste.") :], author=claire)
        add_items(library, replace(item, annotations=(*item.annotations, last)))
        catch_up(library)
        yield library


def stored(library: Library) -> Item:
    with library.store.read() as reading:
        return reading.items.any_of(["plein"])["plein"]


@pytest.fixture(scope="module")
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


@pytest.fixture(scope="module")
def token(library: Library) -> str:
    return add_token(library, OPERATOR, NewToken(TokenScope.WRITE, group="quais"), "claire")[1]


FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "comment": ("/items/plein/annotate", {"kind": "comment", "body": "De trop."}),
    "passage": ("/items/plein/annotate", {"kind": "passage", "quote": "De trop."}),
    "reply": ("/items/plein/reply", {"to": "p", "body": "De trop."}),
    "text": ("/items/plein/words", {"part": "p", "quote": "Un passage.", "body": "De trop.", "r-quote": "Un passage."}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_refused_with_what_was_typed(library: Library, form: str) -> None:
    address, fields = FORMS[form]
    browser = TestClient(create_app(library), follow_redirects=False)
    sign_in(browser, "claire")
    before = stored(library)
    answer = send(browser, "/items/plein/annotate", address, **fields)
    assert answer.status_code == 409, answer.text
    assert "De trop." in answer.text
    assert "on ne peut plus en ajouter ici" in answer.text
    assert stored(library) == before


def api(method: str, address: str, sent: dict[str, Any]) -> Callable[[TestClient, str], Response]:
    return lambda client, token: client.request(
        method, f"/api/v1/{address}?lang=en", json=sent, headers={"Authorization": f"Bearer {token}"}
    )


REQUESTS: dict[str, Callable[[TestClient, str], Response]] = {
    "API, annotation": api("POST", "items/plein/annotations", {"body": "De trop."}),
    "API, reply": api("POST", "annotations/p/replies", {"body": "De trop."}),
    "API, changed text": api("PATCH", "annotations/p", {"body": "De trop."}),
    "API, tags": api("PATCH", "items/plein", {"tags": NEW}),
    "linkding, notes": lambda client, token: client.post(
        "/linkding/api/bookmarks/", json={"url": URL, "notes": "De trop."}, headers={"Authorization": f"Token {token}"}
    ),
    "linkding, tags": lambda client, token: client.post(
        "/linkding/api/bookmarks/", json={"url": URL, "tag_names": NEW}, headers={"Authorization": f"Token {token}"}
    ),
    "Diigo": lambda client, token: client.post(
        "/diigo/api/v2/bookmarks",
        data={"url": URL, "title": "Plein", "tags": ",".join(NEW), "merge": "yes"},
        auth=("claire", token),
    ),
    "Pinboard": lambda client, token: client.get(
        "/pinboard/v1/posts/add",
        params={"auth_token": f"claire:{token}", "url": URL, "description": "Plein", "tags": " ".join(NEW)},
    ),
}


@pytest.mark.parametrize("request_of", REQUESTS.values(), ids=REQUESTS)
def test_a_program_is_refused_and_nothing_changes(
    library: Library, client: TestClient, token: str, request_of: Callable[[TestClient, str], Response]
) -> None:
    before = stored(library)
    answer = request_of(client, token)
    assert "no more can be added here" in answer.text or "on ne peut plus en ajouter ici" in answer.text, answer.text
    assert stored(library) == before


def test_an_undo_and_a_restoration_say_why_they_are_refused(library: Library) -> None:
    claire, browser = as_(library, "claire"), TestClient(create_app(library), follow_redirects=False)
    sign_in(browser, "claire")
    removal = remove_content(library, claire, "plein", stored(library).annotations[0].replies[-1].id)
    shortened = change_annotation(library, claire, "reste", AnnotationFields(quote="Le reste."))
    added = write_annotation(library, claire, "plein", AnnotationFields(body="a" * 40_000))
    for address in (f"/restore/{shortened.undo}", f"/restore/{removal.id}"):
        answer = send(browser, "/items/plein/annotate", address)
        assert answer.status_code == 409, (address, answer.status_code)
        assert "on ne peut plus en ajouter ici" in answer.text
    remove_content(library, claire, "plein", added.part_id)
    assert send(browser, "/items/plein/annotate", f"/restore/{shortened.undo}").status_code == 303
