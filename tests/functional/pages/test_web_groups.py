"""Groups in a browser: created, joined, managed and left."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Forbidden
from kb.indexer import catch_up
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import close_account, set_administrator
from kb.services.core.library import Library
from kb.services.groups.administrator_membership import join_as_administrator
from kb.services.groups.group_settings import GroupSettings, create_group
from kb.services.groups.group_views import add_group
from kb.services.groups.invitations import invite_account
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.group import as_
from tests.factories.group import role as role_of
from tests.factories.import_export import bring_records
from tests.factories.items import a_user, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in

MEMBERS = "/g/lectures/members"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "paul", "sophie", "luc"):
            an_account(library, login, name=login.title())
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    """A browser for each user, and one for an anonymous visitor."""
    app = create_app(library)
    browsers = {login: TestClient(app, follow_redirects=False) for login in ("", "claire", "paul", "sophie", "luc")}
    for login, client in browsers.items():
        if login:
            sign_in(client, login)
    return browsers


def a_lectures(
    library: Library, join: JoinPolicy = JoinPolicy.REQUEST, visible: Visibility = Visibility.EVERYONE, **roles: Role
) -> Group:
    """The group “lectures”, which Claire owns."""
    group = add_group(library, OPERATOR, "lectures", "Lectures communes", visible=visible, join=join)
    for login, role in {"claire": Role.OWNER, **roles}.items():
        set_role(library, OPERATOR, "lectures", login, role)
    return group


def test_a_group_joined_by_invitation_says_so_to_those_outside(
    library: Library, browser: dict[str, TestClient]
) -> None:
    a_lectures(library, JoinPolicy.INVITE, paul=Role.READER)
    link = '<a href="/g/lectures/members#people" rel="nofollow">On y entre sur invitation'
    assert [login for login, client in browser.items() if link in client.get("/g/lectures").text] == ["sophie", "luc"]
    assert "Claire" in browser["luc"].get(MEMBERS).text


def test_a_group_that_nobody_of_it_opens_points_to_no_imported_author(
    library: Library, browser: dict[str, TestClient]
) -> None:
    record = {"title": "Le port", "author": "Ali", "annotations": [{"body": "Un mot."}]}
    bring_records(library, record, group_slug="veille")
    page = browser["luc"].get("/g/veille").text
    assert "On y entre sur invitation d’un administrateur du site.</p>" in page
    assert "#people" not in page
    refused = browser["luc"].get("/g/veille/join").text
    assert "ou d’un administrateur du site" in refused
    assert "ses membres" not in refused
    # An owner whose account is closed opens it to nobody.
    set_role(library, OPERATOR, "veille", "claire", Role.OWNER)
    assert "/g/veille/members#people" in browser["luc"].get("/g/veille").text
    close_account(library, OPERATOR, "claire", closed=True)
    assert "/g/veille/members#people" not in browser["luc"].get("/g/veille").text


def test_a_group_is_made_from_the_first_page(browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    assert "Créer un groupe" in claire.get("/").text
    assert "Créer un groupe" not in browser[""].get("/").text
    assert browser[""].get("/groups/new").headers["location"] == "/login?next=%2Fgroups%2Fnew"
    wrong = send(claire, "/groups/new", name="Veille", description="Droit", visible="members", join="open")
    assert wrong.status_code == 400
    assert "se rejoint sur invitation" in wrong.text
    assert 'value="Veille"' in wrong.text
    response = send(claire, "/groups/new", name="Veille", description="Droit", visible="members", join="invite")
    assert response.status_code == 303
    page = claire.get(response.headers["location"]).text
    assert "Le groupe est prêt" in page
    assert "responsable" in page
    home = claire.get("/").text
    assert home.index("Ma bibliothèque") < home.index("Veille")
    address = response.headers["location"].partition("/members")[0]
    assert [browser[login].get(address).status_code for login in ("claire", "paul", "")] == [200, 404, 404]


def test_a_name_that_a_readable_group_has_is_refused_with_a_link_to_it(
    library: Library, browser: dict[str, TestClient]
) -> None:
    settings = GroupSettings("Lectures du comité", visible=Visibility.MEMBERS)
    group = create_group(library, as_(library, "claire"), settings)
    form = {"name": "lectures  du Comité", "description": "Droit", "visible": "members", "join": "invite"}
    refused = send(browser["claire"], "/groups/new", **form)
    assert refused.status_code == 409
    assert "Un groupe porte déjà ce nom" in refused.text
    assert f'<a class="action-link" href="/g/{group.slug}" dir="auto">Lectures du comité</a>' in refused.text
    assert 'value="lectures  du Comité"' in refused.text
    # Who may not read that group learns nothing of it.
    assert send(browser["paul"], "/groups/new", **form).status_code == 303


def test_settings_are_changed_by_an_owner_alone(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, paul=Role.MODERATOR)
    claire = browser["claire"]
    assert "Réglages" in claire.get("/g/lectures").text
    assert "Réglages" not in browser["paul"].get("/g/lectures").text
    assert browser["paul"].get("/g/lectures/settings").status_code == 403
    assert browser[""].get("/g/lectures/settings").headers["location"].startswith("/login")
    fields = {"name": "Relectures", "description": "", "visible": "signed-in", "join": "open", "languages": "fr"}
    assert send(claire, "/g/lectures/settings", **fields, feeds="on").status_code == 303
    assert "Relectures" in browser["luc"].get("/g/lectures").text
    assert browser[""].get("/g/lectures").status_code == 404
    refused = send(claire, "/g/lectures/settings", **{**fields, "languages": "klingon"})
    assert refused.status_code == 400
    assert "klingon" in refused.text
    assert send(claire, "/g/lectures/settings", **{**fields, "visible": "x"}).status_code == 400


def test_a_user_joins_an_open_group_and_leaves_it(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.OPEN)
    luc = browser["luc"]
    assert "Rejoindre ce groupe" in luc.get("/g/lectures").text
    assert "Rejoindre ce groupe" not in browser[""].get("/g/lectures").text
    joined = send(luc, "/g/lectures/join")
    assert joined.headers["location"] == "/g/lectures?done=joined"
    assert "Rejoindre ce groupe" not in luc.get("/g/lectures").text
    assert "Quitter ce groupe" in luc.get(MEMBERS).text
    assert send(luc, "/g/lectures/leave").headers["location"] == "/g/lectures?done=left"
    assert "Rejoindre ce groupe" in luc.get("/g/lectures").text
    page = browser["claire"].get("/g/lectures/leave").text
    assert "transmettez-le à un membre ou archivez-le" in page
    assert "<form method=" not in page.partition("<main")[2]
    for way in ("members", "settings"):
        assert f'href="/g/lectures/{way}"' in page
    alone = send(browser["claire"], MEMBERS, "/g/lectures/leave")
    assert alone.status_code == 409
    assert "transmettez-le ou archivez-le d’abord" in alone.text


def test_a_user_requests_to_join(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library)
    claire, luc = browser["claire"], browser["luc"]
    assert send(luc, "/g/lectures/join", message="Je suis <b>Luc</b>.").headers["location"] == "/g/lectures?done=asked"
    assert "Votre demande attend une réponse" in luc.get("/g/lectures").text
    assert "Je suis &lt;b&gt;Luc&lt;/b&gt;." in claire.get(MEMBERS).text
    for other in ("paul", ""):
        assert "Demandes" not in browser[other].get(MEMBERS).text
    assert send(luc, "/g/lectures/join", act="take-back").status_code == 303
    assert "Je suis" not in claire.get(MEMBERS).text
    send(luc, "/g/lectures/join")
    for page in ("/", "/keep", "/g/lectures"):
        assert '<a href="/notices" rel="nofollow">À voir <b>1</b></a>' in claire.get(page).text, page
    assert "Membres (1)" in claire.get("/g/lectures").text
    assert "À voir" not in browser["paul"].get("/").text
    assert re.search(r'<a href="/g/lectures/members"[^>]*>1 demande pour rejoindre', claire.get("/").text)
    assert send(claire, MEMBERS, act="approve", login="luc", role="reader").status_code == 303
    assert "1 demande" not in claire.get("/").text
    assert "lecture" in luc.get(MEMBERS).text
    late = send(claire, MEMBERS, act="approve", login="luc", role="reader")
    assert late.status_code == 400
    assert "déjà reçu une réponse" in late.text


def test_a_user_does_not_join_without_an_invitation(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.INVITE)
    assert browser["luc"].get("/g/lectures/join").status_code == 403
    assert "Rejoindre" not in browser["luc"].get("/g/lectures").text


def test_an_administrator_joins_a_closed_group_in_one_visible_step(
    library: Library, browser: dict[str, TestClient]
) -> None:
    group = a_lectures(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_administrator(library, OPERATOR, "sophie", administrator=True)
    sophie = browser["sophie"]
    for page in ("/g/lectures", MEMBERS):
        assert re.search(r'href="/g/lectures/join"[^>]*>Rejoindre ce groupe', sophie.get(page).text)
    form = sophie.get("/g/lectures/join").text
    assert "Le journal du groupe l’indique" in form
    assert '<input type="radio" name="role" value="member" checked' in form
    assert send(sophie, "/g/lectures/join", role="roi").status_code == 400
    assert send(sophie, "/g/lectures/join", role="moderator").headers["location"] == "/g/lectures?done=joined-moderator"
    assert "Vous modérez désormais ce groupe." in sophie.get("/g/lectures?done=joined-moderator").text
    assert role_of(library, "sophie", group) is Role.MODERATOR
    assert "Rejoindre ce groupe" not in sophie.get(MEMBERS).text
    sentence = "Sophie, qui administre le site, a rejoint le groupe\u202f; rôle\u202f: modération."
    assert sentence in browser["claire"].get("/g/lectures/log").text
    assert sentence in sophie.get("/admin/log?what=members").text
    # Nobody else joins by this form.
    assert send(browser["luc"], "/groups/new", "/g/lectures/join", role="owner").status_code == 404
    with pytest.raises(Forbidden):
        join_as_administrator(library, as_(library, "claire"), "lectures", Role.OWNER)


def test_an_administrator_becomes_the_owner_of_a_group_without_one(
    library: Library, browser: dict[str, TestClient]
) -> None:
    a_lectures(library, JoinPolicy.OPEN, paul=Role.MEMBER)
    set_role(library, OPERATOR, "lectures", "paul", Role.OWNER)
    set_role(library, OPERATOR, "lectures", "claire", Role.MEMBER)
    close_account(library, OPERATOR, "paul", closed=True)
    set_administrator(library, OPERATOR, "sophie", administrator=True)
    assert '<input type="radio" name="role" value="owner" checked' in browser["sophie"].get("/g/lectures/join").text
    # For others, the group remains members only.
    assert "Votre rôle" not in browser["luc"].get("/g/lectures/join").text
    assert send(browser["luc"], "/g/lectures/join", role="owner").status_code == 303
    with library.store.read() as reading:
        group = reading.groups.by_slug("lectures")
    assert group is not None
    assert role_of(library, "luc", group) is Role.MEMBER


def test_an_invitation_link_is_shown_once_and_used_once(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    claire, new = browser["claire"], browser[""]
    answer = send(claire, MEMBERS, act="link", role="member")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    (path,) = re.findall(r'class="secret">http://[^/]+(/welcome/[^<?]+)', answer.text)
    assert path not in claire.get(MEMBERS).text
    assert "Un lien à transmettre" in claire.get(MEMBERS).text
    assert send(new, path, name="Marie", login="marie", password=PASSWORD).status_code == 303
    assert new.get("/g/lectures").status_code == 200
    assert new.get(path).status_code == 404


def test_an_account_is_invited_and_accepts(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    claire, luc = browser["claire"], browser["luc"]
    unknown = send(claire, MEMBERS, act="invite", people="personne", role="moderator")
    assert unknown.status_code == 400
    assert ">\npersonne</textarea>" in unknown.text
    assert '<option value="moderator" selected>' in unknown.text
    assert send(claire, MEMBERS, act="invite", people=" Luc ", role="member").status_code == 303
    assert "«\u202fLectures communes\u202f» vous invite" in luc.get("/").text
    page = luc.get("/invitations").text
    (id_,) = re.findall(r'name="id" value="([^"]+)"', page)
    assert send(browser["paul"], "/groups/new", "/invitations", id=id_, act="accept").status_code == 404
    assert luc.get("/g/lectures").status_code == 404
    assert send(luc, "/invitations", id=id_, act="accept").headers["location"] == "/g/lectures?done=joined"
    assert luc.get("/g/lectures").status_code == 200
    assert "Aucune invitation" in luc.get("/invitations").text


def test_accepting_one_of_several_invitations_stays_on_their_page(
    library: Library, browser: dict[str, TestClient]
) -> None:
    luc = browser["luc"]
    for slug, name in (("lectures", "Lectures communes"), ("veille", "Veille")):
        add_group(library, OPERATOR, slug, name, visible=Visibility.MEMBERS)
        set_role(library, OPERATOR, slug, "claire", Role.OWNER)
        invite_account(library, as_(library, "claire"), slug, "luc", Role.MEMBER)
    first, second = re.findall(r'name="id" value="([^"]+)"', luc.get("/invitations").text)
    accepted = send(luc, "/invitations", id=first, act="accept")
    (slug,) = re.findall(r"^/invitations\?joined=(\w+)$", accepted.headers["location"])
    page = luc.get(accepted.headers["location"]).text
    assert re.search(r'<span role="status"[^>]*>Vous êtes membre de «\u202f[LV]', page)
    assert f'href="/g/{slug}"' in page
    assert second in page
    # The address of another user's library and that of a missing group give the same answer.
    for other in ("veille", "lectures", "rien", "%00"):
        assert "Vous êtes membre" not in browser["paul"].get(f"/invitations?joined={other}").text
    last = send(luc, "/invitations", id=second, act="accept").headers["location"]
    assert last.startswith("/g/")


def test_an_invitation_is_withdrawn(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.INVITE)
    claire = browser["claire"]
    send(claire, MEMBERS, act="invite", people="luc", role="member")
    (id_,) = re.findall(r'name="id" value="([^"]+)"', claire.get(MEMBERS).text)
    assert send(claire, MEMBERS, act="revoke", id=id_).status_code == 303
    assert "vous invite" not in browser["luc"].get("/").text


def test_a_moderator_invites_no_moderator_and_changes_no_role(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, paul=Role.MODERATOR, luc=Role.MEMBER)
    paul = browser["paul"]
    page = paul.get(MEMBERS).text
    assert 'value="reader"' in page
    assert 'value="owner"' not in page
    assert send(paul, MEMBERS, act="link", role="owner").status_code == 403
    assert paul.get(f"{MEMBERS}/luc").status_code == 404
    assert send(paul, MEMBERS, f"{MEMBERS}/luc", act="remove").status_code == 404


@pytest.mark.parametrize("login", ["luc", "sophie"])
def test_a_user_who_may_not_invite_sees_no_form_and_sends_none(
    library: Library, browser: dict[str, TestClient], login: str
) -> None:
    a_lectures(library, luc=Role.MEMBER)
    client = browser[login]
    assert "Inviter" not in client.get(MEMBERS).text
    for act in ("approve", "decline", "invite", "link", "revoke", "decline-claim"):
        answer = send(client, "/groups/new", MEMBERS, act=act, login="paul", role="reader", id="x")
        assert answer.status_code == 403, act


def test_a_role_is_changed_and_a_member_removed_at_once(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.INVITE, Visibility.MEMBERS, luc=Role.MEMBER)
    claire, luc = browser["claire"], browser["luc"]
    page = f"{MEMBERS}/luc"
    assert send(claire, page, act="role", role="moderator").headers["location"].startswith(f"{MEMBERS}?at=m-luc&done=r")
    assert "Inviter" in luc.get(MEMBERS).text
    assert send(claire, page, act="role", role="roi").status_code == 400
    assert send(claire, page, act="remove").status_code == 303
    assert [luc.get(address).status_code for address in ("/g/lectures", MEMBERS, "/g/lectures.atom")] == [404] * 3
    assert claire.get(page).status_code == 404


def test_a_group_is_handed_over(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, luc=Role.MEMBER)
    claire = browser["claire"]
    assert "Transmettre le groupe" in claire.get(f"{MEMBERS}/luc").text
    assert "Transmettre le groupe" not in claire.get(f"{MEMBERS}/claire").text
    preview = send(claire, f"{MEMBERS}/luc", act="hand-over")
    assert "Transmettre le groupe à Luc" in preview.text
    assert "Luc devient responsable" in preview.text
    assert "Réglages" in claire.get("/g/lectures").text
    assert send(claire, f"{MEMBERS}/luc", act="hand-over", sure="yes").status_code == 303
    assert browser["luc"].get("/g/lectures/settings").status_code == 200
    assert claire.get("/g/lectures/settings").status_code == 403


def test_an_imported_author_is_linked_after_a_confirmation(library: Library, browser: dict[str, TestClient]) -> None:
    group = a_lectures(library, luc=Role.MEMBER)
    add_items(library, an_item("Un", id="i-1", group=group, author=a_user("doc", "Documentation")))
    claire, luc, page = browser["claire"], browser["luc"], f"{MEMBERS}/doc"
    assert "attribuer à…" in claire.get(MEMBERS).text
    assert "c’est moi" in luc.get(MEMBERS).text
    assert page not in browser["sophie"].get(MEMBERS).text
    assert browser["sophie"].get(page).status_code == 404
    assert send(luc, page, act="claim").status_code == 303
    assert "Vous l’avez dit" in luc.get(page).text
    assert "Luc dit être" in claire.get(MEMBERS).text
    assert send(luc, "/groups/new", page, act="attribute", login="luc", sure="yes").status_code == 403
    first = send(claire, page, act="attribute", login="luc")
    assert first.status_code == 200
    assert "1 signet" in first.text
    assert "Luc dit être" in claire.get(MEMBERS).text
    assert send(claire, page, act="attribute", login="sophie").status_code == 409
    assert send(claire, page, act="attribute", login="luc", sure="yes").status_code == 303
    catch_up(library)
    after = claire.get(MEMBERS).text
    assert "Documentation" not in after
    assert "Luc dit être" not in after
    assert "partagé par </span>Luc" in claire.get("/g/lectures").text


def test_every_request_to_a_hidden_group_answers_as_missing(library: Library, browser: dict[str, TestClient]) -> None:
    a_lectures(library, JoinPolicy.INVITE, Visibility.MEMBERS, paul=Role.MEMBER)
    luc = browser["luc"]
    for part in ("members", "members/paul", "members/personne", "settings", "join", "leave"):
        pages = [luc.get(f"/g/{slug}/{part}") for slug in ("lectures", "rien")]
        sent = [send(luc, "/groups/new", f"/g/{slug}/{part}", act="remove") for slug in ("lectures", "rien")]
        for response, other in (pages, sent):
            assert response.status_code == other.status_code == 404, part
            assert response.text.replace("lectures", "rien") == other.text, part
