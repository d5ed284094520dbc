"""Items and annotations that programs save, change and remove by `/api/v1`."""

import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import product

import pytest

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.item_actions.duplicates import merge_items
from kb.services.moderation.moderation_actions import hide_content
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.api_clients import Program

ITEMS, WORDS = "/api/v1/items", "/api/v1/annotations"
PAGE = {
    "group": "lectures",
    "url": "https://www.lagazette.fr/agents?utm_source=lettre",
    "title": "Les agents et l’énergie",
    "description": "Ce que les agents en pensent.",
    "byline": "Sophie Point",
    "tags": ["agents", "Énergie"],
    "published": "2014-11",
    "source": "Lagazette.fr",
    "language": "fr",
    "annotations": [
        {"quote": "Les agents seront formés.", "color": "yellow", "prefix": "Bientôt ", "suffix": " Enfin."},
        {"kind": "note", "quote": "L’énergie manque.", "body": "À vérifier."},
        {"body": "À relire."},
    ],
}


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        add_group(library, OPERATOR, "lectures", "Lectures communes")
        add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        for login, role in {"claire": Role.OWNER, "paul": Role.MEMBER, "sophie": Role.READER}.items():
            add_account(library, OPERATOR, NewAccount(login))
            set_role(library, OPERATOR, "lectures", login, role)
        yield library


@pytest.fixture
def claire(library: Library) -> Program:
    return Program(library, "claire")


@pytest.fixture
def paul(library: Library) -> Program:
    return Program(library, "paul")


def test_an_item_is_saved_whole_with_the_additions_of_its_sharer(paul: Program, library: Library) -> None:
    saved = paul("POST", ITEMS, PAGE)
    assert saved.status_code == 201, saved.text
    item = saved.json()
    assert {name: item[name] for name in PAGE if name not in ("group", "annotations")} == {
        name: value for name, value in PAGE.items() if name not in ("group", "annotations")
    }
    assert [
        (annotation["kind"], annotation["quote"], annotation["body"], annotation["color"])
        for annotation in item["annotations"]["items"]
    ] == [
        ("highlight", "Les agents seront formés.", None, "yellow"),
        ("note", "L’énergie manque.", "À vérifier.", None),
        ("comment", None, "À relire.", None),
    ]
    assert item["author"]["login"] == "paul"
    read = paul("GET", saved.headers["location"])
    assert (read.json(), read.headers["etag"]) == (item, saved.headers["etag"])
    assert saved.headers["cache-control"] == "no-store"
    catch_up(library)
    assert paul.client.get("/api/v1/search", params={"q": "formés"}).json()["total"] == 1


def test_a_title_is_enough_and_an_address_is_and_neither_is_not(paul: Program) -> None:
    assert paul("POST", ITEMS, {"group": "~paul", "title": "Note de réunion", "url": None}).status_code == 201
    assert paul("POST", ITEMS, {"group": "~paul", "url": "exemple.fr"}).json()["url"] == "https://exemple.fr"
    neither = paul("POST", ITEMS, {"group": "~paul", "tags": None, "title": " "})
    assert (neither.status_code, neither.json()["detail"]) == (
        400,
        "Give an address or a title: one of them at least.",
    )


def test_an_address_that_the_group_has_is_answered_with_its_item(paul: Program, library: Library) -> None:
    location = paul("POST", ITEMS, PAGE).headers["location"]
    again = paul("POST", ITEMS, {"group": "lectures", "url": "http://lagazette.fr/agents/"})
    assert (again.status_code, again.headers["location"]) == (409, location)
    assert again.json()["item"] == location.rpartition("/")[2]
    assert paul("POST", ITEMS, {**PAGE, "group": "~paul"}).status_code == 201
    other = paul("POST", ITEMS, {"group": "lectures", "url": "https://exemple.fr/autre"}).headers["location"]
    moved = paul("PATCH", other, {"url": PAGE["url"]})
    assert (moved.status_code, moved.headers["location"]) == (409, location)
    hide_content(library, OPERATOR, location.rpartition("/")[2])
    hidden = paul("POST", ITEMS, PAGE)
    assert (hidden.status_code, "item" in hidden.json(), "location" in hidden.headers) == (409, False, False)


