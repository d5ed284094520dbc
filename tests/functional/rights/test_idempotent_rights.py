"""A response that is repeated for an `Idempotency-Key` checks the rights of the request again."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.item_actions.move_and_copy import move_item
from kb.services.moderation.moderation_actions import delete_content_permanently, hide_content, remove_content
from kb.services.search.saved_searches import drop_saved_search
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.moderation import a_moderated_library

KEY = {"Idempotency-Key": "une-clef"}
REQUESTS = {
    "item": ("/api/v1/items", {"group": "quais", "title": "Un titre"}),
    "annotation": ("/api/v1/items/i1/annotations", {"body": "Un mot."}),
    "reply": ("/api/v1/annotations/a1/replies", {"body": "Une réponse."}),
    "saved search": ("/api/v1/saved-searches", {"group": "quais", "name": "Suivi", "query": "q=port"}),
}


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as opened:
        yield opened


@pytest.fixture
def claire(library: Library) -> Iterator[TestClient]:
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "claire")
    with closing(TestClient(create_app(library), headers={"Authorization": f"Bearer {secret}"})) as client:
        yield client


def expel_member(library: Library, item_id: str) -> None:
    del item_id
    remove_member(library, OPERATOR, "quais", "claire")


def lower_role(library: Library, item_id: str) -> None:
    del item_id
    set_role(library, OPERATOR, "quais", "claire", Role.READER)


def closed(library: Library, item_id: str) -> None:
    del item_id
    close_account(library, OPERATOR, "claire", closed=True)


def deleted(library: Library, item_id: str) -> None:
    del item_id
    erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)


def hidden(library: Library, item_id: str) -> None:
    hide_content(library, OPERATOR, item_id)


def removed(library: Library, item_id: str) -> None:
    remove_content(library, OPERATOR, item_id)


def deleted_permanently(library: Library, item_id: str) -> None:
    delete_content_permanently(library, OPERATOR, hide_content(library, OPERATOR, item_id).id)


def move_away(library: Library, item_id: str) -> None:
    add_group(library, OPERATOR, "reserve", "Réserve", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "reserve", "max", Role.OWNER)
    move_item(library, as_(library, "max"), item_id, "reserve", confirmed=True)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (expel_member, 404), (lower_role, 403), (closed, 401), (deleted, 401),
        (hidden, 404), (removed, 404), (deleted_permanently, 404), (move_away, 404),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", REQUESTS)
def test_a_stored_answer_is_not_repeated_to_a_user_who_lost_the_right(
    library: Library, claire: TestClient, kind: str, event: Callable[[Library, str], None], status: int
) -> None:
    address, sent = REQUESTS[kind]
    first = claire.post(address, json=sent, headers=KEY)
    assert first.status_code == 201
    assert claire.post(address, json=sent, headers=KEY).content == first.content
    item_id = first.headers["location"].rpartition("/")[2]
    if kind == "saved search" and event in {hidden, removed, deleted_permanently, move_away}:
        drop_saved_search(library, OPERATOR, item_id)
        status = 404
    else:
        event(library, item_id if kind == "item" else "i1")
    again = claire.post(address, json=sent, headers=KEY)
    assert again.status_code == status
    # A reader may still read the group, and learns that they lack this right there.
    assert again.status_code == 403 or not any(text in again.text for text in (*sent.values(), "Quais"))
