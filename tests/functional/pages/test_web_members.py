"""The members page of a group: its table, role changes in place, the invitation form, and the places of notices."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import close_account, set_administrator
from kb.services.core.library import Library
from kb.services.groups.membership import join_group, leave_group, remove_member, set_role
from kb.services.undo.undo import undo_action
from kb.site import create_app
from tests.factories.group import a_shared, as_, log_of, role
from tests.factories.items import a_user, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

PAGE = "/g/lectures/members"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "paul", "sophie", "luc"):
            an_account(library, login, name=login.title())
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    """A closed group of Claire, with Luc."""
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_role(library, OPERATOR, group.slug, "luc", Role.MEMBER)
    return group


def browser(library: Library, login: str = "claire") -> TestClient:
    client = TestClient(create_app(library), follow_redirects=False)
    sign_in(client, login)
    return client


def row(page: str, login: str) -> str:
    """The row of a user, with the notice below it."""
    match = re.search(rf'<tr id="m-{login}">.*?</tr>(?:\s*<tr class="row-notice">.*?</tr>)?', page, re.DOTALL)
    return match[0] if match else ""


def test_the_table_says_what_each_person_kept_and_when(library: Library, group: Group) -> None:
    doc = a_user("doc", "Documentation")
    add_items(library, an_item("Un", id="i-1", group=group, author=doc, added="2026-06-03T10:00:00Z"))
    page = browser(library).get(PAGE).text
    assert re.findall(r'<th scope="col">([^<]+)</th>', page) == [
        "Nom",
        "Rôle",
        "Signets",
        "Annotations",
        "Dernière activité",
    ]
    # Members come before other contributors, however many items these have saved.
    assert page.index("m-luc") < page.index("m-doc")
    assert "importé" in row(page, "doc")
    assert 'data-label="Signets">1<' in row(page, "doc")
    assert "3 juin 2026" in row(page, "doc")
    assert "<select" not in row(page, "doc")
    assert "<select" not in row(page, "claire")
    assert "responsable" in row(page, "claire")
    assert "Ce que chaque rôle permet" in page
    # A user who may not change a role sees its name.
    assert "<select" not in browser(library, "luc").get(PAGE).text
    assert "membre" in row(browser(library, "luc").get(PAGE).text, "luc")


def test_a_role_is_changed_in_its_row_and_changed_back(library: Library, group: Group) -> None:
    claire = browser(library)
    assert '<option value="member" selected>' in row(claire.get(PAGE).text, "luc")
    changed = send(claire, PAGE, act="role", login="luc", role="moderator")
    address = changed.headers["location"]
    assert re.fullmatch(rf"{PAGE}\?at=m-luc&done=role-set&undo=[\w-]+#m-luc", address)
    page = claire.get(address).text
    assert page.count('role="status">Le rôle est changé') == 1
    assert 'role="status">Le rôle est changé' in row(page, "luc")
    assert '<option value="moderator" selected>' in row(page, "luc")
    ((undo, back),) = re.findall(r'action="(/restore/[^"]+)".*?name="back" value="([^"]+)"', row(page, "luc"))
    undone = send(claire, PAGE, undo, back=back)
    assert undone.headers["location"] == f"{PAGE}?at=m-luc&done=undone#m-luc"
    assert "C’est annulé" in row(claire.get(undone.headers["location"]).text, "luc")
    assert role(library, "luc", group) is Role.MEMBER
    assert log_of(library, group)[-2:] == ["role-set", "role-set"]
    # Choosing the same role changes nothing and offers no undo.
    same = send(claire, PAGE, act="role", login="luc", role="member")
    assert same.headers["location"] == f"{PAGE}?at=m-luc&done=unchanged#m-luc"


def test_an_error_is_shown_in_its_row(library: Library, group: Group) -> None:
    claire = browser(library)
    refused = send(claire, PAGE, act="role", login="luc", role="roi")
    assert refused.status_code == 400
    assert refused.text.count('role="alert"') == 1
    assert 'role="alert"' in row(refused.text, "luc")
    response = send(claire, PAGE, act="role", login="sophie", role="reader")
    assert response.status_code == 400
    assert "n’est pas membre" in response.text
    for login in ("luc", "sophie"):
        assert send(
            browser(library, login), "/groups/new", PAGE, act="role", login="claire", role="reader"
        ).status_code in {
            403,
            404,
        }
    assert role(library, "claire", group) is Role.OWNER


def test_the_place_of_a_notice_is_one_of_the_page(library: Library, group: Group) -> None:
    claire = browser(library)
    for place in ("requests", "people", "invite", "invitations", "m-luc"):
        page = claire.get(f"{PAGE}?at={place}&done=invited").text
        assert page.count("L’invitation") == 1, place
    for other in ("", "m-personne", "%3Cb%3E", "m-"):
        page = claire.get(f"{PAGE}?at={other}&done=invited").text
        assert page.index("L’invitation") < page.index("<h1")


def test_only_undo_restores_a_removed_member(library: Library, group: Group) -> None:
    claire = browser(library)
    removed = send(claire, f"{PAGE}/luc", act="remove")
    page = claire.get(removed.headers["location"]).text
    assert row(page, "luc") == ""
    (undo,) = re.findall(r'action="(/restore/[^"]+)"', page)
    assert send(browser(library, "luc"), "/account", undo).status_code == 404
    assert send(claire, PAGE, undo).status_code == 303
    assert role(library, "luc", group) is Role.MEMBER
    assert send(claire, PAGE, undo).status_code == 404


def an_undo(library: Library, by: str = "claire") -> str:
    undo = set_role(library, as_(library, by), "lectures", "luc", Role.MODERATOR)
    assert undo is not None
    return undo


def test_an_undo_gives_no_right_that_its_user_lost(library: Library, group: Group) -> None:
    undo = an_undo(library)
    set_role(library, OPERATOR, group.slug, "sophie", Role.OWNER)
    set_role(library, OPERATOR, group.slug, "claire", Role.MODERATOR)
    result = undo_action(library, as_(library, "claire"), undo)
    assert (result.done, result.not_undone) == (0, 1)
    assert role(library, "luc", group) is Role.MODERATOR


def test_an_undo_leaves_what_has_changed_since(library: Library, group: Group) -> None:
    undo = an_undo(library)
    set_role(library, OPERATOR, group.slug, "luc", Role.READER)
    assert undo_action(library, as_(library, "claire"), undo).not_undone == 1
    assert role(library, "luc", group) is Role.READER
    removed = remove_member(library, as_(library, "claire"), group.slug, "luc")
    assert removed is not None
    close_account(library, OPERATOR, "luc", closed=True)
    assert undo_action(library, as_(library, "claire"), removed).not_undone == 1
    assert role(library, "luc", group) is None


def test_an_undo_leaves_the_group_an_owner(library: Library, group: Group) -> None:
    undo = set_role(library, as_(library, "claire"), group.slug, "luc", Role.OWNER)
    assert undo is not None
    set_role(library, OPERATOR, group.slug, "claire", Role.MEMBER)
    set_administrator(library, OPERATOR, "claire", administrator=True)
    with library.store.read() as reading:
        account = reading.accounts.by_login("claire")
        assert account is not None
    undo_action(library, as_(library, "claire"), undo)
    assert role(library, "luc", group) is Role.OWNER


def test_resigning_a_role_has_no_undo(library: Library, group: Group) -> None:
    set_role(library, OPERATOR, group.slug, "luc", Role.OWNER)
    assert set_role(library, as_(library, "claire"), group.slug, "claire", Role.MEMBER) is None
    assert set_role(library, OPERATOR, group.slug, "claire", Role.OWNER) is None


def test_requests_are_counted_in_the_tab_for_an_administrator_too(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    join_group(library, as_(library, "luc"), group.slug, "Je voudrais lire.")
    set_administrator(library, OPERATOR, "paul", administrator=True)
    for login, counted in (("claire", True), ("paul", True), ("sophie", False)):
        page = browser(library, login).get(PAGE).text
        assert ("Membres (1)" in page) is counted, login
        assert (page.find("Demandes") < page.find("<table") and "Demandes" in page) is counted, login
    claire = browser(library)
    answer = send(claire, PAGE, act="approve", login="luc", role="reader").headers["location"]
    assert answer == f"{PAGE}?at=m-luc&done=approved#m-luc"
    assert 'role="status"' in row(claire.get(answer).text, "luc")
    leave_group(library, as_(library, "luc"), group.slug)
    join_group(library, as_(library, "luc"), group.slug)
    answer = send(claire, PAGE, act="decline", login="luc").headers["location"]
    assert answer == f"{PAGE}?at=requests&done=declined#requests"
    assert "La demande est refusée" in claire.get(answer).text.partition('id="requests"')[2]


def test_names_logins_addresses_and_ticked_people_are_invited_by_one_form(library: Library, group: Group) -> None:
    set_administrator(library, OPERATOR, "claire", administrator=True)
    an_account(library, "luc-petit", name="Luc Petit")
    an_account(library, "luce", name="Luce Petit")
    claire = browser(library)
    answer = send(claire, PAGE, act="invite", people="Sophie\nzoe@exemple.fr, Petit", known="paul", role="reader")
    assert "<li>3 personnes invitées</li><li>1 ligne à corriger</li>" in answer.text
    assert "écrivez un de ces identifiants\u202f: luc-petit, luce" in answer.text
    assert '<button type="submit" name="act" value="invite">' in answer.text
    with library.store.read() as reading:
        open_ones = reading.invitations.of_group(group.id)
    assert {invitation.email for invitation in open_ones} == {None, "zoe@exemple.fr"}
    assert {invitation.role for invitation in open_ones} == {Role.READER}
    # An empty field has its error at the form, which keeps the role; a link needs no address.
    empty = send(claire, PAGE, act="invite", people=" ", role="reader")
    assert empty.status_code == 400
    assert 'role="alert"' in empty.text.partition('id="invite"')[2]
    assert '<option value="reader" selected>' in empty.text.partition('id="invite"')[2]
    assert send(claire, PAGE, act="link", people="", role="reader").status_code == 200
    response = send(claire, PAGE, act="invite", people="", known="luce", role="reader")
    assert response.headers["location"] == f"{PAGE}?at=invite&done=invited#invite"


def test_a_long_table_has_pages_and_a_filter(library: Library, group: Group) -> None:
    people = [a_user(f"p-{number:03}", f"Personne {number:03}") for number in range(120)]
    add_items(
        library,
        *(
            an_item(f"Titre {user.login}", id=user.login, order=n, group=group, author=user)
            for n, user in enumerate(people)
        ),
    )
    claire = browser(library)
    first = claire.get(PAGE).text
    assert first.count("<tr id=") == 50
    assert "122 personnes" in first
    assert f'href="{PAGE}?page=2"' in first
    assert len(re.findall("<tr id=", claire.get(f"{PAGE}?page=3").text)) == 22
    response = claire.get(f"{PAGE}?q=luc")
    assert re.findall(r'<tr id="([^"]+)"', response.text) == ["m-luc"]
    changed = send(claire, f"{PAGE}?q=luc", act="role", login="luc", role="reader").headers["location"]
    assert changed.startswith(f"{PAGE}?q=luc&at=m-luc&done=role-set")
    assert "Rien ne contient ces lettres" in claire.get(f"{PAGE}?q=rien").text
