"""Many users are invited at once, from a list that was typed or pasted, and each line has its own result."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Invalid
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.email.messages import MAIL_A_DAY
from kb.services.groups.bulk_invitations import LONGEST_ADDRESS_LIST, MOST_ADDRESSES, typed_addresses
from kb.services.groups.membership import set_role
from kb.site import create_app
from kb.store.database.clock import timestamp_in
from tests.factories.group import a_shared
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in

TWENTY = [f"personne-{number}@exemple.fr" for number in range(20)]


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        library = replace(plain, settings=replace(plain.settings, mail_url="smtp://localhost"))
        for login in ("claire", "paul", "sophie"):
            an_account(library, login, name=login.title(), email=f"{login}@exemple.org")
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    return a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)


def browser(library: Library, login: str = "claire") -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, login)
    return client


def recipients(library: Library) -> list[str]:
    with library.store.read() as reading:
        return sorted(message.recipient for message in reading.outbox.due(timestamp_in(days=1), 1000))


def secrets(text: str) -> list[str]:
    """The addresses and links, or the link, that a page shows once; quotes of HTML are not in them."""
    match = re.search(r'<(pre|p) class="secret"[^>]*>(.*?)</\1>', text, re.DOTALL)
    return match[2].splitlines() if match else []


def opens(library: Library, link: str) -> bool:
    return browser(library, "paul").get("/" + link.partition("://")[2].partition("/")[2]).status_code == 200


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("a@x.fr, b@x.fr;c@x.fr\n\nd@x.fr,", ["a@x.fr", "b@x.fr", "c@x.fr", "d@x.fr"]),
        ('Claire Aubert <a@x.fr>\r\n"Aubert, Paul" <b@x.fr>, Luc <c@x.fr>', ["a@x.fr", "b@x.fr", "c@x.fr"]),
        ("a@x.fr\nA@X.fr", ["a@x.fr"]),
        ("sophie\nrien du tout", ["sophie", "rien du tout"]),
        ("", []),
    ],
)
def test_a_typed_list_is_read(typed: str, addresses: list[str]) -> None:
    assert [typed_address.address for typed_address in typed_addresses(typed)] == addresses


def test_a_list_has_a_bound() -> None:
    many = "\n".join(f"p{number}@x.fr" for number in range(MOST_ADDRESSES))
    assert len(typed_addresses(many)) == MOST_ADDRESSES
    for text in (f"{many}\nz@x.fr", "a" * (LONGEST_ADDRESS_LIST + 1)):
        with pytest.raises(Invalid):
            typed_addresses(text)


def test_twenty_people_are_invited_to_a_group_at_once(library: Library, group: Group) -> None:
    page = f"/g/{group.slug}/members"
    answer = send(browser(library), page, act="invite", people="\n".join(TWENTY), role="member")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "20 personnes invitées" in answer.text
    assert recipients(library) == sorted(TWENTY)
    assert MAIL_A_DAY >= 20
    with library.store.read() as reading:
        assert {invitation.role for invitation in reading.invitations.of_group(group.id)} == {Role.MEMBER}


def test_each_line_has_its_outcome_and_bad_ones_come_back(library: Library, group: Group) -> None:
    client, page = browser(library), f"/g/{group.slug}/members"
    send(client, page, act="invite", people="deja@exemple.fr", role="reader")
    set_role(library, OPERATOR, group.slug, "sophie", Role.READER)
    typed = "Zoé <zoe@exemple.fr>\npas@une adresse\ndeja@exemple.fr\nsophie, paul, inconnue"
    answer = send(client, page, act="invite", people=typed, role="reader")
    text = answer.text
    assert "<li>2 personnes invitées</li><li>2 déjà connues</li><li>2 lignes à corriger</li>" in text
    assert "invitation déjà en attente de réponse" in text
    assert "ligne 2" in text
    match = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.DOTALL)
    assert match is not None
    assert match[1] == "pas@une adresse\ninconnue"
    assert '<input type="hidden" name="role" value="reader">' in text
    assert recipients(library) == ["deja@exemple.fr", "zoe@exemple.fr"]


def test_a_member_s_address_is_not_revealed_to_an_owner(library: Library, group: Group) -> None:
    set_role(library, OPERATOR, group.slug, "sophie", Role.READER)
    page, typed = f"/g/{group.slug}/members", "sophie@exemple.org\npersonne@exemple.org"
    assert "2 personnes invitées" in send(browser(library), page, act="invite", people=typed, role="reader").text
    set_administrator(library, OPERATOR, "claire", administrator=True)
    typed = "sophie@exemple.org\nautre@exemple.org"
    with library.store.write() as writing:
        writing.invitations.remove([invitation.id for invitation in writing.invitations.of_group(group.id)])
    assert "déjà membre" in send(browser(library), page, act="invite", people=typed, role="reader").text


def test_without_mail_all_links_are_copied_at_once(library: Library, group: Group) -> None:
    silent = replace(library, settings=replace(library.settings, mail_url=""))
    client, page = browser(silent), f"/g/{group.slug}/members"
    answer = send(client, page, act="invite", people="\n".join(TWENTY[:3]), role="member")
    rows = [line.split("\t") for line in secrets(answer.text)]
    assert [address for address, _ in rows] == TWENTY[:3]
    assert opens(silent, rows[0][1])
    assert recipients(silent) == []


@pytest.mark.parametrize(
    ("page", "fields"),
    [("/g/lectures/members", {"act": "invite", "role": "member"}), ("/admin/invitations", {"act": "email"})],
)
def test_no_link_is_lost(library: Library, group: Group, page: str, fields: dict[str, str]) -> None:
    """Links stay shown while lines are corrected, each with its address; a lost one is replaced in the list."""
    set_administrator(library, OPERATOR, "claire", administrator=True)
    silent = replace(library, settings=replace(library.settings, mail_url=""))
    client, name = browser(silent), "people" if "role" in fields else "email"
    first = send(client, page, **fields, **{name: "un@exemple.fr\ndeux@exemple"})
    (link,) = secrets(first.text)
    assert first.text.index('class="secret"') < first.text.index("À corriger")
    carried = re.search(r'name="links" value="(.*?)"', first.text, re.DOTALL)
    assert carried is not None
    second = send(client, page, **fields, **{name: "deux@exemple.fr", "links": carried[1]})
    assert [row.partition("\t")[0] for row in secrets(second.text)] == ["un@exemple.fr", "deux@exemple.fr"]
    assert secrets(second.text)[0] == link
    only = send(client, page, **fields, **{name: "trois@exemple.fr"})
    assert "Un lien pour trois@exemple.fr" in only.text
    listed = re.search(r'name="id" value="([^"]+)">\s*<button[^>]* value="replace">Nouveau lien', client.get(page).text)
    assert listed is not None
    new = send(client, page, act="replace", id=listed[1])
    assert "Un lien pour trois@exemple.fr" in new.text
    assert [opens(silent, secrets(shown.text)[0]) for shown in (only, new)] == [False, True]
    assert "Cette invitation a déjà servi" in send(client, page, act="replace", id=listed[1]).text


def test_beyond_the_messages_of_a_day_links_remain(library: Library, group: Group) -> None:
    page = f"/g/{group.slug}/members"
    typed = "\n".join([*TWENTY, "encore@exemple.fr", "et-encore@exemple.fr"])
    answer = send(browser(library), page, act="invite", people=typed, role="member")
    assert "22 personnes invitées" in answer.text
    assert "encore@exemple.fr\thttp" in answer.text
    assert len(recipients(library)) == MAIL_A_DAY


def test_a_whole_list_passes_at_once_and_then_the_inviter_slows_down(library: Library, group: Group) -> None:
    client, page = browser(library), f"/g/{group.slug}/members"
    hundred = [f"personne-{number}@exemple.fr" for number in range(MOST_ADDRESSES)]
    answer = send(client, page, act="invite", people="\n".join(hundred), role="member")
    assert "100 personnes invitées" in answer.text
    assert "à corriger" not in answer.text
    # The limit on e-mail still holds: the other addresses get a link to copy.
    assert len(recipients(library)) == MAIL_A_DAY
    # Pending invitations do not count again, corrected lines do, and then the user must wait.
    assert "100 déjà connues" in send(client, page, act="invite", people="\n".join(hundred), role="member").text
    more = [f"encore-{number}@exemple.fr" for number in range(60)]
    slowed = send(client, page, act="invite", people="\n".join(more), role="member").text
    assert "<li>20 personnes invitées</li><li>40 lignes à corriger</li>" in slowed
    assert "Trop d’essais" in slowed


def test_a_user_who_may_not_invite_is_refused(library: Library, group: Group) -> None:
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    page = f"/g/{group.slug}/members"
    token = send(browser(library, "paul"), "/account", page, act="invite", people="a@x.fr, b@x.fr", role="reader")
    assert token.status_code == 403
    outside = send(browser(library, "sophie"), "/account", page, act="invite", people="a@x.fr, b@x.fr", role="reader")
    assert outside.status_code == 404
    assert recipients(library) == []
    # A moderator cannot give a role above their own to anyone on the list.
    set_role(library, OPERATOR, group.slug, "paul", Role.MODERATOR)
    answer = send(browser(library, "paul"), page, act="invite", people="a@x.fr, b@x.fr", role="owner")
    assert answer.status_code == 403
    assert recipients(library) == []


def test_twenty_people_are_invited_to_the_site_at_once(library: Library) -> None:
    set_administrator(library, OPERATOR, "claire", administrator=True)
    client, page = browser(library), "/admin/invitations"
    typed = "\n".join([*TWENTY, "paul@exemple.org", "rien"])
    answer = send(client, page, act="email", email=typed)
    assert "<li>20 personnes invitées</li><li>1 déjà connue</li><li>1 ligne à corriger</li>" in answer.text
    assert recipients(library) == sorted(TWENTY)
    again = send(client, page, act="email", email="\n".join(TWENTY))
    assert "20 déjà connues" in again.text
    assert recipients(library) == sorted(TWENTY)


@pytest.mark.parametrize("page", ["/g/lectures/members", "/admin/invitations"])
def test_the_example_of_the_form_is_text(library: Library, group: Group, page: str) -> None:
    set_administrator(library, OPERATOR, "claire", administrator=True)
    assert group.slug == "lectures"
    assert "Claire Aubert &lt;claire@example.org&gt;" in browser(library).get(page).text
