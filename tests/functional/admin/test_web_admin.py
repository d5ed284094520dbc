"""The administration pages of the site in a browser."""

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from html import unescape
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.delivery import DeliveryState
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.admin import site_overview
from kb.services.admin.last_backup import LastBackup, record_backup
from kb.services.core.library import Library
from kb.services.groups.group_states import delete_group
from kb.services.groups.invitations import invite_by_email
from kb.site import create_app
from kb.store.database.clock import timestamp_now
from kb.store.site.outbox import OutboxMessage
from tests.factories.group import a_shared
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in

PAGES = (
    "/admin",
    "/admin/accounts",
    "/admin/accounts/paul",
    "/admin/invitations",
    "/admin/site",
    "/admin/groups",
    "/admin/authors",
    "/admin/log",
    "/admin/report",
    "/admin/subscribers",
)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert", email="claire@exemple.fr", administrator=True)
        an_account(library, "paul", name="Paul Évrard", email="paul@exemple.fr")
        yield library


def browser(library: Library, login: str = "") -> TestClient:
    client = TestClient(create_app(library))
    if login:
        sign_in(client, login)
    return client


@pytest.fixture
def client(library: Library) -> TestClient:
    return browser(library, "claire")


def test_only_an_administrator_is_led_there(library: Library, client: TestClient) -> None:
    assert 'href="/admin"' in client.get("/").text
    paul = browser(library, "paul")
    assert "/admin" not in paul.get("/").text
    unknown = paul.get("/admin/rien").text
    for page in PAGES:
        assert client.get(page).status_code == 200
        answer = paul.get(page)
        assert answer.status_code == 404
        # With the same text as for an address that does not exist.
        assert _words(answer.text) == _words(unknown)
        assert browser(library).get(page, follow_redirects=False).headers["location"].startswith("/login?next=")


@pytest.mark.parametrize(
    "page", [*PAGES, "/account", "/keep", "/keep/tools", "/lists", "/later", "/saved", "/groups/new"]
)
def test_every_page_has_a_search_form(client: TestClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert re.search(r'<form class="ask"[^>]*>.*?<input id="q" ', answer.text, re.DOTALL)


@pytest.mark.parametrize("scope", TokenScope)
def test_a_program_administers_nothing(library: Library, scope: TokenScope) -> None:
    """A stolen token must not be as powerful as a password."""
    _, secret = add_token(library, OPERATOR, NewToken(scope), "claire")
    for page in PAGES:
        answer = browser(library).get(page, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == 403


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.split("<main", 1)[1].split("</main>", 1)[0]))


def test_an_account_is_found_and_changed(library: Library, client: TestClient) -> None:
    assert "Paul Évrard" in client.get("/admin/accounts?q=evrard").text
    assert "Claire Aubert</a>" not in client.get("/admin/accounts?q=evrard").text
    page = "/admin/accounts/paul"
    wrong = send(client, page, act="change", name="Paul", email="pas une adresse")
    assert wrong.status_code == 400
    assert 'value="pas une adresse"' in wrong.text
    refused = send(client, page, act="change", name="Paul", email="claire@exemple.fr")
    assert refused.status_code == 409
    answer = send(client, page, act="change", name="Paul Martin", email="p.martin@exemple.fr")
    assert answer.headers["location"] == f"{page}?done=kept"
    assert "p.martin@exemple.fr" in client.get(page).text


@pytest.mark.parametrize("act", ["close", "make-administrator"])
def test_irreversible_actions_ask_for_confirmation(library: Library, client: TestClient, act: str) -> None:
    preview = send(client, "/admin/accounts/paul", act=act)
    assert preview.status_code == 200
    assert 'name="sure" value="yes"' in preview.text
    assert "Paul Évrard" in preview.text
    with library.store.read() as reading:
        paul = reading.accounts.by_login("paul")
    assert paul is not None
    assert not paul.administrator
    assert paul.closed_at is None


