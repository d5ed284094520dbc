"""Users choose others by name among those whom they may know, and do not learn that anyone else exists."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.people.user import User
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, create_group
from kb.services.groups.known_people import SeveralPeople, login_of_typed
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.factories.items import a_user, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

PEOPLE = (
    User("1", "s-point", "Sophie Point"),
    User("2", "s-pointe", "Sophie Pointe"),
    User("3", "evrard", "Paul Évrard-Roy"),
)


@pytest.mark.parametrize(
    ("typed", "login"),
    [
        ("s-point", "s-point"),
        (" Sophie  POINT ", "s-point"),
        ("paul evrard", "evrard"),
        ("roy", "evrard"),
        ("pointe", "s-pointe"),
        ("inconnue", "inconnue"),
        ("", ""),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_typed_text_means_one_person(typed: str, login: str) -> None:
    assert login_of_typed(typed, PEOPLE) == login


def test_a_typed_text_may_mean_several_people() -> None:
    with pytest.raises(SeveralPeople) as caught:
        login_of_typed("soph", PEOPLE)
    assert [person.login for person in caught.value.people] == ["s-point", "s-pointe"]


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        names = {"claire": "Claire Aubert", "paul": "Paul Évrard", "zoe": "Zoé Secrète", "paule": "Paule Évrard"}
        for login, name in names.items():
            an_account(library, login, name=name)
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    """A group of Claire, who knows Paul from another group, and nobody else."""
    other = create_group(
        library, as_(library, "claire"), GroupSettings("Autre", visible=Visibility.MEMBERS, join=JoinPolicy.INVITE)
    )
    set_role(library, OPERATOR, other.slug, "paul", Role.MEMBER)
    return a_shared(library)


def browser(library: Library, login: str = "claire") -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, login)
    return client


def test_a_known_user_is_invited_by_name(library: Library, group: Group) -> None:
    client, page = browser(library), f"/g/{group.slug}/members"
    text = client.get(page).text
    assert re.findall(r'name="known" value="([^"]+)"', text) == ["paul"]
    assert "Secrète" not in text
    assert send(client, page, act="invite", people="evrard", role="reader").status_code == 303
    assert "Paul Évrard" in client.get(page).text.partition("Invitations sans réponse")[2]


def test_an_unknown_user_is_not_found_by_name(library: Library, group: Group) -> None:
    client, page = browser(library), f"/g/{group.slug}/members"
    for typed in ("Zoé Secrète", "secrete"):
        refused = send(client, page, act="invite", people=typed, role="reader")
        assert refused.status_code == 400
        assert ">Zoé Secrète<" not in refused.text
    # Typing a known login works as before.
    assert send(client, page, act="invite", people="zoe", role="reader").status_code == 303


def test_without_javascript_the_user_chooses_among_people_of_one_name(library: Library, group: Group) -> None:
    set_administrator(library, OPERATOR, "claire", administrator=True)
    client, page = browser(library), f"/g/{group.slug}/members"
    response = send(client, page, act="invite", people="Évrard", role="reader")
    assert response.status_code == 409
    assert "Plusieurs personnes répondent à" in response.text
    for login in ("paul", "paule"):
        assert f'<input type="radio" name="who" value="{login}">' in response.text
    assert send(client, page, act="invite", people="Évrard", who="paule", role="reader").status_code == 303
    assert "Paule Évrard" in client.get(page).text.partition("Invitations sans réponse")[2]


def test_contributions_of_an_author_are_attributed_by_name(library: Library, group: Group) -> None:
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    add_items(library, an_item("Titre", group=group, author=a_user("p-martin", "P. Martin")))
    client, page = browser(library), f"/g/{group.slug}/members/p-martin"
    assert '<option value="paul">Paul Évrard</option>' in client.get(page).text
    preview = send(client, page, act="attribute", login="paul evrard")
    assert 'name="login" value="paul"' in preview.text
    assert send(client, page, act="attribute", login="paul", sure="yes").status_code == 303
    set_administrator(library, OPERATOR, "claire", administrator=True)
    add_items(library, an_item("Autre", id="autre", order=2, group=group, author=a_user("c-point", "C. Point")))
    preview = send(client, "/admin/authors/c-point", act="merge", login="Zoé")
    assert "Zoé Secrète (zoe)" in preview.text


def test_a_member_who_may_not_invite_sees_no_names(library: Library, group: Group) -> None:
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    assert 'name="known"' not in browser(library, "paul").get(f"/g/{group.slug}/members").text
