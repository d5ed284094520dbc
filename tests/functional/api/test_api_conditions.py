"""Conditional and repeated requests of `/api/v1`: `ETag`, `If-Match` and `Idempotency-Key`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import TokenScope
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.items.view_counts import count_view
from kb.services.moderation.moderation_actions import restore_content
from kb.site import create_app
from tests.factories.library import an_empty_library

ITEMS = "/api/v1/items"
NEW = {"group": "lectures", "title": "Les agents et le réseau", "description": "De l’eau. " * 100, "tags": ["agents"]}


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as new_library:
        # The test writes more in a minute than the rate limit allows.
        library = replace(new_library, settings=replace(new_library.settings, rate_write=0))
        add_group(library, OPERATOR, "lectures", "Lectures communes")
        for login in ("claire", "paul"):
            add_account(library, OPERATOR, NewAccount(login))
            set_role(library, OPERATOR, "lectures", login, Role.MEMBER)
        yield library


def program_of(library: Library, login: str) -> TestClient:
    """A client with an API token of the user."""
    client = TestClient(create_app(library))
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), login)
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


@pytest.fixture
def paul(library: Library) -> TestClient:
    return program_of(library, "paul")


@pytest.fixture
def saved(paul: TestClient) -> Any:
    return paul.post(ITEMS, json=NEW)


def test_an_item_is_tagged_strongly_and_each_form_of_it_differently(paul: TestClient, saved: Any) -> None:
    location = saved.headers["location"]
    small = paul.get(location, headers={"Accept-Encoding": "identity"})
    packed = paul.get(location, headers={"Accept-Encoding": "gzip"})
    assert small.headers["etag"][0] == '"'
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == small.headers["etag"][:-1] + '-gzip"'
    for answer in (small, packed):
        again = paul.get(location, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])


def test_a_change_with_the_current_etag_succeeds_and_with_another_is_refused(paul: TestClient, saved: Any) -> None:
    location, first = saved.headers["location"], saved.headers["etag"]
    second = paul.patch(location, json={"title": "Deux"}, headers={"If-Match": first}).headers["etag"]
    stale = paul.patch(f"{location}?lang=en", json={"title": "Trois"}, headers={"If-Match": first})
    assert (stale.status_code, stale.json()["title"]) == (412, "Changed meanwhile")
    assert stale.headers["etag"].strip('"') == second.strip('"').removesuffix("-gzip")
    assert paul.delete(location, headers={"If-Match": first}).status_code == 412
    assert paul.get(location).json()["title"] == "Deux"
    assert paul.delete(location, headers={"If-Match": f'"autre", {second}'}).status_code == 204


CONDITIONS = (
    ("If-Match", "*", 200),
    ("If-Match", "{tag}", 200),
    ("If-Match", '"x", {tag}', 200),
    ("If-Match", "W/{tag}", 412),
    ("If-Match", '"x"', 412),
    ("If-Match", "", 412),
    ("If-Match", "{bare}", 412),
    ("If-Match", '"{state}"', 412),
    ("If-Match", '"{state}.autre"', 200),
    ("If-Match", '"{state}0.autre"', 412),
    ("If-None-Match", "*", 412),
    ("If-None-Match", "W/{tag}", 412),
    ("If-None-Match", '"x"', 200),
)


def test_conditions_are_those_of_http(paul: TestClient, saved: Any) -> None:
    for number, (name, value, status) in enumerate(CONDITIONS):
        tag = paul.get(saved.headers["location"]).headers["etag"]
        bare = tag.strip('"')
        header = value.format(tag=tag, bare=bare, state=bare.partition(".")[0])
        answer = paul.patch(saved.headers["location"], json={"title": f"Titre {number}"}, headers={name: header})
        assert answer.status_code == status, (name, value)


def test_views_and_replies_of_others_do_not_change_the_etag(library: Library, paul: TestClient, saved: Any) -> None:
    location, first = saved.headers["location"], saved.headers["etag"]
    count_view(library, OPERATOR, saved.json()["id"], "192.0.2.1", "Firefox")
    assert paul.get(location, headers={"If-None-Match": first}).status_code == 200
    assert paul.patch(location, json={"title": "Deux"}, headers={"If-Match": first}).status_code == 200
    note = paul.post(f"{location}/annotations", json={"body": "Vu."})
    note_location, tag = note.headers["location"], note.headers["etag"]
    assert program_of(library, "claire").post(f"{note_location}/replies", json={"body": "Merci."}).status_code == 201
    assert paul.get(note_location, headers={"If-None-Match": tag}).status_code == 200
    changed = paul.patch(note_location, json={"body": "Revu."}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert paul.patch(note_location, json={"body": "Non."}, headers={"If-Match": tag}).status_code == 412
    assert paul.delete(note_location, headers={"If-Match": tag}).status_code == 412


def test_an_item_that_becomes_what_it_was_is_not_what_was_read(library: Library, paul: TestClient, saved: Any) -> None:
    location, tags = saved.headers["location"], [saved.headers["etag"]]
    tags += [paul.patch(location, json={"title": title}).headers["etag"] for title in ("Deux", NEW["title"])]
    paul.delete(location)
    with library.store.read() as reading:
        (removal,) = reading.moderation.removals_of_items([saved.json()["id"]])
    restore_content(library, OPERATOR, removal.id)
    back = paul.get(location)
    tags.append(back.headers["etag"])
    assert {**back.json(), "updated": None} == saved.json()
    assert len({tag.partition(".")[0] for tag in tags}) == 4


def test_the_same_request_under_one_key_is_done_once(paul: TestClient, library: Library) -> None:
    first, again = (paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": '"une-clef"'}) for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert {name: again.headers[name] for name in ("location", "etag", "cache-control", "content-type")} == {
        name: first.headers[name] for name in ("location", "etag", "cache-control", "content-type")
    }
    # The same key in quotation marks, as many programs send it. A response about an item that was removed since is not
    # repeated.
    assert paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": "une-clef"}).content == first.content
    paul.delete(first.headers["location"])
    assert paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": "une-clef"}).status_code == 404
    assert len(titles(library)) == 0
    assert paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": "autre-clef"}).status_code == 201
    assert titles(library) == [NEW["title"]]


def test_another_request_under_the_same_key_is_refused(paul: TestClient, library: Library) -> None:
    key = {"Idempotency-Key": "une-clef"}
    location = paul.post(ITEMS, json=NEW, headers=key).headers["location"]
    for address, sent in ((ITEMS, {**NEW, "title": "Autre"}), (f"{location}/annotations", {"body": "Vu."})):
        assert paul.post(address, json=sent, headers=key).status_code == 422
    # For another user it is another key; PATCH is idempotent anyway and ignores it.
    assert program_of(library, "claire").post(ITEMS, json=NEW, headers=key).status_code == 201
    assert [paul.patch(location, json={"title": title}, headers=key).status_code for title in ("Un", "Deux")] == [
        200,
        200,
    ]
    assert sorted(titles(library)) == sorted(["Deux", str(NEW["title"])])


def test_a_refused_write_runs_again_under_its_key(paul: TestClient, library: Library) -> None:
    key = {"Idempotency-Key": "une-clef"}
    assert paul.post(ITEMS, json={**NEW, "group": "rien"}, headers=key).status_code == 404
    add_group(library, OPERATOR, "rien", "Rien")
    set_role(library, OPERATOR, "rien", "paul", Role.MEMBER)
    assert paul.post(ITEMS, json={**NEW, "group": "rien"}, headers=key).status_code == 201


@pytest.mark.parametrize("key", ["", '""', '"a', "a b", "x" * 256, '"a" ; b', "a\tb"])
def test_an_invalid_idempotency_key_is_refused(paul: TestClient, library: Library, key: str) -> None:
    assert paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": key}).status_code == 400
    assert titles(library) == []


def test_of_many_at_once_under_one_key_one_does_it_and_all_get_its_answer(paul: TestClient, library: Library) -> None:
    def save(_: int) -> Any:
        return paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": "une-clef"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert len(titles(library)) == 1


def test_an_action_whose_answer_cannot_be_stored_is_not_done(paul: TestClient, library: Library) -> None:
    with (
        patch("kb.store.site.idempotent_answers.IdempotentAnswers.put", side_effect=RuntimeError),
        TestClient(paul.app, raise_server_exceptions=False, headers=dict(paul.headers)) as client,
    ):
        assert client.post(ITEMS, json=NEW, headers={"Idempotency-Key": "une-clef"}).status_code == 500
    assert titles(library) == []
    assert paul.post(ITEMS, json=NEW, headers={"Idempotency-Key": "une-clef"}).status_code == 201


def test_answers_are_kept_for_a_day(paul: TestClient, library: Library) -> None:
    key = {"Idempotency-Key": "une-clef"}
    paul.post(ITEMS, json=NEW, headers=key)
    purge_expired_data(library, datetime.now(UTC) + timedelta(hours=23))
    assert paul.post(ITEMS, json={**NEW, "title": "Autre"}, headers=key).status_code == 422
    purge_expired_data(library, datetime.now(UTC) + timedelta(hours=25))
    assert paul.post(ITEMS, json={**NEW, "title": "Autre"}, headers=key).status_code == 201


def test_searches_are_saved_once_under_a_key_too(paul: TestClient) -> None:
    search = {"group": "lectures", "name": "Agents", "query": "q=agents"}
    first, again = (
        paul.post("/api/v1/saved-searches", json=search, headers={"Idempotency-Key": "une-clef"}) for _ in range(2)
    )
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)


def titles(library: Library) -> list[str | None]:
    with library.store.read() as reading:
        ids = list(reading.items.ids())
        return [id_.title for id_ in reading.items.any_of(ids).values()]
