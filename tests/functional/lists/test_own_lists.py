"""“My lists”: every list that a user may change or has created, on one page, with a filter and a form."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.items.item_fields import ItemFields
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core import pagination
from kb.services.core.library import Library
from kb.services.groups.membership import join_group, set_role
from kb.services.items.item_creation import save_item
from kb.services.lists.lists import create_list
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.support.browser_sessions import PASSWORD, send, sign_in


@pytest.fixture
def paul(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), follow_redirects=False) as client:
        sign_in(client, "paul", PASSWORD)
        yield client


def names_in(page: str) -> list[str]:
    return re.findall(r'<a href="/lists/[^"]+" dir="auto">([^<]+)</a>', page)


def test_all_lists_that_the_user_may_edit_are_shown_latest_first(library: Library, paul: TestClient) -> None:
    ours, theirs = a_shared(library), a_shared(library)
    join_group(library, as_(library, "paul"), ours.slug)
    claire, member = as_(library, "claire"), as_(library, "paul")
    create_list(library, claire, ours.slug, "Du groupe")
    create_list(library, claire, ours.slug, "De Claire", private=True)
    create_list(library, claire, theirs.slug, "D’ailleurs")
    create_list(library, member, "~paul", "À moi")
    page = paul.get("/lists?lang=fr").text
    assert sorted(names_in(page)) == ["Du groupe", "À moi"]
    assert "Mes listes" in page
    assert ours.name in page
    assert names_in(paul.get("/lists?q=GROUPE").text) == ["Du groupe"]
    nothing = paul.get("/lists?q=zzz&lang=fr").text
    assert names_in(nothing) == []
    assert "Aucune de vos listes" in nothing


def test_the_menu_of_every_page_leads_to_them_and_a_list_is_made_there(library: Library, paul: TestClient) -> None:
    assert 'href="/lists"' in paul.get("/").text
    response = send(paul, "/lists", "/lists", group="~paul", name="Nouvelle")
    assert response.status_code == 303
    assert re.match(r"/lists/[\w-]+/edit", response.headers["location"])
    refused = send(paul, "/lists", "/lists", group="~paul", name=" ")
    assert refused.status_code == 400
    assert "form-error" in refused.text
    assert names_in(paul.get("/lists").text) == ["Nouvelle"]


def test_many_lists_have_pages(library: Library, paul: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "ROWS_PER_PAGE", 2)
    for number in range(5):
        create_list(library, as_(library, "paul"), "~paul", f"Liste {number}")
    ids_seen, address = list[str](), "/lists"
    while address:
        page = paul.get(address).text
        ids_seen += names_in(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else ""
    assert sorted(ids_seen) == [f"Liste {number}" for number in range(5)]


def test_an_anonymous_visitor_of_the_lists_is_sent_to_the_login_page(library: Library) -> None:
    with TestClient(create_app(library), follow_redirects=False) as client:
        assert client.get("/lists").headers["location"].startswith("/login")


def test_after_a_change_of_role_the_creator_still_reads_a_list_without_its_editor(
    library: Library, paul: TestClient
) -> None:
    ours = a_shared(library)
    join_group(library, as_(library, "paul"), ours.slug)
    create_list(library, as_(library, "paul"), ours.slug, "De Paul")
    assert "/edit" in paul.get("/lists").text
    set_role(library, as_(library, "claire"), ours.slug, "paul", Role.READER)
    page = paul.get("/lists").text
    assert names_in(page) == ["De Paul"]
    assert "/edit" not in page


def test_an_administrator_is_offered_the_lists_of_groups_that_they_did_not_join(
    library: Library, paul: TestClient
) -> None:
    open_group, closed = a_shared(library), a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    claire = as_(library, "claire")
    for group in (open_group, closed):
        create_list(library, claire, group.slug, f"Liste de {group.slug}")
    create_list(library, claire, open_group.slug, "De Claire seule", private=True)
    item = save_item(library, claire, open_group.slug, ItemFields(title="Les crues"), []).item
    address = f"/bulk?act=list&item={item.id}"
    assert open_group.slug not in paul.get(address).text
    set_administrator(library, OPERATOR, "paul", administrator=True)
    page = paul.get(address).text
    for group in (open_group, closed):
        assert f"Liste de {group.slug}" in page
        assert f'<option value="{group.slug}"' in page
    assert "De Claire seule" not in page
    assert f'<option value="{open_group.slug}">' in paul.get("/lists").text
