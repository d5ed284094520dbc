"""Saving a search from the page that shows what it finds; renaming it, removing it, having it back."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.indexer import catch_up
from kb.library.groups import add_group
from kb.library.membership import remove_member, set_role
from kb.library.opening import Library
from kb.library.saved import MOST_SAVED, save_search, saved_search, saved_searches
from kb.model.group import Group, Role, Visibility
from kb.web.app import create_app
from tests.factories import an_item
from tests.group_factories import as_, log_of
from tests.library_factories import an_empty_library, keep
from tests.signing_in import an_account, send, sign_in

NEW = "/saved/new"
SEARCH = "/g/lectures?q=agents&tag=rh&page=1"
PEOPLE = {"claire": Role.OWNER, "paul": Role.MEMBER, "sophie": Role.READER}


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in (*PEOPLE, "luc"):
            an_account(library, login, name=login.title())
        group = add_group(library, OPERATOR, "lectures", "Lectures communes")
        for login, role in PEOPLE.items():
            set_role(library, OPERATOR, "lectures", login, role)
        keep(library, an_item("Les agents", id="un", group=group, tags=["rh"], added="2015-01-01"))
        catch_up(library)
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    app = create_app(library)
    browsers = {login: TestClient(app, follow_redirects=False) for login in ("", *PEOPLE, "luc")}
    for login, client in browsers.items():
        if login:
            sign_in(client, login)
    return browsers


def fields_of(page: str) -> dict[str, str]:
    """What the form that saves a search holds, as a browser sends it when nothing is touched."""
    form = page[page.index('action="/saved/new"') :].partition("</form>")[0]
    held = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    chosen = re.search(r'<option value="([^"]*)" selected', form)
    return {**{name: value.replace("&amp;", "&") for name, value in held.items()}, "group": chosen[1] if chosen else ""}


def saved_by(client: TestClient, address: str = SEARCH, **typed: str) -> Any:
    fields = {**fields_of(client.get(address).text), **typed}
    return client.post(NEW, data=fields)


def id_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.headers["location"]).path.rpartition("/")[2]


def test_a_member_saves_what_a_page_finds_and_is_led_to_it(browser: dict[str, TestClient], library: Library) -> None:
    answer = saved_by(browser["paul"], name=" Agents  publics ")
    page = browser["paul"].get(answer.headers["location"])
    assert "La recherche est enregistrée" in page.text
    saved = saved_search(library, ANONYMOUS, id_of(answer))
    assert (saved.search.name, saved.group.slug) == ("Agents publics", "lectures")
    assert parse_qs(saved.search.parameters) == {"q": ["agents"], "group": ["lectures"], "tag": ["rh"]}
    assert "Agents publics" in browser[""].get("/g/lectures").text
    assert "un" in browser[""].get(f"/saved/{saved.search.id}.atom").text
    with library.store.read() as reading:
        assert reading.moderation.acts()[0][1].act == "search-saved"


def test_the_form_is_for_who_can_save_and_for_what_is_asked(browser: dict[str, TestClient]) -> None:
    for login, offered in (("", False), ("claire", True), ("paul", True)):
        assert ("Enregistrer cette recherche" in browser[login].get(SEARCH).text) is offered, login
    for address in ("/search", "/g/lectures", "/g/lectures?page=1&per_page=5", "/search?sort=title"):
        assert "Enregistrer cette recherche" not in browser["paul"].get(address).text, address
    for address in ("/search?q=agents", "/search?tag=rh", "/g/lectures/tag/rh", "/g/lectures?view=passages"):
        assert "Enregistrer cette recherche" in browser["paul"].get(address).text, address


def test_one_saves_for_ones_groups_and_for_oneself_and_for_no_other(
    browser: dict[str, TestClient], library: Library
) -> None:
    add_group(library, OPERATOR, "ailleurs", "Un autre groupe")
    page = browser["paul"].get(SEARCH).text
    assert re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)', _select(page)) == [
        ("~paul", "", "Ma bibliothèque"),
        ("lectures", " selected", "Lectures communes"),
    ]
    # A reader keeps for themselves what they find in the group.
    assert re.findall(r'<option value="([^"]*)"', _select(browser["sophie"].get(SEARCH).text)) == ["~sophie"]
    assert saved_by(browser["sophie"], group="lectures").status_code == 403
    assert saved_by(browser["paul"], group="ailleurs").status_code == 403
    assert saved_by(browser["paul"], group="~claire").status_code == saved_by(browser["paul"], group="rien").status_code
    assert saved_by(browser["paul"], group="~claire").status_code == 404
    assert saved_searches(library, OPERATOR) == ()


def test_what_one_saves_for_oneself_is_nobody_elses(browser: dict[str, TestClient], library: Library) -> None:
    own = id_of(saved_by(browser["paul"], "/search?q=agents", name="Pour moi seul"))
    assert saved_search(library, as_(library, "paul"), own).group.slug == "~paul"
    mine = browser["paul"].get("/saved").text
    assert "Pour moi seul" in mine
    assert "Ma bibliothèque" in mine
    an_account(library, "ines", administrator=True)
    ines = TestClient(browser[""].app, follow_redirects=False)
    sign_in(ines, "ines")
    for client in (browser[""], browser["claire"], ines):
        assert "Pour moi seul" not in client.get("/saved").text
        assert "Pour moi seul" not in client.get("/saved.opml").text
        for address in (f"/saved/{own}", f"/saved/{own}.atom", f"/saved/{own}/edit"):
            assert client.get(address).status_code == 404
    # The log says that something was done, not what they look for.
    with library.store.read() as reading:
        assert [act.detail for _, act in reading.moderation.acts() if act.act.startswith("search")] == [None]


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "besoin d’un nom"), ("   ", "besoin d’un nom"), ("x" * 201, "200 caractères"), ("a\x00b", "besoin d’un nom")],
)
def test_a_name_that_cannot_be_is_told_beside_it_with_what_was_typed(
    browser: dict[str, TestClient], library: Library, name: str, said: str
) -> None:
    answer = saved_by(browser["paul"], name=name)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert fields_of(answer.text)["parameters"] == "q=agents&group=lectures&tag=rh"
    assert fields_of(answer.text)["group"] == "lectures"
    assert saved_searches(library, OPERATOR) == ()


def test_a_name_that_is_taken_is_told_and_another_one_saves(browser: dict[str, TestClient]) -> None:
    first = saved_by(browser["paul"], name="Agents")
    # The same search under the same name is the one that is there: a form that was sent twice.
    assert id_of(saved_by(browser["claire"], name="Agents")) == id_of(first)
    other = saved_by(browser["claire"], "/g/lectures?q=agents", name="Agents")
    assert other.status_code == 409
    assert "choisissez un autre nom" in other.text
    assert 'value="Agents"' in other.text
    again = browser["claire"].post(NEW, data={**fields_of(other.text), "name": "Agents aussi"})
    assert id_of(again) != id_of(first)


@pytest.mark.parametrize(
    "parameters", ["", "page=2x", "inconnu=1", "q=" + "x" * 3000, "&".join(["tag=a"] * 500), "q=%ff", "view=tout"]
)
def test_what_spells_no_search_is_not_saved(browser: dict[str, TestClient], library: Library, parameters: str) -> None:
    answer = saved_by(browser["paul"], parameters=parameters)
    assert answer.status_code == 400
    assert saved_searches(library, OPERATOR) == ()


def test_a_group_keeps_so_many_searches(browser: dict[str, TestClient], library: Library) -> None:
    for number in range(MOST_SAVED):
        save_search(library, OPERATOR, "lectures", f"Numéro {number}", f"q=agents{number}")
    answer = saved_by(browser["paul"], name="Une de trop")
    assert answer.status_code == 409
    assert "supprimez-en une" in answer.text


def test_a_form_without_our_token_saves_removes_and_restores_nothing(
    browser: dict[str, TestClient], library: Library
) -> None:
    saved = save_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    fields = {"group": "lectures", "name": "Autre", "parameters": "q=eau"}
    assert browser["paul"].post(NEW, data=fields).status_code == 403
    for act in ("remove", "rename", "restore"):
        answer = browser["paul"].post(f"/saved/{saved.id}/edit", data={"act": act, **fields})
        assert answer.status_code == 403
    assert [one.search.name for one in saved_searches(library, OPERATOR)] == ["Agents"]


def test_a_search_that_names_a_closed_group_is_not_shown_to_others(
    browser: dict[str, TestClient], library: Library
) -> None:
    add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "cave", "paul", Role.MEMBER)
    answer = saved_by(browser["paul"], "/search?q=agents&group=cave", group="lectures")
    assert answer.status_code == 400
    assert "La cave" in answer.text
    assert "ne peuvent pas lire" in answer.text
    # For that group itself, and for oneself, it can be.
    assert saved_by(browser["paul"], "/search?q=agents&group=cave", group="cave").status_code == 303
    assert saved_by(browser["paul"], "/search?q=agents&group=cave", group="~paul").status_code == 303
    # Who may not read it is told what they would be told if there were none.
    for slug in ("cave", "rien"):
        named = saved_by(browser["claire"], f"/search?q=agents&group={slug}", group="lectures", name=slug)
        assert named.status_code == 303, slug


def test_a_search_is_renamed_and_keeps_its_address(browser: dict[str, TestClient], library: Library) -> None:
    saved = save_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    save_search(library, OPERATOR, "lectures", "Eau", "q=eau")
    address = f"/saved/{saved.id}/edit"
    assert address in browser["paul"].get("/saved").text
    assert address in browser["paul"].get(f"/saved/{saved.id}").text
    for login in ("", "sophie"):
        assert address not in browser[login].get("/saved").text
        assert address not in browser[login].get(f"/saved/{saved.id}").text
    taken = send(browser["paul"], address, act="rename", name="Eau")
    assert (taken.status_code, "choisissez un autre nom" in taken.text) == (409, True)
    assert send(browser["paul"], address, act="rename", name=" ").status_code == 400
    assert send(browser["paul"], address, act="rename", name="Agents").status_code == 303
    assert send(browser["paul"], address, act="rename", name="Agents publics").status_code == 303
    assert saved_search(library, ANONYMOUS, saved.id).search.name == "Agents publics"
    assert "Agents publics" in browser[""].get(f"/saved/{saved.id}.atom").text


def test_a_search_is_removed_and_had_back_as_it_was(browser: dict[str, TestClient], library: Library) -> None:
    saved = save_search(library, OPERATOR, "lectures", "L'« eau » & <b>", "q=agents&tag=rh&sort=title").search
    address = f"/saved/{saved.id}/edit"
    before = browser[""].get(f"/saved/{saved.id}.atom").text
    page = send(browser["paul"], address, act="remove")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Annuler la suppression" in page.text
    assert browser[""].get(f"/saved/{saved.id}").status_code == 404
    assert send(browser["paul"], "/logout", address, act="remove").status_code == 404
    form = page.text[page.text.index(f'action="{address}"') :].partition("</form>")[0]
    fields = {name: _unescaped(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    restored = browser["paul"].post(address, data=fields)
    assert restored.status_code == 303
    assert saved_search(library, ANONYMOUS, saved.id).search == saved
    assert browser[""].get(f"/saved/{saved.id}.atom").text == before
    assert "rétablie" in browser["paul"].get(restored.headers["location"]).text
    # Sent twice, it changes nothing.
    assert browser["paul"].post(address, data=fields).status_code == 303
    assert len(saved_searches(library, OPERATOR)) == 1
    assert log_of(library, _lectures(library))[-3:] == ["search-saved", "search-removed", "search-saved"]


def test_what_was_removed_does_not_come_back_where_its_name_is_taken(
    browser: dict[str, TestClient], library: Library
) -> None:
    saved = save_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    address = f"/saved/{saved.id}/edit"
    send(browser["paul"], address, act="remove")
    save_search(library, OPERATOR, "lectures", "Agents", "q=eau")
    fields = {"act": "restore", "group": "lectures", "name": "Agents", "parameters": "q=agents"}
    answer = send(browser["paul"], "/logout", address, **fields)
    assert answer.status_code == 409
    assert "choisissez un autre nom" in answer.text


def test_nothing_is_restored_that_this_group_has_not_removed(browser: dict[str, TestClient], library: Library) -> None:
    gone = save_search(library, OPERATOR, "lectures", "Agents", "q=agents").search.id
    alive = save_search(library, OPERATOR, "lectures", "Eau", "q=eau").search.id
    send(browser["paul"], f"/saved/{gone}/edit", act="remove")
    for search_id, group, login, status in (
        # An address that others follow is not taken over by who puts something else there.
        (gone, "~luc", "luc", 404),
        (alive, "~luc", "luc", 404),
        ("jamais-vue", "~luc", "luc", 404),
        ("new", "~luc", "luc", 404),
        (gone, "lectures", "sophie", 403),
        (gone, "~paul", "luc", 404),
    ):
        fields = {"act": "restore", "group": group, "name": "Autre chose", "parameters": "q=spam"}
        answer = send(browser[login], "/logout", f"/saved/{search_id}/edit", **fields)
        assert answer.status_code == status, (search_id, group, login)
    assert [one.search.id for one in saved_searches(library, OPERATOR)] == [alive]
    later = {"act": "restore", "group": "lectures", "name": "Agents", "parameters": "q=agents"}
    for created in ("", "hier", "9999-01-01T00:00:00Z"):
        back = send(browser["paul"], "/logout", f"/saved/{gone}/edit", created=created, **later)
        assert back.status_code == 303
        assert saved_search(library, ANONYMOUS, gone).search.created_at < "2999"
        send(browser["paul"], f"/saved/{gone}/edit", act="remove")


def test_who_is_no_member_any_more_changes_nothing(browser: dict[str, TestClient], library: Library) -> None:
    saved = save_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    remove_member(library, OPERATOR, "lectures", "paul")
    address = f"/saved/{saved.id}/edit"
    assert browser["paul"].get(address).status_code == 403
    assert send(browser["paul"], "/logout", address, act="remove").status_code == 403
    assert send(browser["claire"], address, act="autre").status_code == 400
    assert browser[""].get(address).headers["location"].startswith("/login?next=")


def test_the_form_alone_is_a_page_too(browser: dict[str, TestClient]) -> None:
    assert fields_of(browser["paul"].get("/saved/new?q=agents").text)["parameters"] == "q=agents"
    assert "Faites d’abord une recherche" in browser["paul"].get(NEW).text
    assert browser["paul"].get("/saved/new?page=0").status_code == 400
    assert browser[""].get("/saved/new?q=agents").headers["location"].startswith("/login?next=")
    assert "rien" not in _select(browser["paul"].get("/saved/new?q=agents&group=rien").text)


def _lectures(library: Library) -> Group:
    with library.store.read() as reading:
        found = reading.groups.by_slug("lectures")
    assert found is not None
    return found


def _select(page: str) -> str:
    """The choice of a group."""
    return page.partition('id="save-group"')[2].partition("</select>")[0]


def _unescaped(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text