def test_an_account_is_closed_at_once_and_opened_again(library: Library, client: TestClient) -> None:
    paul = browser(library, "paul")
    assert send(client, "/admin/accounts/paul", act="close", sure="yes").status_code == 303
    assert "Paul Évrard" not in paul.get("/").text
    assert send(browser(library), "/login", login="paul", password=PASSWORD).status_code == 403
    page = client.get("/admin/accounts/paul").text
    assert "Rouvrir le compte" in page
    assert "make-administrator" not in page
    assert send(client, "/admin/accounts/paul", act="open").status_code == 303
    sign_in(browser(library), "paul")


def test_an_administrator_is_made_and_unmade_and_never_the_last_one(library: Library, client: TestClient) -> None:
    own = client.get("/admin/accounts/claire").text
    assert "unmake-administrator" not in own
    assert 'value="close"' not in own
    refused = send(client, "/admin/accounts/claire", act="unmake-administrator", sure="yes")
    assert refused.status_code == 409
    assert send(client, "/admin/accounts/claire", act="close", sure="yes").status_code == 409
    send(client, "/admin/accounts/paul", act="make-administrator", sure="yes")
    paul = browser(library, "paul")
    assert paul.get("/admin").status_code == 200
    response = send(client, "/admin/accounts/claire", act="unmake-administrator", sure="yes")
    assert response.headers["location"] == "/?done=administrator-unmade"
    assert client.get("/admin").status_code == 404
    assert paul.get("/admin").status_code == 200


def test_a_link_to_another_password_is_shown_once(library: Library, client: TestClient) -> None:
    answer = send(client, "/admin/accounts/paul", act="link")
    assert answer.headers["cache-control"] == "no-store"
    match = re.search(r"http://\S+?(/reset/[\w-]+)", answer.text)
    assert match is not None
    assert match[1] not in client.get("/admin/accounts/paul").text
    assert send(browser(library), match[1], password="une tout autre phrase").status_code == 303


def test_sessions_are_ended(library: Library, client: TestClient) -> None:
    paul = browser(library, "paul")
    assert send(client, "/admin/accounts/paul", act="sign-out").status_code == 303
    assert "Paul Évrard" not in paul.get("/").text
    assert "sign-out" not in client.get("/admin/accounts/paul").text


@pytest.mark.parametrize("login", ["personne", "~paul", "x" * 3000, "%00", "..%2f..", "%ff"])
def test_an_account_that_is_not_there(client: TestClient, login: str) -> None:
    assert client.get(f"/admin/accounts/{login}").status_code == 404


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999", "q=" + "x" * 5000, "q=%00", "page=²"]
)
@pytest.mark.parametrize("part", ["accounts", "groups", "authors"])
def test_a_list_answers_whatever_is_asked(client: TestClient, part: str, query: str) -> None:
    assert client.get(f"/admin/{part}?{query}").status_code == 200


@pytest.mark.parametrize("page", ["/admin/accounts/paul", "/admin/invitations"])
@pytest.mark.parametrize("act", ["", "inconnu"])
def test_an_act_that_there_is_not(client: TestClient, page: str, act: str) -> None:
    assert send(client, page, act=act).status_code == 400


def test_the_site_is_invited_to(library: Library, client: TestClient) -> None:
    page = "/admin/invitations"
    answer = send(client, page, act="link")
    match = re.search(r"(/welcome/[\w-]+)", answer.text)
    assert match is not None
    assert send(browser(library), match[1], login="zoe", name="Zoé", password=PASSWORD).status_code == 303
    send(client, page, act="link")
    waiting = re.search(r'name="id" value="([^"]+)"', client.get(page).text)
    assert waiting is not None
    assert send(client, page, act="revoke", id=waiting[1]).headers["location"] == f"{page}?done=invitation-revoked"
    assert send(client, page, act="revoke", id=waiting[1]).status_code == 400
    assert send(client, page, act="email", email="").status_code == 400


