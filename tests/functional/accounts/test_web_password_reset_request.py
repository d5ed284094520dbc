"""Password reset in a browser: the answers do not reveal which accounts exist."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

import kb.web.pages.accounts.password_reset
from kb.errors import Unavailable
from kb.services.core.library import Library
from kb.site import create_app
from kb.store.database.clock import timestamp_in
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in

OTHER = "une tout autre phrase"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        library = replace(plain, settings=replace(plain.settings, mail_url="smtp://localhost"))
        an_account(library, "claire", name="Claire Aubert", email="claire@exemple.fr")
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library))


def bodies(library: Library) -> list[str]:
    with library.store.read() as reading:
        return [message.body for message in reading.outbox.due(timestamp_in(days=1))]


def test_a_user_who_forgot_the_password_sets_a_new_one(library: Library, client: TestClient) -> None:
    assert 'href="/reset"' in client.get("/login").text
    answer = send(client, "/reset", login="claire@exemple.fr")
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset?done=reset-sent")
    assert "Regardez votre messagerie" in client.get(answer.headers["location"]).text
    (body,) = bodies(library)
    match = re.search(r"(/reset/\S+)", body)
    assert match is not None
    assert send(client, match[1], password=OTHER).status_code == 303
    assert "Claire Aubert" in client.get("/").text
    sign_in(TestClient(create_app(library)), password=OTHER)
    assert client.get(match[1]).status_code == 404


def test_a_link_asked_for_on_an_english_page_comes_in_english(library: Library, client: TestClient) -> None:
    send(client, "/reset?lang=en", login="claire")
    assert bodies(library)[0].startswith("Hello Claire Aubert,")


@pytest.mark.parametrize("typed", ["claire", "personne", "personne@exemple.fr", "", "x" * 50_000, "\ud83d", "%00"])
def test_the_answer_is_the_same_for_every_typed_login(client: TestClient, typed: str) -> None:
    token = {"login": typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")}
    answer = send(client, "/reset", **token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset?done=reset-sent")
    assert answer.text == ""


def test_no_account_is_looked_up_before_the_answer(
    library: Library, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work whose time depends on the existence of the account runs after the response."""
    looked_up: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        kb.web.pages.accounts.password_reset, "send_password_reset_link", lambda *query: looked_up.append(query)
    )
    with library.store.read() as reading:
        accounts = type(reading.accounts)
    calls: list[str] = []
    for name in ("by_login", "by_email"):
        monkeypatch.setattr(accounts, name, lambda *_, name=name: calls.append(name))
    assert send(client, "/reset", login="claire").status_code == 303
    assert calls == []
    assert [query[1:] for query in looked_up] == [("claire", "fr")]


def test_an_address_may_ask_a_few_times_and_then_must_wait(library: Library, client: TestClient) -> None:
    answers = [send(client, "/reset", login=f"personne-{number}").status_code for number in range(21)]
    assert answers == [303] * 20 + [429]
    refused = send(client, "/reset", login="claire")
    assert int(refused.headers["retry-after"]) > 0
    assert "Trop d’essais" in refused.text
    assert bodies(library) == []
    other_client = TestClient(create_app(library), client=("192.0.2.7", 5000))
    assert send(other_client, "/reset", login="claire").status_code == 303
    assert len(bodies(library)) == 1


def test_a_person_gets_a_few_links_and_the_requester_sees_no_difference(library: Library) -> None:
    for number in range(6):
        client = TestClient(create_app(library), client=(f"192.0.2.{number}", 5000))
        assert send(client, "/reset", login="claire").headers["location"] == "/reset?done=reset-sent"
    assert len(bodies(library)) == 3


def test_without_a_mail_server_the_page_names_a_contact(library: Library) -> None:
    client = TestClient(create_app(replace(library, settings=replace(library.settings, mail_url=""))))
    page = client.get("/reset").text
    assert "demandez à un administrateur" in page
    assert 'name="login"' not in page
    answer = send(client, "/login", "/reset", login="claire")
    assert answer.status_code == 200
    assert bodies(library) == []


def test_a_database_failure_after_the_answer_is_logged(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(kb.web.pages.accounts.password_reset, "send_password_reset_link", fail)
    assert send(client, "/reset", login="claire").status_code == 303
    assert "was not sent" in caplog.text
    assert "claire" not in caplog.text


def test_the_old_password_works_until_another_one_is_set(library: Library, client: TestClient) -> None:
    send(client, "/reset", login="claire")
    sign_in(client, password=PASSWORD)