def test_a_patch_changes_what_it_names_and_nothing_else(paul: Program) -> None:
    saved = paul("POST", ITEMS, PAGE)
    location, before = saved.headers["location"], saved.json()
    patched = paul.client.patch(
        location,
        content='{"title": "Les agents", "byline": null, "tags": ["eau"], "source": ""}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    after = patched.json()
    assert (patched.status_code, patched.headers["etag"]) == (200, paul("GET", location).headers["etag"])
    assert after.pop("updated") is not None
    assert after == {
        **{name: value for name, value in before.items() if name != "updated"},
        "title": "Les agents",
        "byline": None,
        "tags": ["eau"],
        "source": None,
    }
    same = paul("PATCH", location, {})
    assert (same.status_code, same.headers["etag"]) == (200, patched.headers["etag"])


def test_an_item_goes_to_the_trash_of_its_group(paul: Program, claire: Program) -> None:
    location = paul("POST", ITEMS, PAGE).headers["location"]
    assert claire("POST", f"{location}/annotations", {"body": "Merci."}).status_code == 201
    assert paul("DELETE", location).status_code == 409
    response = claire("DELETE", location)
    assert (response.status_code, response.content) == (204, b"")
    assert paul("GET", location).status_code == claire("DELETE", location).status_code == 404


def test_words_are_added_answered_changed_and_removed(paul: Program, claire: Program) -> None:
    item = paul("POST", ITEMS, {"group": "lectures", "title": "Les agents"}).headers["location"]
    note = claire("POST", f"{item}/annotations", {"quote": "Un passage.", "body": "Vu.", "color": "pink"})
    assert (note.status_code, note.json()["kind"], note.json()["item"]) == (201, "note", item.rpartition("/")[2])
    location = note.headers["location"]
    assert claire("GET", location).json() == note.json()
    answer = paul("POST", f"{location}/replies", {"body": "Merci."})
    assert (answer.status_code, answer.json()["annotation"]) == (201, note.json()["id"])
    reply = answer.headers["location"]
    assert paul("GET", reply).json() == answer.json()
    assert [reply["body"] for reply in paul("GET", f"{location}/replies").json()["items"]] == ["Merci."]
    assert paul("GET", f"{reply}/replies").json() == {"total": 0, "items": []}
    highlight = claire("PATCH", location, {"body": None})
    assert (highlight.json()["kind"], highlight.json()["color"]) == ("highlight", "pink")
    assert highlight.json()["replies"][0]["body"] == "Merci."
    assert paul("PATCH", reply, {"body": "Merci !"}).json()["body"] == "Merci !"
    assert claire("PATCH", reply, {"body": "Non."}).status_code == 403
    assert paul("PATCH", location, {"body": "Non."}).status_code == 403
    assert paul("PATCH", reply, {"quote": "Non."}).status_code == 400
    assert paul("DELETE", reply).status_code == claire("DELETE", location).status_code == 204
    assert paul("GET", location).status_code == paul("GET", reply).status_code == 404


def test_a_passage_has_a_position_that_stays_until_its_words_change(paul: Program) -> None:
    item = paul("POST", ITEMS, {"group": "lectures", "title": "Les agents"}).json()["id"]
    sent = {"quote": "Les agents seront formés.", "start": 3, "end": 28, "version": 1}
    made = paul("POST", f"{ITEMS}/{item}/annotations", sent)
    assert made.status_code == 201
    selector = '[{"type":"TextPositionSelector","start":3,"end":28,"version":1}]'
    assert made.json()["selectors"] == selector
    address = f"{WORDS}/{made.json()['id']}"
    assert paul("PATCH", address, {"color": "pink"}).json()["selectors"] == selector
    moved = paul("PATCH", address, {"start": 5, "end": 30}).json()["selectors"]
    assert moved == '[{"type":"TextPositionSelector","start":5,"end":30}]'
    assert paul("PATCH", address, {"quote": "Les agents"}).json()["selectors"] is None
    for wrong in (
        {"start": 3},
        {"start": 9, "end": 3},
        {"start": "a", "end": 3},
        {"start": 0, "end": 1, "version": -1},
    ):
        assert paul("POST", f"{ITEMS}/{item}/annotations", {"quote": "Les agents", **wrong}).status_code == 400


def test_an_unreadable_item_cannot_be_annotated_and_answers_as_missing(library: Library, claire: Program) -> None:
    set_role(library, OPERATOR, "cave", "claire", Role.OWNER)
    saved = claire("POST", ITEMS, {**PAGE, "group": "cave"})
    location, words = saved.headers["location"], f"{WORDS}/{saved.json()['annotations']['items'][0]['id']}"
    paul = Program(library, "paul")
    for method, address, sent in (
        ("POST", ITEMS, {**PAGE, "group": "cave"}),
        ("PATCH", location, {"title": "Non"}),
        ("DELETE", location, None),
        ("POST", f"{location}/annotations", {"body": "Non."}),
        ("GET", words, None),
        ("PATCH", words, {"body": "Non."}),
        ("DELETE", words, None),
        ("GET", f"{words}/replies", None),
        ("POST", f"{words}/replies", {"body": "Non."}),
    ):
        response = paul(method, address, sent, If_Match='"1.a"')
        parts = address.split("/")
        missing = "/".join("rien" if len(part) > 12 else part for part in parts)
        absent = paul(method, missing, {**(sent or {}), "group": "rien"} if address == ITEMS else sent)
        assert response.status_code == absent.status_code == 404, (method, address)
        assert response.json()["detail"] == absent.json()["detail"]


def test_a_token_that_reads_and_a_reader_change_nothing(library: Library, paul: Program) -> None:
    location = paul("POST", ITEMS, PAGE).headers["location"]
    for program in (Program(library, "claire", TokenScope.READ), Program(library, "sophie")):
        for method, address, sent in (
            ("POST", ITEMS, {**PAGE, "url": "https://exemple.fr"}),
            ("PATCH", location, {"title": "Non"}),
            ("DELETE", location, None),
            ("POST", f"{location}/annotations", {"body": "Non."}),
        ):
            for headers in ({}, {"Idempotency-Key": "une-clef"}):
                assert program(method, address, sent, **headers).status_code == 403, (method, address)
    assert paul("GET", location).json()["title"] == PAGE["title"]


def test_a_body_that_is_no_json_object_is_refused(paul: Program) -> None:
    location = paul("POST", ITEMS, PAGE).headers["location"]
    bodies = (b"", b"null", b"[]", b"{", b"\xff", b"[" * 50_000, b'{"title": "a", "title": "b"}')
    addresses = (("POST", ITEMS), ("PATCH", location), ("POST", f"{location}/annotations"))
    for (method, address), body in product(addresses, bodies):
        answer = paul.client.request(method, address, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (method, body)


def test_a_body_is_json_and_at_most_as_long_as_an_item(paul: Program) -> None:
    location = paul("POST", ITEMS, PAGE).headers["location"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = paul.client.patch(location, content="{}", headers=form)
    assert (refused.status_code, refused.headers["accept-patch"]) == (
        415,
        "application/merge-patch+json, application/json",
    )
    merging = {"Content-Type": "application/merge-patch+json"}
    assert paul.client.post(ITEMS, content="{}", headers=merging).status_code == 415
    long = {"group": "~paul", "title": "Long", "annotations": [{"body": "é" * 50_000}] * 5}
    assert paul("POST", ITEMS, long).status_code == 201
    assert paul("POST", ITEMS, {**long, "annotations": [{"body": "é" * 50_000}] * 12}).status_code == 413


def test_the_very_next_search_of_a_token_finds_what_it_wrote(
    library: Library, paul: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.services.core.read_your_writes.LONGEST_WAIT", 60.0)
    stop = threading.Event()

    def follow() -> None:
        while not stop.wait(0.02):
            catch_up(library)

    behind = threading.Thread(target=follow)
    behind.start()
    try:
        for number in range(2):
            saved = paul("POST", ITEMS, {"group": "lectures", "title": f"Digue{number}"})
            results = paul.client.get("/api/v1/search", params={"q": f"digue{number}"}).json()
            assert [item["id"] for item in results["items"]] == [saved.json()["id"]]
            paul("POST", f"{saved.headers['location']}/annotations", {"body": f"Écluse{number}"})
            assert paul.client.get("/api/v1/search", params={"q": f"écluse{number}"}).json()["total"] == 1
            paul("PATCH", saved.headers["location"], {"title": "Autre"})
            assert paul.client.get("/api/v1/search", params={"q": f"digue{number}"}).json()["total"] == 0
            paul("DELETE", saved.headers["location"])
            assert paul.client.get("/api/v1/search", params={"q": f"écluse{number}"}).json()["total"] == 0
    finally:
        stop.set()
        behind.join()


def test_a_merged_item_redirects_to_the_remaining_item_and_reveals_nothing_to_others(library: Library) -> None:
    set_role(library, OPERATOR, "cave", "claire", Role.OWNER)
    claire, paul = Program(library, "claire"), Program(library, "paul")
    first, other = (
        claire("POST", ITEMS, {**PAGE, "group": "cave", "url": f"https://exemple.fr/{n}"}).json()["id"]
        for n in range(2)
    )
    merge_items(library, as_(library, "claire"), first, [other])
    for part in ("", "/annotations"):
        answer = claire.client.get(f"{ITEMS}/{other}{part}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ITEMS}/{first}{part}")
        assert claire("GET", f"{ITEMS}/{other}{part}").json() == claire("GET", f"{ITEMS}/{first}{part}").json()
        assert claire("GET", f"{ITEMS}/personne{part}").status_code == 404
        for_paul = paul.client.get(f"{ITEMS}/{other}{part}", follow_redirects=False)
        assert for_paul.status_code == 404
        assert for_paul.json() == paul.client.get(f"{ITEMS}/personne{part}").json()
    assert claire("DELETE", f"{ITEMS}/{other}").status_code == 404