def test_with_a_mail_server_an_email_message_is_sent(library: Library) -> None:
    client = browser(replace(library, settings=replace(library.settings, mail_url="smtp://localhost")), "claire")
    answer = send(client, "/admin/invitations", act="email", email="zoe@exemple.org")
    assert answer.headers["location"] == "/admin/invitations?done=letter-sent"
    assert "zoe@exemple.org" in client.get("/admin/invitations").text
    assert "1 courriel attend le serveur de messagerie" in client.get("/admin").text


def test_an_imported_author_is_linked_to_an_account(library: Library, client: TestClient) -> None:
    groups = [a_group("lectures", "Lectures"), a_group("secret", "Secret", visible=Visibility.MEMBERS)]
    imported = a_user("m-martin", "Monique Martin")
    add_items(
        library,
        *(
            an_item("Titre", id=f"i-{group.slug}", group=group, order=n, author=imported)
            for n, group in enumerate(groups)
        ),
        groups=groups,
    )
    catch_up(library)
    assert "Monique Martin" in client.get("/admin/authors?q=monique").text
    page = "/admin/authors/m-martin"
    assert 'href="/g/secret/members/m-martin"' in client.get(page).text
    unknown = send(client, page, act="merge", login="personne")
    assert (unknown.status_code, 'value="personne"' in unknown.text) == (400, True)
    preview = send(client, page, act="merge", login="paul")
    assert "2 signets" in preview.text
    assert "Paul Évrard (paul)" in preview.text
    assert client.get(page).status_code == 200
    assert send(client, page, act="merge", login="paul", sure="yes").status_code == 303
    assert client.get(page).status_code == 404


def test_the_overview_says_what_is_wrong(library: Library, client: TestClient) -> None:
    group = a_shared(library)
    add_items(library, an_item("Titre", id="i-1", group=group, order=1))
    assert "1 changement de retard" in client.get("/admin").text
    catch_up(library)
    page = client.get("/admin").text
    assert "Tout ce que contient le site peut être trouvé" in page
    assert "Aucun serveur de messagerie n’est réglé" in page


def test_the_overview_says_how_safe_the_site_is(
    library: Library, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/admin").text
    assert "Aucune sauvegarde par «\u202fkb backup\u202f» n’est connue" in page
    assert re.search(r"Disque\u202f: .* pris sur ", page)
    record_backup(library, OPERATOR, LastBackup("2024-03-05T02:10:00.000000Z", 412_000_000, with_files=False))
    page = unescape(client.get("/admin").text)
    assert re.search(r"Dernière sauvegarde\s: 5 mars 2024, 412\sMo\.", page)
    assert "Elle ne contient pas les fichiers des signets." in page
    assert "La dernière sauvegarde date du 5 mars 2024." in page
    record_backup(library, OPERATOR, LastBackup(timestamp_now(), 5, with_files=True))
    monkeypatch.setattr(site_overview.shutil, "disk_usage", lambda _folder: SimpleNamespace(used=98, free=2))
    page = client.get("/admin").text
    assert "La dernière sauvegarde date du" not in page
    assert "est presque plein" in page


def test_the_overview_names_refused_addresses_and_waiting_invitations(library: Library, client: TestClient) -> None:
    group = a_shared(library)
    with library.store.write() as writing:
        message = OutboxMessage(
            "m1", "sans@exemple.org", "Sujet", "Texte", "2026-11-30T08:00:00.000000Z", timestamp_now()
        )
        writing.outbox.add(message)
        writing.outbox.record("m1", DeliveryState.REFUSED, "550", is_final=True)
    invite_by_email(library, OPERATOR, group.slug, "neuve@exemple.org", Role.READER)
    page = unescape(client.get("/admin").text)
    assert "<bdi>sans@exemple.org</bdi>" in page
    assert "(1 à un groupe)" in page


def test_an_administrator_sees_groups_and_no_own_library(library: Library, client: TestClient) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    page = client.get("/admin/groups").text
    assert f"/g/{group.slug}" in page
    assert "/g/~" not in page.partition("<main")[2]


def test_the_count_of_groups_says_how_many_of_the_list_are_deleted(library: Library, client: TestClient) -> None:
    add_items(library, groups=(a_group("un"), a_group("deux")))
    assert re.search(r'<p class="facts"><span>2 groupes</span> </p>', client.get("/admin/groups").text)
    delete_group(library, OPERATOR, "deux")
    page = client.get("/admin/groups").text.partition("<main")[2]
    assert re.search(r'<p class="facts"><span>1 groupe</span> <span>1 groupe supprimé</span> </p>', page)
    assert len(re.findall(r'<li><a href="/g/', page)) == 2
    assert "supprimé" not in client.get("/admin/groups?q=un").text


def test_a_hostile_name_is_only_a_name(library: Library, client: TestClient) -> None:
    an_account(library, "piege", name='"><script>alert(1)</script>')
    for page in ("/admin/accounts", "/admin/accounts/piege"):
        assert "<script>alert" not in client.get(page).text


def test_the_log_says_what_was_done_with_names(library: Library, client: TestClient) -> None:
    group = a_shared(library)
    send(client, "/admin/accounts/paul", act="close", sure="yes")
    send(client, "/admin/accounts/paul", act="open")
    send(client, "/admin/accounts/paul", act="link")
    page = client.get("/admin/log").text
    assert "Claire Aubert a fermé un compte (Paul Évrard)." in page
    assert "Claire Aubert a créé un lien pour changer un mot de passe (Paul Évrard)." in page
    assert f'href="/g/{group.slug}"' in page
    assert "/g/~" not in page.partition("<main")[2]


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 30, "²", "%00"])
def test_the_log_answers_whatever_is_asked(client: TestClient, before: str) -> None:
    assert client.get(f"/admin/log?before={before}").status_code == 200


