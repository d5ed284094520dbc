"""A user who loses a right while their request waits for its transaction is refused."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member, set_role
from kb.site import create_app
from kb.web.http.writes import idempotent_write
from tests.factories.moderation import a_moderated_library
from tests.functional.rights.test_idempotent_rights import REQUESTS

Waited = Callable[[Callable[[], object]], None]


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as opened:
        yield opened


@pytest.fixture
def claire(library: Library) -> Iterator[TestClient]:
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "claire")
    with closing(TestClient(create_app(library), headers={"Authorization": f"Bearer {secret}"})) as client:
        yield client


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Waited:
    """Run an action before the next transaction of a program's request, whose user is already authenticated."""

    def plan(act: Callable[[], object]) -> None:
        for name in ("in_one_transaction", "run_idempotently"):
            begin = getattr(idempotent_write, name)

            def first(*values: Any, begin: Callable[..., Any] = begin) -> Any:
                act()
                return begin(*values)

            monkeypatch.setattr(idempotent_write, name, first)

    return plan


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "une-clef"}])
@pytest.mark.parametrize("request_name", sorted(REQUESTS))
def test_an_expelled_member_writes_nothing(
    library: Library, claire: TestClient, meanwhile: Waited, request_name: str, headers: dict[str, str]
) -> None:
    meanwhile(lambda: remove_member(library, OPERATOR, "quais", "claire"))
    address, sent = REQUESTS[request_name]
    assert claire.post(address, json=sent, headers=headers).status_code == 404


def test_a_member_who_became_a_reader_writes_nothing(library: Library, claire: TestClient, meanwhile: Waited) -> None:
    meanwhile(lambda: set_role(library, OPERATOR, "quais", "claire", Role.READER))
    address, sent = REQUESTS["item"]
    assert claire.post(address, json=sent).status_code == 403


def test_a_closed_account_writes_nothing(library: Library, claire: TestClient, meanwhile: Waited) -> None:
    meanwhile(lambda: close_account(library, OPERATOR, "claire", closed=True))
    address, sent = REQUESTS["item"]
    assert claire.post(address, json=sent).status_code in {401, 404}
