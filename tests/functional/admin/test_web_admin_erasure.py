"""An administrator erases a person on request."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

ODILON = a_user("odilon", "Odilon Vachon")
LECTURES, MINE = a_group("lectures"), a_group("~luc-prive", visible=Visibility.MEMBERS)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", administrator=True)
        luc = an_account(library, "luc", name="Luc Martin").user
        add_items(
            library,
            an_item("Un titre", id="i1", group=LECTURES, order=1, author=ODILON, annotations=[
                an_annotation(None, id="c1", author=luc, body="Le mot de Luc."),
            ]),
            an_item("Un autre", id="i2", group=LECTURES, order=2, author=luc),
            an_item("Un secret", id="i3", group=MINE, order=3, author=a_user("cache", "Auteur caché")),
            groups=(LECTURES, MINE),
        )  # fmt: skip
        catch_up(library)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, "claire")
    return client


def authors(library: Library) -> dict[str, str | None]:
    return {item.id: item.author.login if item.author else None for item, _ in export_items(library, OPERATOR)}


def test_an_imported_author_is_erased(library: Library, client: TestClient) -> None:
    assert 'href="/admin/forget/odilon"' in client.get("/admin/authors/odilon").text
    page = client.get("/admin/forget/odilon").text
    assert "1 signet partagé" in page
    answer = send(client, "/admin/forget/odilon", words="remove", sure="odilon")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/authors?done=forgotten")
    assert authors(library) == {"i1": None, "i2": "luc", "i3": "cache"}
    assert client.get("/admin/forget/odilon").status_code == 404
    assert "Odilon" not in client.get("/admin/authors").text + client.get("/admin/log").text


def test_an_account_is_erased_with_its_items_without_annotations_of_others(
    library: Library, client: TestClient
) -> None:
    assert 'href="/admin/forget/luc"' in client.get("/admin/accounts/luc").text
    answer = send(client, "/admin/forget/luc", words="keep", alone="on", sure=" LUC ")
    assert answer.headers["location"] == "/admin/accounts?done=forgotten"
    assert authors(library) == {"i1": "odilon", "i3": "cache"}
    assert "Le mot de Luc." in client.get("/items/i1").text
    assert "Luc Martin" not in client.get("/items/i1").text + client.get("/admin/accounts").text


@pytest.mark.parametrize("fields", [{"words": "keep", "sure": "claire"}, {"words": "keep"}, {"sure": "luc"}])
def test_an_unconfirmed_erasure_erases_no_person(library: Library, client: TestClient, fields: dict[str, str]) -> None:
    assert send(client, "/admin/forget/luc", **fields).status_code == 400
    assert authors(library)["i2"] == "luc"


def test_an_author_known_in_own_libraries_alone_is_not_listed(client: TestClient) -> None:
    assert client.get("/admin/forget/cache").status_code == client.get("/admin/forget/personne").status_code == 404


def test_the_last_administrator_and_the_only_owner_see_what_prevents_the_erasure(
    library: Library, client: TestClient
) -> None:
    assert "seul" in client.get("/admin/forget/claire").text
    luc, claire = (as_(library, login).user_id or "" for login in ("luc", "claire"))
    with library.store.write() as writing:
        writing.groups.set_role(luc, LECTURES.id, Role.OWNER)
        writing.groups.set_role(claire, LECTURES.id, Role.MEMBER)
    page = client.get("/admin/forget/luc").text
    assert "Lectures" in page
    assert 'name="sure"' not in page
    sent = send(client, "/account/data", "/admin/forget/luc", words="keep", sure="luc")
    assert sent.status_code == 409


def test_only_administrators_see_the_erasure_page(library: Library) -> None:
    other = TestClient(create_app(library))
    sign_in(other, "luc")
    assert other.get("/admin/forget/odilon").status_code == 404
    assert send(other, "/account/data", "/admin/forget/odilon", words="keep", sure="odilon").status_code == 404
    assert authors(library)["i1"] == "odilon"