def test_the_log_of_the_site_has_times_and_is_filtered_by_person_and_by_kind(
    library: Library, client: TestClient
) -> None:
    a_shared(library)
    paul = browser(library, "paul")
    send(paul, "/account/tokens", name="Relevé", scope="read", days="90", act="make")
    everything = client.get("/admin/log").text
    times = re.search(
        r'<time class="hint" datetime="([^"]+)">(\d\d:\d\d)</time> <bdi>Paul Évrard a créé un jeton', everything
    )
    assert times is not None
    assert f"{datetime.fromisoformat(times[1]).astimezone(ZoneInfo('Europe/Paris')):%H:%M}" == times[2]
    assert "Les heures sont celles du fuseau Europe/Paris." in everything
    assert "a créé le groupe" in everything
    of_paul = client.get("/admin/log?who=paul").text
    assert "a créé un jeton" in of_paul
    assert "a créé le groupe" not in of_paul
    assert 'name="who" type="text" value="paul"' in of_paul
    of_members = client.get("/admin/log?what=members&who=paul").text
    assert "a créé un jeton" not in of_members
    assert '<option value="members" selected>' in of_members
    assert "a créé un jeton" in client.get("/admin/log?what=site").text
    (address,) = re.findall(r'<a href="([^"]+)"[^>]*>Télécharger en CSV', client.get("/admin/log?what=site").text)
    rows = list(csv.reader(client.get(unescape(address)).text.removeprefix("\ufeff").splitlines(), delimiter=";"))
    assert rows[0] == ["Heure (Europe/Paris)", "Heure (UTC)", "Par qui", "Événement", "Ce qui a été fait", "Groupe"]
    assert any("a créé un jeton" in row[4] for row in rows)
    assert {len(row) for row in rows} == {6}
    assert paul.get("/admin/log?format=csv").status_code == 404
    for hostile in ("personne", "x" * 3000, "%00", "%ff&what=%00"):
        answer = client.get(f"/admin/log?who={hostile}")
        assert answer.status_code in {200, 400}
        assert "<bdi>" not in answer.text
