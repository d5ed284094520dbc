"""What became of the e-mail messages that bring invitations, on the pages of those who may invite."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Forbidden
from kb.model.people.group import JoinPolicy, Role
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.email.outbox import MESSAGE_RETRY_DELAYS, send_due_messages
from kb.services.groups.invitations import invite_by_email, invite_to_site, resend_invitation
from kb.services.groups.membership import join_group
from kb.site import create_app
from kb.store.database.clock import timestamp_in
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, send, sign_in
from tests.support.mail_server import PostOffice, a_post_office

REFUSAL = "550 5.1.1 <b>Unknown</b> & gone"
TOKEN = "un-secret-bien-long"
WRONG = "jeanne@exmple.org"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture
def library(office: PostOffice) -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        settings = replace(
            plain.settings, mail_url=office.url, mail_from="Florilège <florilege@exemple.fr>", metrics_token=TOKEN
        )
        library = replace(plain, settings=settings)
        for login in ("claire", "paul", "sophie"):
            an_account(library, login, name=login.title(), email=f"{login}@exemple.org")
        set_administrator(library, OPERATOR, "sophie", administrator=True)
        yield library


@pytest.fixture
def slug(library: Library) -> str:
    group = a_shared(library, JoinPolicy.OPEN)
    join_group(library, as_(library, "paul"), group.slug)
    invite_by_email(library, as_(library, "claire"), group.slug, WRONG, Role.MEMBER)
    return group.slug


def browser(library: Library, login: str) -> TestClient:
    client = TestClient(create_app(library))
    sign_in(client, login)
    return client


def metrics(client: TestClient) -> dict[str, str]:
    return dict(
        re.findall(
            r'kb_outbox_deliveries\{state="(\w+)"\} (\S+)',
            client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text,
        )
    )


def test_a_refused_invitation_says_so_and_is_sent_to_the_right_address(
    library: Library, office: PostOffice, slug: str
) -> None:
    office.recipients = {WRONG: REFUSAL}
    assert send_due_messages(library) == 0
    client = browser(library, "claire")
    page = client.get(f"/g/{slug}/members").text
    assert (
        "Le courriel a été refusé par le serveur de messagerie\u202f: 550 5.1.1 &lt;b&gt;Unknown&lt;/b&gt; &amp; gone"
        in page
    )
    assert f'name="email" value="{WRONG}"' in page
    invitation_id = re.findall(r'name="id" value="([\w-]+)"', page)[0]
    sent = send(client, f"/g/{slug}/members", act="resend", id=invitation_id, email="jeanne@exemple.org")
    assert sent.status_code in (200, 303)
    assert send_due_messages(library) == 1
    assert office.letters[-1]["To"] == "jeanne@exemple.org"
    page = client.get(f"/g/{slug}/members").text
    assert "5.1.1" not in page
    assert page.count("jeanne@exemple.org") >= 1
    assert WRONG not in page


def test_who_may_not_invite_reads_nothing_of_it(library: Library, office: PostOffice, slug: str) -> None:
    office.recipients = {WRONG: REFUSAL}
    send_due_messages(library)
    page = browser(library, "paul").get(f"/g/{slug}/members").text
    assert "5.1.1" not in page
    assert WRONG not in page
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
        assert group is not None
        (invitation,) = reading.invitations.of_group(group.id)
    with pytest.raises(Forbidden):
        resend_invitation(library, as_(library, "paul"), slug, invitation.id, "x@exemple.org")


def test_an_administrator_sees_undelivered_invitations_to_do(library: Library, office: PostOffice) -> None:
    client = browser(library, "sophie")
    assert "Tous les courriels sont partis." in client.get("/admin").text
    invite_to_site(library, replace(as_(library, "sophie"), administrator=True), WRONG)
    office.recipients = {WRONG: REFUSAL}
    send_due_messages(library)
    page = client.get("/admin").text
    assert "Tous les courriels sont partis." not in page
    assert "1 courriel des 30 derniers jours n’a pas été remis" in page
    assert re.search(r'href="/admin/invitations"[^>]*>Invitations qui n’ont pas été remises</a> <b>1</b>', page)
    assert metrics(client)["refused"] == "1.0"
    invitations = client.get("/admin/invitations").text
    assert "&lt;b&gt;Unknown&lt;/b&gt;" in invitations
    invitation_id = re.findall(r'name="id" value="([\w-]+)"', invitations)[0]
    taken = send(client, "/admin/invitations", act="resend", id=invitation_id, email="paul@exemple.org")
    assert taken.status_code == 409
    send(client, "/admin/invitations", act="resend", id=invitation_id, email="jeanne@exemple.org")
    send_due_messages(library)
    assert "Tous les courriels sont partis." in client.get("/admin").text


@pytest.mark.parametrize(
    ("answer", "during", "after", "state"),
    [
        (
            "451 Greylisted",
            "pas encore remis, et sera renvoyé\u202f: 451 Greylisted",
            "après 5 essais\u202f: 451 Greylisted",
            "given_up",
        ),
        ("421", "pas encore remis", "après 5 essais", "given_up"),
    ],
)
def test_a_deferred_invitation_is_tried_again_until_it_is_given_up(
    library: Library, office: PostOffice, slug: str, answer: str, during: str, after: str, state: str
) -> None:
    office.refusals["RCPT"] = answer
    client = browser(library, "claire")
    for place in range(len(MESSAGE_RETRY_DELAYS) + 1):
        send_due_messages(library)
        page = client.get(f"/g/{slug}/members").text
        if place < len(MESSAGE_RETRY_DELAYS):
            assert during in page
            assert 'value="resend"' not in page
            make_due(library)
    assert after in page
    assert 'value="resend"' in page
    assert metrics(client)[state] == "1.0"


def make_due(library: Library) -> None:
    with library.store.write() as writing:
        for letter in writing.outbox.due(timestamp_in(days=30)):
            writing.outbox.remove([letter.id])
            writing.outbox.add(replace(letter, next_at=letter.created_at))
