"""Editing tags and bulk changes of items, on the pages."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.items.items import item_page
from kb.services.tags.tags import tag_counts
from kb.site import create_app
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

pytestmark = pytest.mark.usefixtures("impatient")

HOSTILE = ("a/b?c#d&e", "\"'><script>alert(1)</script>", "🗺️ carte", "עברית", "x" * 200, "100 %", "a.rss", "..")
EDIT = "/g/lectures/tags/edit"


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Library, dict[str, TestClient]]]:
    with closing(an_empty_library()) as bare:
        library = replace(bare, settings=replace(bare.settings, rate_write=0))
        people = {"claire": Role.OWNER, "paul": Role.MEMBER}
        for login in people:
            an_account(library, login, name=login.title())
        group = add_group(library, OPERATOR, "lectures", "Lectures communes")
        for login, role in people.items():
            set_role(library, OPERATOR, "lectures", login, role)
        add_items(library, an_item("Hostile", id="hostile", group=group, tags=HOSTILE))
        add_items(library, *(an_item(f"Note {n}", id=f"n{n}", group=group, tags=["Agents", "lot"]) for n in range(23)))
        add_items(library, an_item("Note p", id="np", group=group, tags=["agents", "energies", "Énergie"]))
        catch_up(library)
        app = create_app(library)
        browsers = {login: TestClient(app, follow_redirects=False) for login in people}
        for login, client in browsers.items():
            sign_in(client, login)
        yield library, browsers


def counts(library: Library) -> dict[str, int]:
    catch_up(library)
    return {tag_count.label: tag_count.count for tag_count in tag_counts(library, OPERATOR, "lectures")}


def undo(client: TestClient, page: str) -> Any:
    action = re.search(r'action="(/restore/[^"]+)"', client.get(page).text)
    assert action is not None
    return send(client, page, action[1])


def test_a_tag_is_renamed_after_a_preview_and_undone(opened: tuple[Library, Any]) -> None:
    library, browsers = opened
    claire = browsers["claire"]
    page = f"{EDIT}?tag=agents&name=fonction+publique"
    text = claire.get(page).text
    assert "24 signets porteront" in text
    assert "Agents (23), agents (1)" in text
    known = claire.get("/g/lectures/tag/agents.atom").headers["etag"]
    response = send(claire, page, EDIT, act="rename", tag="agents", name="fonction publique")
    assert response.status_code == 303
    location = response.headers["location"]
    assert urlsplit(location).path == "/g/lectures/tag/fonction%20publique"
    assert counts(library)["fonction publique"] == 24
    old = claire.get("/g/lectures/tag/agents").text
    assert "a changé de nom" in old
    assert "/g/lectures/tag/fonction%20publique" in old
    assert re.search(r'<a href="/g/lectures/tags"[^>]* aria-current="true"', old)
    for validator in ({}, {"If-None-Match": known}):
        feed = claire.get("/g/lectures/tag/agents.atom", headers=validator)
        assert (feed.status_code, feed.headers["location"]) == (308, "/g/lectures/tag/fonction%20publique.atom")
    assert claire.get("/g/lectures/tag/lot.atom").status_code == 200
    assert undo(claire, location).status_code == 303
    assert counts(library)["Agents"] == 24
    assert "renommé le mot-clé" in claire.get("/g/lectures/log").text


def test_the_new_name_begins_as_the_old_one(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    claire = browsers["claire"]
    assert re.search(r'<input[^>]* name="name"[^>]* value="lot"', claire.get(f"{EDIT}?tag=lot").text)
    assert ">Renommer<" not in claire.get(f"{EDIT}?tag=lot&name=lot").text
    # One of the items has another spelling.
    assert ">Renommer<" in claire.get(f"{EDIT}?tag=agents&name=Agents").text


def test_tags_that_look_alike_are_put_together(opened: tuple[Library, Any]) -> None:
    library, browsers = opened
    claire = browsers["claire"]
    chooser = claire.get(EDIT).text
    assert "tag=energies" in chooser
    page = f"{EDIT}?tag=energies&tag=%C3%89nergie&name=%C3%89nergie"
    assert "Réunir" in claire.get(page).text
    data = {"act": "rename", "tag": ["energies", "Énergie"], "name": "Énergie"}
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', claire.get(page).text)
    assert token is not None
    response = claire.post(EDIT, data={**data, "form_token": token[1]})
    assert response.status_code == 303
    assert counts(library)["Énergie"] == 1
    assert "energies" not in counts(library)


@pytest.mark.parametrize("tag", HOSTILE)
def test_hostile_tags_have_their_page_and_come_back(opened: tuple[Library, Any], tag: str) -> None:
    library, browsers = opened
    claire = browsers["claire"]
    page = f"{EDIT}?{urlencode({'tag': tag, 'name': 'neuve'})}"
    text = claire.get(page).text
    assert "<script>alert" not in text
    assert send(claire, page, EDIT, act="rename", tag=tag, name="neuve").status_code == 303
    back = send(claire, f"{EDIT}?tag=neuve&name=x", EDIT, act="rename", tag="neuve", name=tag)
    assert claire.get(back.headers["location"]).status_code == 200
    assert counts(library)[tag] == 1


def test_an_impossible_change_has_its_error_beside_the_form_and_typed_values_stay(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    claire = browsers["claire"]
    long = "y" * 201
    for name, status in ((long, 400), (" ", 400)):
        answer = send(claire, f"{EDIT}?tag=lot&name=x", EDIT, act="rename", tag="lot", name=name)
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
    assert long in send(claire, f"{EDIT}?tag=lot&name=x", EDIT, act="rename", tag="lot", name=long).text
    assert send(claire, f"{EDIT}?tag=lot&name=x", EDIT, act="rename", tag="zzz", name="x").status_code == 404
    assert send(claire, f"{EDIT}?tag=lot&name=x", EDIT, act="rien", tag="lot").status_code == 400
    assert claire.get(f"{EDIT}?tag=zzz").status_code == 404


def test_words_about_tags_are_masculine_and_agree_with_their_number(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    claire = browsers["claire"]
    assert ">Continuer<" in claire.get(EDIT).text
    two = claire.get(f"{EDIT}?tag=lot&tag=Agents").text
    assert "Un seul nom pour tous" in two
    assert "Les retirer de tous les signets…" in two
    assert "Les retirer de ces signets" in claire.get(f"{EDIT}?tag=lot&tag=Agents&act=delete").text
    assert "Le retirer de tous les signets…" in claire.get(f"{EDIT}?tag=lot").text
    assert "Ceux du groupe vous sont proposés" in claire.get("/items/np/edit").text


def test_a_result_with_many_tags_leads_to_all_of_them(opened: tuple[Library, Any]) -> None:
    library, browsers = opened
    group = item_page(library, OPERATOR, "np").group
    add_items(
        library, an_item("Cent mots-clés", id="cent", group=group, order=99, tags=[f"rang {n}" for n in range(100)])
    )
    catch_up(library)
    row = browsers["paul"].get("/search?q=Cent+mots-cl%C3%A9s").text
    assert re.search(r'<a href="/items/cent[^"]*">\+88 mots-clés</a>', row)
    whole = browsers["paul"].get("/items/cent").text
    assert all(f">rang {n}</a>" in whole for n in range(100))


def test_a_member_is_not_led_there(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    assert EDIT not in browsers["paul"].get("/g/lectures/tags").text
    assert EDIT in browsers["claire"].get("/g/lectures/tags").text
    assert browsers["paul"].get(EDIT).status_code == 403


def test_ticked_items_get_tags_at_once(opened: tuple[Library, Any]) -> None:
    library, browsers = opened
    paul, page, listing = browsers["paul"], "/bulk?group=lectures&tag=lot", "/g/lectures/tag/lot?select=1"
    assert 'tag/lot?select=1"' in paul.get("/g/lectures/tag/lot").text
    assert 'name="item" value="n1"' in paul.get(listing).text
    form = f"{page}&act=tag&item=n1"
    response = send(
        paul, form, page, act="tag", scope="ticked", item="n1", add="à relire, eau", remove="lot", back=listing
    )
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{listing}&done=items-tagged&undo=")
    assert counts(library)["à relire"] == 1
    page_text = paul.get(response.headers["location"]).text
    assert "Les mots-clés des signets choisis sont modifiés" in page_text
    action = re.search(r'action="(/restore/[^"]+)"', page_text)
    assert action is not None
    assert send(paul, form, action[1]).status_code == 303
    assert counts(library)["lot"] == 23


def test_all_results_are_asked_about_first_and_again_when_they_have_changed(opened: tuple[Library, Any]) -> None:
    library, browsers = opened
    paul, page = browsers["paul"], "/bulk?group=lectures&tag=lot"
    form = f"{page}&act=tag&scope=all"
    preview = send(paul, form, page, act="tag", scope="all", add="tous")
    assert preview.status_code == 200
    assert "Modifier 23 signets" in preview.text
    assert "tous" not in counts(library)
    assert send(paul, form, page, act="tag", scope="all", add="tous", total="22").status_code == 409
    response = send(paul, form, page, act="tag", scope="all", add="tous", total="23")
    assert response.headers["location"].startswith("/g/lectures/tag/lot?select=1&done=items-tagged&undo=")
    assert counts(library)["tous"] == 23


def test_items_of_others_keep_the_tag_and_are_named(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    form = "/bulk?group=lectures&act=bin&item=n2"
    response = send(browsers["paul"], form, "/bulk?group=lectures", act="bin", scope="ticked", item="n2")
    assert "0 signet est à la corbeille." in response.text
    assert "Note 2" in response.text
    claire = send(browsers["claire"], form, "/bulk?group=lectures", act="bin", scope="ticked", item="n2")
    assert "Les signets choisis sont à la corbeille." in browsers["claire"].get(claire.headers["location"]).text


def test_a_form_without_items_or_tags_comes_back_with_what_was_typed(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    page = "/bulk?group=lectures"
    for fields in (
        {"act": "tag", "scope": "ticked", "add": "gardée"},
        {"act": "tag", "item": "n1", "add": ""},
        {"act": "rien"},
    ):
        answer = send(browsers["paul"], f"{page}&act=tag&item=n1", page, **fields)
        assert answer.status_code == 400
        assert fields.get("add", "") in answer.text
    assert TestClient(browsers["paul"].app, follow_redirects=False).get(page).status_code in (303, 401)


def test_tags_are_proposed_for_the_fields(opened: tuple[Library, Any]) -> None:
    _, browsers = opened
    suggestions = browsers["paul"].get(f"/g/lectures/tags/suggest?q={quote('AGEN')}").json()
    assert suggestions == [{"title": "Du groupe", "tags": [{"tag": "Agents", "hint": "24 signets"}]}]
