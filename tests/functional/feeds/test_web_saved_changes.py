"""Renaming, removing and restoring a saved search."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.model.people.group import Group, Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.search.saved_searches import create_saved_search, readable_saved_search, readable_saved_searches
from tests.factories.group import log_of
from tests.factories.saved_search import (
    LOGINS,
    NEW,
    a_library_of_lectures,
    fields_of,
    id_of,
    save_form_page,
    save_search_as,
)
from tests.support.browser_sessions import browsers_of, send


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of_lectures() as library:
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, LOGINS, follow_redirects=False)


def test_a_search_is_renamed_and_keeps_its_address(browser: dict[str, TestClient], library: Library) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    create_saved_search(library, OPERATOR, "lectures", "Eau", "q=eau")
    address = f"/saved/{saved.id}/edit"
    assert address in browser["paul"].get("/saved").text
    assert address in browser["paul"].get(f"/saved/{saved.id}").text
    for login in ("", "sophie"):
        assert address not in browser[login].get("/saved").text
        assert address not in browser[login].get(f"/saved/{saved.id}").text
    refused = send(browser["paul"], address, act="rename", name="Eau")
    assert (refused.status_code, "choisissez un autre nom" in refused.text) == (409, True)
    assert send(browser["paul"], address, act="rename", name=" ").status_code == 400
    assert send(browser["paul"], address, act="rename", name="Agents").status_code == 303
    assert send(browser["paul"], address, act="rename", name="Agents publics").status_code == 303
    assert readable_saved_search(library, ANONYMOUS, saved.id).search.name == "Agents publics"
    assert "Agents publics" in browser[""].get(f"/saved/{saved.id}.atom").text


def test_another_search_under_its_name_changes_it_and_its_feed_stays(
    browser: dict[str, TestClient], library: Library
) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Eau", "q=eau&tag=rh").search
    page = browser["paul"].get(f"/saved/{saved.id}").text
    assert f'href="/saved/{saved.id}/edit" rel="nofollow">Modifier cette recherche</a>' in page
    page = browser["paul"].get(f"/saved/{saved.id}/edit").text
    assert '<a href="/search?q=eau&amp;tag=rh" dir="auto">«\u202feau\u202f», Mot-clé\u202f: rh</a>' in page
    label = "Enregistrer les changements dans «\u202fEau\u202f»"
    assert f'puis choisissez\u202f: <strong dir="auto">{label}</strong>' in page
    refused = save_search_as(browser["paul"], "/g/lectures?q=agents", name="Eau")
    assert refused.status_code == 409
    button = f'name="change" value="{saved.id}" formnovalidate>{label}'
    assert button in refused.text
    message = "choisissez un autre nom ou, avec le dernier bouton, enregistrez les changements dans cette recherche."
    assert message in refused.text
    assert button in save_search_as(browser["paul"], "/g/lectures?q=agents", name="eau").text
    fields = {**fields_of(refused.text), "change": saved.id}
    assert browser["sophie"].post(NEW, data={**fields, "form_token": _token(browser["sophie"])}).status_code == 403
    assert readable_saved_search(library, ANONYMOUS, saved.id).search == saved
    assert id_of(browser["paul"].post(NEW, data=fields)) == saved.id
    changed = readable_saved_search(library, ANONYMOUS, saved.id).search
    assert (changed.name, changed.parameters) == ("Eau", "q=agents&group=lectures")
    assert "Les agents" in browser[""].get(f"/saved/{saved.id}.atom").text
    # Nor is another group’s named where not all readers may read it.
    hidden = add_group(library, OPERATOR, "cave", "Cave", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, hidden.slug, "paul", Role.MEMBER)
    answer = browser["paul"].post(NEW, data={**fields, "parameters": "q=eau&group=cave"})
    assert answer.status_code == 400


def _token(client: TestClient) -> str:
    return fields_of(save_form_page(client, "/search?q=agents"))["form_token"]


def test_a_search_is_removed_and_had_back_as_it_was(browser: dict[str, TestClient], library: Library) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "L'« eau » & <b>", "q=agents&tag=rh&sort=title").search
    address = f"/saved/{saved.id}/edit"
    before = browser[""].get(f"/saved/{saved.id}.atom").text
    page = send(browser["paul"], address, act="remove")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "Annuler la suppression" in page.text
    assert browser[""].get(f"/saved/{saved.id}").status_code == 404
    assert send(browser["paul"], "/logout", address, act="remove").status_code == 404
    form = page.text[page.text.index(f'action="{address}"') :].partition("</form>")[0]
    fields = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    restored = browser["paul"].post(address, data=fields)
    assert restored.status_code == 303
    assert readable_saved_search(library, ANONYMOUS, saved.id).search == saved
    assert browser[""].get(f"/saved/{saved.id}.atom").text == before
    assert "restaurée" in browser["paul"].get(restored.headers["location"]).text
    # Sending it twice changes nothing.
    assert browser["paul"].post(address, data=fields).status_code == 303
    assert len(readable_saved_searches(library, OPERATOR)) == 1
    assert log_of(library, _lectures(library))[-3:] == ["search-saved", "search-removed", "search-saved"]


def test_a_removed_saved_search_is_not_restored_when_its_name_is_taken(
    browser: dict[str, TestClient], library: Library
) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    address = f"/saved/{saved.id}/edit"
    send(browser["paul"], address, act="remove")
    create_saved_search(library, OPERATOR, "lectures", "Agents", "q=eau")
    fields = {"act": "restore", "group": "lectures", "name": "Agents", "parameters": "q=agents"}
    answer = send(browser["paul"], "/logout", address, **fields)
    assert answer.status_code == 409
    assert "choisissez un autre nom" in answer.text


def test_nothing_is_restored_that_this_group_has_not_removed(browser: dict[str, TestClient], library: Library) -> None:
    removed_search_id = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search.id
    alive = create_saved_search(library, OPERATOR, "lectures", "Eau", "q=eau").search.id
    send(browser["paul"], f"/saved/{removed_search_id}/edit", act="remove")
    for search_id, group, login, status in (
        # A new search never takes over an address that others follow.
        (removed_search_id, "~luc", "luc", 404),
        (alive, "~luc", "luc", 404),
        ("jamais-vue", "~luc", "luc", 404),
        ("new", "~luc", "luc", 404),
        (removed_search_id, "lectures", "sophie", 403),
        (removed_search_id, "~paul", "luc", 404),
    ):
        fields = {"act": "restore", "group": group, "name": "Autre chose", "parameters": "q=spam"}
        answer = send(browser[login], "/logout", f"/saved/{search_id}/edit", **fields)
        assert answer.status_code == status, (search_id, group, login)
    assert [saved_search.search.id for saved_search in readable_saved_searches(library, OPERATOR)] == [alive]
    later = {"act": "restore", "group": "lectures", "name": "Agents", "parameters": "q=agents"}
    for created in ("", "hier", "9999-01-01T00:00:00Z"):
        back = send(browser["paul"], "/logout", f"/saved/{removed_search_id}/edit", created=created, **later)
        assert back.status_code == 303
        assert readable_saved_search(library, ANONYMOUS, removed_search_id).search.created_at < "2999"
        send(browser["paul"], f"/saved/{removed_search_id}/edit", act="remove")


def test_a_former_member_changes_nothing(browser: dict[str, TestClient], library: Library) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    remove_member(library, OPERATOR, "lectures", "paul")
    address = f"/saved/{saved.id}/edit"
    assert browser["paul"].get(address).status_code == 403
    assert send(browser["paul"], "/logout", address, act="remove").status_code == 403
    assert send(browser["claire"], address, act="autre").status_code == 400
    assert browser[""].get(address).headers["location"].startswith("/login?next=")


def _lectures(library: Library) -> Group:
    with library.store.read() as reading:
        group = reading.groups.by_slug("lectures")
    assert group is not None
    return group
