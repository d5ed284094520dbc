"""Invitation links to a group in a browser: with an account or without, opened by the right person or by another
one.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.account import Invitation, LinkPurpose
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.people.secret import secret_hash
from kb.services.accounts.one_time_links import first_administrator_link
from kb.services.core.library import Library
from kb.services.email.messages import MAIL_A_DAY
from kb.services.groups.invitations import invite_by_link, pending_site_invitations
from kb.site import create_app
from kb.store.database.clock import timestamp_in, timestamp_now
from tests.factories.group import a_shared, as_, role
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in, token_of


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        library = replace(plain, settings=replace(plain.settings, mail_url="smtp://localhost"))
        for login in ("claire", "paul"):
            an_account(library, login, name=f"{login.title()} Aubert", email=f"{login}@exemple.fr")
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    return a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)


def browser(library: Library, login: str = "") -> TestClient:
    client = TestClient(create_app(library))
    if login:
        sign_in(client, login)
    return client


def a_link(library: Library, group: Group, granted: Role = Role.MEMBER) -> str:
    return f"/welcome/{invite_by_link(library, as_(library, 'claire'), group.slug, granted)[1]}"


def test_a_logged_in_user_joins_with_that_account(library: Library, group: Group) -> None:
    page, client = a_link(library, group), browser(library, "paul")
    response = client.get(page)
    assert response.headers["cache-control"] == "no-store"
    assert "Vous rejoignez ce groupe en tant que Paul Aubert (paul)." in response.text
    assert "l’invitation de Claire Aubert" in response.text
    assert 'name="password"' not in response.text
    answer = send(client, page)
    assert answer.headers["location"] == f"/g/{group.slug}?done=joined"
    assert role(library, "paul", group) is Role.MEMBER
    an_account(library, "sophie")
    answer = send(browser(library, "sophie"), a_link(library, group, Role.READER))
    assert answer.headers["location"] == f"/g/{group.slug}?done=joined-reader"


def test_a_used_link_says_so_and_leads_to_the_login(library: Library, group: Group) -> None:
    page = a_link(library, group)
    send(browser(library, "paul"), page)
    answer = browser(library).get(page)
    assert answer.status_code == 404
    assert "<h1>Ce lien ne fonctionne plus</h1>" in answer.text
    assert re.search(r'<a class="button-link" href="/login"', answer.text)
    assert "<h1>Cette page" not in answer.text


def test_a_new_link_has_a_button_to_copy_it_and_a_way_back(library: Library, group: Group) -> None:
    members = f"/g/{group.slug}/members"
    page_text = send(browser(library, "claire"), members, act="link", role="member").text
    assert 'data-copied="Copié.">Copier</button>' in page_text
    assert re.search(rf'<a class="action-link" href="{members}" dir="auto">← Membres</a>', page_text)


def test_a_user_with_an_account_logs_in_first(library: Library, group: Group) -> None:
    page, client = a_link(library, group), browser(library)
    page_text = client.get(page).text
    assert "On vous invite dans le groupe" in page_text
    match = re.search(r'href="(/login\?next=[^"]+)"[^>]*>J’ai déjà un compte', page_text)
    assert match is not None
    answer = send(client, match[1], login="paul", password=PASSWORD, next=page)
    assert answer.headers["location"] == f"{page}?done=signed-in"
    assert "en tant que Paul" in client.get(answer.headers["location"]).text


def test_a_form_for_an_account_makes_no_second_one(library: Library, group: Group) -> None:
    page, client = a_link(library, group), browser(library, "paul")
    new = {"login": "paul-2", "name": "Paul", "password": PASSWORD}
    assert send(client, page, **new).status_code == 303
    with library.store.read() as reading:
        assert reading.accounts.by_login("paul-2") is None


def test_a_member_does_not_use_up_an_invitation_link(library: Library, group: Group) -> None:
    page = a_link(library, group)
    assert browser(library, "claire").get(page, follow_redirects=False).headers["location"] == f"/g/{group.slug}"
    assert browser(library, "paul").get(page).status_code == 200


def test_a_link_that_gives_more_is_of_use_to_a_member(library: Library, group: Group) -> None:
    client = browser(library, "paul")
    send(client, a_link(library, group, Role.READER))
    assert send(client, a_link(library, group, Role.MODERATOR)).status_code == 303
    assert role(library, "paul", group) is Role.MODERATOR


def test_a_link_works_for_one_of_two(library: Library, group: Group) -> None:
    page = a_link(library, group)
    an_account(library, "sophie")
    first, second = browser(library, "paul"), browser(library, "sophie")
    forms = [client.get(page).text for client in (first, second)]
    tokens = [re.findall(r'name="form_token" value="([0-9a-f]+)"', form)[0] for form in forms]
    answers = [
        client.post(page, data={"form_token": token}, follow_redirects=False).status_code
        for client, token in zip((first, second), tokens, strict=True)
    ]
    assert answers == [303, 404]
    assert role(library, "sophie", group) is None


def test_the_link_of_the_first_administrator_is_for_a_new_account(library: Library) -> None:
    page = f"/welcome/{first_administrator_link(library)}"
    assert 'name="password"' in browser(library, "paul").get(page).text


def test_an_invitation_message_is_sent_from_the_page_of_members(library: Library, group: Group) -> None:
    members, client = f"/g/{group.slug}/members", browser(library, "claire")
    for email in ("zoe@exemple.org", "paul@exemple.fr"):
        answer = send(client, members, act="invite", people=email, role="reader")
        assert answer.headers["location"] == f"{members}?at=invite&done=letter-sent#invite"
    assert "zoe@exemple.org" in client.get(members).text
    with library.store.read() as reading:
        sent = {message.recipient: message.body for message in reading.outbox.due(timestamp_in(days=1))}
    assert set(sent) == {"zoe@exemple.org", "paul@exemple.fr"}
    match = re.search(r"(/welcome/\S+)", sent["zoe@exemple.org"])
    assert match is not None
    new = browser(library)
    assert 'value="zoe@exemple.org"' in new.get(match[1]).text
    assert send(new, match[1], login="zoe", name="Zoé", password=PASSWORD).status_code == 303
    assert role(library, "zoe", group) is Role.READER


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("", "Écrivez une adresse"),
        ("zoe@exemple", "adresse électronique"),
        ("zoe", "pas de compte «\u202fzoe\u202f»"),
        ("zoe, x@y", "2 lignes à corriger"),
        ("Bcc: x@y.fr", "adresse électronique"),
    ],
)
def test_an_invalid_address_is_refused_and_stays_in_the_form(
    library: Library, group: Group, email: str, expected: str
) -> None:
    answer = send(browser(library, "claire"), f"/g/{group.slug}/members", act="invite", people=email, role="reader")
    assert answer.status_code == 400
    assert expected in answer.text
    assert all(part in answer.text for part in email.split(", "))
    with library.store.read() as reading:
        assert reading.outbox.due(timestamp_in(days=1)) == ()


def test_a_line_of_a_header_is_no_address(library: Library, group: Group) -> None:
    typed = "zoe@exemple.org\r\nBcc: x@y.fr"
    answer = send(browser(library, "claire"), f"/g/{group.slug}/members", act="invite", people=typed, role="reader")
    assert "1 ligne à corriger" in answer.text
    with library.store.read() as reading:
        assert [message.recipient for message in reading.outbox.due(timestamp_in(days=1))] == ["zoe@exemple.org"]


def test_without_a_mail_server_the_link_is_shown(library: Library, group: Group) -> None:
    without = replace(library, settings=replace(library.settings, mail_url=""))
    client = browser(without, "claire")
    assert 'type="email"' not in client.get(f"/g/{group.slug}/members").text
    answer = send(client, f"/g/{group.slug}/members", act="invite", people="zoe@exemple.org", role="reader")
    assert answer.status_code == 200
    assert "/welcome/" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_invitation_messages_are_limited_for_each_sender(library: Library, group: Group) -> None:
    client = browser(library, "claire")
    codes = [
        send(client, f"/g/{group.slug}/members", act="invite", people=f"zoe-{n}@exemple.org", role="reader").status_code
        for n in range(MAIL_A_DAY + 1)
    ]
    assert codes == [303] * MAIL_A_DAY + [429]


@pytest.mark.parametrize(
    ("act", "people"), [("link", ""), ("invite", "marie@exemple.fr"), ("invite", "a@b.fr, c@d.fr")]
)
def test_an_invitation_that_is_sent_twice_from_one_page_is_made_once(
    library: Library, group: Group, act: str, people: str
) -> None:
    claire, members = browser(library, "claire"), f"/g/{group.slug}/members"
    sent = {"form_token": token_of(claire, members), "act": act, "role": "member", "people": people}
    answers = [claire.post(members, data=sent, follow_redirects=False) for _ in range(2)]
    with library.store.read() as reading:
        waiting = reading.invitations.of_group(group.id)
    assert len(waiting) == max(1, len(people.split(",")))
    assert answers[1].status_code == 303
    if act == "link":
        assert answers[0].status_code == 200
        assert answers[1].headers["location"] == f"{members}?done=made-before"
    claire.post(members, data={**sent, "form_token": token_of(claire, members)}, follow_redirects=False)
    if act == "link":
        with library.store.read() as reading:
            assert len(reading.invitations.of_group(group.id)) == 2


@pytest.mark.parametrize(("act", "email"), [("link", ""), ("email", "marie@exemple.fr")])
def test_an_invitation_to_the_site_that_is_sent_twice_from_one_page_is_made_once(
    library: Library, act: str, email: str
) -> None:
    an_account(library, "root", administrator=True)
    root, page = browser(library, "root"), "/admin/invitations"
    sent = {"form_token": token_of(root, page), "act": act, "email": email}
    answers = [root.post(page, data=sent, follow_redirects=False) for _ in range(2)]
    assert answers[1].status_code == 303
    assert len(pending_site_invitations(library, OPERATOR)) == 1


def signup(library: Library, group: Group, **fields: str) -> tuple[TestClient, str, str]:
    """A refused form of an invitation link: the browser, the address and the page."""
    page, client = a_link(library, group), browser(library)
    answer = send(client, page, **{"name": "Zoé", "email": "", "password": PASSWORD, **fields})
    assert answer.status_code in (400, 409)
    return client, page, unescape(answer.text)


@pytest.mark.parametrize(
    ("typed", "free"),
    [("claire", "claire-2"), ("Claire Aubert", "claire-aubert"), ("", "zoe"), ("admin", "zoe"), ("é" * 70, "e" * 63)],
)
def test_a_login_that_is_refused_is_replaced_by_a_free_one(
    library: Library, group: Group, typed: str, free: str
) -> None:
    client, page, text = signup(library, group, login=typed)
    filled = re.search(r'<input id="f-login" [^>]*?value="([^"]*)"', text)
    assert filled is not None
    assert filled[1] == free
    assert ("n’est pas disponible" in text) == bool(typed)
    assert PASSWORD not in text
    assert "Retapez-le" in text
    again = send(client, page, login=filled[1], name="Zoé", email="", password=PASSWORD)
    assert again.status_code == 303


def test_the_first_administrator_keeps_a_reserved_login(library: Library) -> None:
    secret = first_administrator_link(library)
    assert secret is not None
    client, page = browser(library), f"/welcome/{secret}"
    text = send(client, page, login="admin", name="Zoé", email="", password="court").text
    assert 'value="admin"' in text
    assert "n’est pas disponible" not in unescape(text)


def test_a_login_that_is_free_stays_when_the_password_is_refused(library: Library, group: Group) -> None:
    _, _, text = signup(library, group, login="zoe-b", password="court")
    assert 'value="zoe-b"' in text
    assert "n’est pas disponible" not in text


def test_the_form_of_an_invitation_by_e_mail_proposes_a_free_login(library: Library) -> None:
    for login in ("claire-2", "claire-3"):
        an_account(library, login)
    for address, free in (("zoe.b@exemple.fr", "zoe-b"), ("claire@exemple.fr", "claire-4")):
        secret = "secret-" + free
        invitation = Invitation(free, LinkPurpose.ACCOUNT, timestamp_now(), timestamp_in(seconds=3600), email=address)
        with library.store.write() as writing:
            writing.invitations.add(invitation, secret_hash(secret))
        assert f'value="{free}"' in browser(library).get(f"/welcome/{secret}").text
