"""Saving a search from the page on how to follow its results."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.model.people.group import Role, Visibility
from kb.model.saved_search import LONGEST_NAME
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.search.saved_searches import (
    MOST_SAVED,
    create_saved_search,
    readable_saved_search,
    readable_saved_searches,
)
from tests.factories.group import as_
from tests.factories.saved_search import (
    LOGINS,
    NEW,
    a_library_of_lectures,
    fields_of,
    id_of,
    save_form_page,
    save_search_as,
)
from tests.support.browser_sessions import an_account, browsers_of, sign_in


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of_lectures() as library:
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, LOGINS, follow_redirects=False)


def test_a_member_saves_what_a_page_finds_and_is_led_to_it(browser: dict[str, TestClient], library: Library) -> None:
    answer = save_search_as(browser["paul"], name=" Agents  publics ")
    page = browser["paul"].get(answer.headers["location"])
    assert "La recherche est enregistrée" in page.text
    saved = readable_saved_search(library, ANONYMOUS, id_of(answer))
    assert (saved.search.name, saved.group.slug) == ("Agents publics", "lectures")
    assert parse_qs(saved.search.parameters) == {"q": ["agents"], "group": ["lectures"], "tag": ["rh"]}
    assert "Agents publics" in browser[""].get("/g/lectures").text
    assert "un" in browser[""].get(f"/saved/{saved.search.id}.atom").text
    with library.store.read() as reading:
        assert reading.moderation.log_entries()[0][1].action == "search-saved"


def test_the_save_form_is_for_members_and_for_searches_that_ask_something(browser: dict[str, TestClient]) -> None:
    for login, offered in (("", False), ("claire", True), ("paul", True)):
        assert ('action="/saved/new"' in save_form_page(browser[login])) is offered, login
    for address in ("/search", "/g/lectures", "/g/lectures?page=1&per_page=5", "/search?sort=title"):
        assert 'action="/saved/new"' not in save_form_page(browser["paul"], address), address
    for address in ("/search?q=agents", "/search?tag=rh", "/g/lectures/tag/rh", "/g/lectures?view=passages"):
        page = save_form_page(browser["paul"], address)
        assert 'action="/saved/new"' in page, address
        assert ("s’en tient à ses mots" in page) is ("q=" in address), address


def test_a_search_that_was_corrected_is_saved_with_the_corrected_words(
    browser: dict[str, TestClient], library: Library
) -> None:
    for address in ("/search?q=agennts", "/g/lectures?q=agennts"):
        page = save_form_page(browser["paul"], address)
        assert fields_of(page)["parameters"].startswith("q=agents")
        assert fields_of(page)["name"] == "agents"
    answer = save_search_as(browser["paul"], "/search?q=agennts", name="Corrigée")
    assert readable_saved_search(library, as_(library, "paul"), id_of(answer)).search.request.q == "agents"


def test_a_user_saves_searches_for_own_groups_and_the_own_library_only(
    browser: dict[str, TestClient], library: Library
) -> None:
    add_group(library, OPERATOR, "ailleurs", "Un autre groupe")
    page = save_form_page(browser["paul"])
    assert re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)', _select(page)) == [
        ("~paul", "", "Ma bibliothèque"),
        ("lectures", " selected", "Lectures communes"),
    ]
    # A reader saves a search in the group for themselves.
    assert re.findall(r'<option value="([^"]*)"', _select(save_form_page(browser["sophie"]))) == ["~sophie"]
    assert save_search_as(browser["sophie"], group="lectures").status_code == 403
    assert save_search_as(browser["paul"], group="ailleurs").status_code == 403
    assert (
        save_search_as(browser["paul"], group="~claire").status_code
        == save_search_as(browser["paul"], group="rien").status_code
    )
    assert save_search_as(browser["paul"], group="~claire").status_code == 404
    assert readable_saved_searches(library, OPERATOR) == ()


def test_a_search_saved_in_the_own_library_is_private(browser: dict[str, TestClient], library: Library) -> None:
    own = id_of(save_search_as(browser["paul"], "/search?q=agents", name="Pour moi seul"))
    assert readable_saved_search(library, as_(library, "paul"), own).group.slug == "~paul"
    own_page = browser["paul"].get("/saved").text
    assert "Pour moi seul" in own_page
    assert "Ma bibliothèque" in own_page
    an_account(library, "ines", administrator=True)
    ines = TestClient(browser[""].app, follow_redirects=False)
    sign_in(ines, "ines")
    for client in (browser[""], browser["claire"], ines):
        assert "Pour moi seul" not in client.get("/saved").text
        assert "Pour moi seul" not in client.get("/saved.opml").text
        for address in (f"/saved/{own}", f"/saved/{own}.atom", f"/saved/{own}/edit"):
            assert client.get(address).status_code == 404
    # The log records the action, not the query.
    with library.store.read() as reading:
        assert [entry.detail for _, entry in reading.moderation.log_entries() if entry.action.startswith("search")] == [
            None
        ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("", "besoin d’un nom"), ("   ", "besoin d’un nom"), ("x" * 201, "200 caractères"), ("a\x00b", "besoin d’un nom")],
)
def test_an_invalid_name_has_its_error_beside_it_and_stays_in_the_form(
    browser: dict[str, TestClient], library: Library, name: str, expected: str
) -> None:
    answer = save_search_as(browser["paul"], name=name)
    assert answer.status_code == 400
    assert expected in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert fields_of(answer.text)["parameters"] == "q=agents&group=lectures&tag=rh"
    assert fields_of(answer.text)["group"] == "lectures"
    assert readable_saved_searches(library, OPERATOR) == ()


def test_a_used_name_is_refused_and_a_free_name_is_saved(browser: dict[str, TestClient]) -> None:
    first = save_search_as(browser["paul"], name="Agents")
    # The same query under the same name is the existing saved search: the form was sent twice.
    assert id_of(save_search_as(browser["claire"], name="Agents")) == id_of(first)
    other = save_search_as(browser["claire"], "/g/lectures?q=agents", name="Agents")
    assert other.status_code == 409
    assert "choisissez un autre nom" in other.text
    assert 'value="Agents"' in other.text
    again = browser["claire"].post(NEW, data={**fields_of(other.text), "name": "Agents aussi"})
    assert id_of(again) != id_of(first)


@pytest.mark.parametrize(
    "parameters", ["", "page=2x", "inconnu=1", "q=" + "x" * 3000, "&".join(["tag=a"] * 500), "q=%ff", "view=tout"]
)
def test_an_invalid_search_is_not_saved(browser: dict[str, TestClient], library: Library, parameters: str) -> None:
    answer = save_search_as(browser["paul"], parameters=parameters)
    assert answer.status_code == 400
    assert readable_saved_searches(library, OPERATOR) == ()


def test_the_number_of_searches_of_a_group_is_bounded(browser: dict[str, TestClient], library: Library) -> None:
    for number in range(MOST_SAVED):
        create_saved_search(library, OPERATOR, "lectures", f"Numéro {number}", f"q=agents{number}")
    answer = save_search_as(browser["paul"], name="Une de trop")
    assert answer.status_code == 409
    assert "supprimez-en une" in answer.text


def test_a_form_without_our_token_saves_removes_and_restores_nothing(
    browser: dict[str, TestClient], library: Library
) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    fields = {"group": "lectures", "name": "Autre", "parameters": "q=eau"}
    assert browser["paul"].post(NEW, data=fields).status_code == 403
    for act in ("remove", "rename", "restore"):
        answer = browser["paul"].post(f"/saved/{saved.id}/edit", data={"act": act, **fields})
        assert answer.status_code == 403
    assert [saved_search.search.name for saved_search in readable_saved_searches(library, OPERATOR)] == ["Agents"]


def test_a_search_that_names_a_closed_group_is_not_shown_to_others(
    browser: dict[str, TestClient], library: Library
) -> None:
    add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "cave", "paul", Role.MEMBER)
    answer = save_search_as(browser["paul"], "/search?q=agents&group=cave", group="lectures")
    assert answer.status_code == 400
    assert "La cave" in answer.text
    assert "ne peuvent pas lire" in answer.text
    # It can be saved for that group itself and for the user alone.
    assert save_search_as(browser["paul"], "/search?q=agents&group=cave", group="cave").status_code == 303
    address = f"/saved/{id_of(save_search_as(browser['paul'], '/search?q=agents&group=cave', group='~paul'))}"
    # A user who may not read the group gets the same message as for a group that does not exist.
    for slug in ("cave", "rien"):
        named = save_search_as(browser["claire"], f"/search?q=agents&group={slug}", group="lectures", name=slug)
        assert named.status_code == 400, slug
        assert "Ce groupe n’existe pas, ou vous ne pouvez pas le lire." in named.text
    # A user who lost the right to read the group no longer finds a search that names it, and finds it again with the
    # right.
    remove_member(library, OPERATOR, "cave", "paul")
    assert browser["paul"].get(address).status_code == 404
    assert "cave" not in browser["paul"].get("/saved").text
    set_role(library, OPERATOR, "cave", "paul", Role.MEMBER)
    assert browser["paul"].get(address).status_code == 200


def test_the_form_alone_is_a_page_too(browser: dict[str, TestClient]) -> None:
    assert fields_of(browser["paul"].get("/saved/new?q=agents").text)["parameters"] == "q=agents"
    assert len(fields_of(browser["paul"].get(f"/saved/new?q={'agents+' * 100}").text)["name"]) == LONGEST_NAME
    assert "Faites d’abord une recherche" in browser["paul"].get(NEW).text
    assert browser["paul"].get("/saved/new?page=0").status_code == 400
    assert browser[""].get("/saved/new?q=agents").headers["location"].startswith("/login?next=")
    assert "rien" not in _select(browser["paul"].get("/saved/new?q=agents&group=rien").text)


def _select(page: str) -> str:
    """The choice of groups."""
    return page.partition('id="save-group"')[2].partition("</select>")[0]
