"""The account page of a user, in a browser."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.services.accounts.one_time_links import create_password_link, one_time_link
from kb.services.core.library import Library
from kb.services.groups.group_states import archive_group
from kb.services.search.result_types import FacetValue
from kb.site import create_app
from kb.store.database.clock import timestamp_in
from kb.translation import Translator
from kb.web.ui.facets import value_label
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in

OTHER = "une tout autre phrase"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert", email="claire@exemple.fr")
        an_account(library, "paul", name="Paul Roy", email="paul@exemple.fr")
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return a_browser(library)


def a_browser(library: Library, login: str = "claire", password: str = PASSWORD) -> TestClient:
    client = TestClient(create_app(library), headers={"user-agent": FIREFOX})
    sign_in(client, login, password)
    return client


def is_logged_in(client: TestClient) -> bool:
    return client.get("/account", follow_redirects=False).status_code == 200


def current_settings(page: str) -> dict[str, str]:
    """The current settings that the collapsed sections of the account show, by name."""
    return dict(re.findall(r"<summary><span>([^<]*?)\W* <b[^>]*>([^<]*)</b>", page))


def session_ids(library: Library, login: str) -> list[str]:
    with library.store.read() as reading:
        return [session.id for session in reading.credentials.sessions_of(as_(library, login).user_id or "")]


def test_the_account_page_shows_the_users_own_things_and_the_header_links_to_it(
    library: Library, client: TestClient
) -> None:
    a_shared(library)
    assert 'href="/account"' in client.get("/").text
    page = client.get("/account").text
    for part in (
        "Claire Aubert",
        "claire@exemple.fr",
        "Lectures",
        "responsable",
        "Firefox sur Linux",
        "cette session",
    ):
        assert part in page
    for address in ("/g/~claire", "/invitations", "/logout", "/account/tokens", "/account/feeds"):
        assert f'href="{address}"' in page
    assert "paul" not in page.lower()


@pytest.mark.parametrize("page", ["/account", "/account/tokens", "/account/feeds"])
def test_an_anonymous_visitor_is_asked_to_log_in_and_returns_to_the_page(library: Library, page: str) -> None:
    answer = TestClient(create_app(library)).get(page, follow_redirects=False)
    assert answer.headers["location"] == f"/login?next=%2F{page[1:].replace('/', '%2F')}"


def test_a_name_is_changed_everywhere(library: Library, client: TestClient) -> None:
    assert send(client, "/account", act="name", name="  Claire Roy ").status_code == 303
    assert "Claire Roy" in client.get("/").text
    assert "Claire Roy" in client.get("/g/~claire").text
    assert "Claire Aubert" not in client.get("/g/~claire").text


def test_the_own_library_has_one_name_on_all_pages(client: TestClient) -> None:
    own = client.get("/g/~claire").text
    assert "<title>Ma bibliothèque" in own
    assert "<span>lu par vous seulement</span>" in own
    assert "Ce groupe est" not in own
    # The menu of every page links to it.
    assert '<a href="/g/~claire" rel="nofollow">Ma bibliothèque</a>' in client.get("/aide").text
    facet = FacetValue("~claire", "Claire Aubert", 2, selected=False)
    assert value_label("group", facet, Translator("fr")) == "Ma bibliothèque"
    # A slug without a name is that of another user: the label does not reveal whether that library exists.
    assert value_label("group", FacetValue("~paul", "~paul", 0, selected=True), Translator("fr")) == "~paul"


@pytest.mark.parametrize("name", ["", "   ", "n" * 101, "deux\nlignes", "\u202eenvers"])
def test_an_invalid_name_is_refused_and_stays_in_the_form(client: TestClient, name: str) -> None:
    answer = send(client, "/account", act="name", name=name)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "Claire Aubert" in client.get("/").text


def test_the_password_is_needed_to_change_the_address(library: Library, client: TestClient) -> None:
    link = create_password_link(library, OPERATOR, "claire")
    wrong = send(client, "/account", act="email", email="neuve@exemple.fr", proof="pas la bonne")
    assert (wrong.status_code, 'value="neuve@exemple.fr"' in wrong.text) == (403, True)
    # The line above the form shows the stored value, not the typed one.
    assert current_settings(wrong.text) == current_settings(client.get("/account").text)
    one_time_link(library, link)
    assert send(client, "/account", act="email", email=" Neuve@Exemple.fr ", proof=PASSWORD).status_code == 303
    assert "neuve@exemple.fr" in client.get("/account").text
    assert client.get(f"/reset/{link}").status_code == 404, "a link that went to the address of before"
    assert send(client, "/account", act="email", email="", proof=PASSWORD).status_code == 303
    assert "neuve@exemple.fr" not in client.get("/account").text


def test_an_address_that_is_none_is_refused_and_that_of_another_account_is_not_revealed(client: TestClient) -> None:
    assert send(client, "/account", act="email", email="rien", proof=PASSWORD).status_code == 400
    answers = [
        send(client, "/account", act="email", email=email, proof=PASSWORD)
        for email in ("PAUL@exemple.fr", "personne@exemple.fr")
    ]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, "/account?done=kept")] * 2
    assert "pas confirmée" in client.get("/account").text


def test_an_address_is_confirmed_by_the_link_that_was_sent_to_it(library: Library) -> None:
    settings = replace(library.settings, mail_url="smtp://localhost")
    library = replace(library, settings=settings)
    client = a_browser(library)
    sent = send(client, "/account", act="email", email="neuve@exemple.fr", proof=PASSWORD)
    assert sent.headers["location"] == "/account?done=email-sent"
    page = client.get("/account").text
    assert 'value="neuve@exemple.fr"' in page
    assert current_settings(page) == {"Nom": "Claire Aubert", "Adresse électronique": "claire@exemple.fr"}
    assert "neuve@exemple.fr n’est pas encore confirmée" in page
    assert "D’ici là, les courriels vont à claire@exemple.fr." in page
    with library.store.read() as reading:
        (letter,) = reading.outbox.due(timestamp_in(days=1))
    link = "/email/" + letter.body.partition("/email/")[2].split()[0]
    assert (
        TestClient(create_app(library)).get(link, follow_redirects=False).headers["location"].startswith("/login?next=")
    )
    assert a_browser(library, "paul").get(link).status_code == 404
    opened = client.get(link)
    assert "neuve@exemple.fr devient" in opened.text
    assert (opened.headers["referrer-policy"], "no-store" in opened.headers["cache-control"]) == ("no-referrer", True)
    assert send(client, link).headers["location"] == "/account?done=email-confirmed"
    assert "pas encore confirmée" not in client.get("/account").text
    assert current_settings(client.get("/account").text)["Adresse électronique"] == "neuve@exemple.fr"
    assert client.get(link).status_code == 404


def test_a_first_address_is_not_shown_as_current_before_it_is_confirmed(library: Library, client: TestClient) -> None:
    send(client, "/account", act="email", email="", proof=PASSWORD)
    send(client, "/account", act="email", email="neuve@exemple.fr", proof=PASSWORD)
    page = client.get("/account").text
    assert current_settings(page)["Adresse électronique"] == "aucune confirmée"
    assert "neuve@exemple.fr n’est pas confirmée" in page


def test_a_name_that_is_refused_is_not_shown_as_current(client: TestClient) -> None:
    answer = send(client, "/account", act="name", name="n" * 101)
    assert current_settings(answer.text)["Nom"] == "Claire Aubert"


def test_the_groups_of_a_user_are_marked_when_archived(library: Library, client: TestClient) -> None:
    group = a_shared(library)
    assert "archivé" not in client.get("/account").text
    archive_group(library, OPERATOR, group.slug)
    assert "<span>responsable</span> <span>archivé</span>" in client.get("/account").text


def test_a_user_who_tries_many_addresses_must_wait(client: TestClient) -> None:
    answers = [send(client, "/account", act="email", email=f"a{n}@exemple.fr", proof=PASSWORD) for n in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_another_password_ends_all_sessions_but_this_one(library: Library, client: TestClient) -> None:
    second_browser, other = a_browser(library), a_browser(library, "paul")
    link = create_password_link(library, OPERATOR, "claire")
    assert send(client, "/account", act="password", present="faux", password=OTHER).status_code == 403
    assert send(client, "/account", act="password", present=PASSWORD, password="court").status_code == 400
    assert is_logged_in(second_browser)
    assert send(client, "/account", act="password", present=PASSWORD, password=OTHER).status_code == 303
    assert (is_logged_in(client), is_logged_in(second_browser), is_logged_in(other)) == (True, False, True)
    assert client.get(f"/reset/{link}").status_code == 404
    assert is_logged_in(a_browser(library, password=OTHER))


def test_guessing_the_present_password_is_as_slow_as_guessing_at_login(library: Library, client: TestClient) -> None:
    for _ in range(5):
        assert send(client, "/account", act="password", present="faux", password=OTHER).status_code == 403
    answer = send(client, "/account", act="password", present=PASSWORD, password=OTHER)
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    stranger = TestClient(create_app(library))
    assert send(stranger, "/login", login="claire", password=PASSWORD).status_code == 429


def test_a_browser_stays_known_after_a_password_change(library: Library, client: TestClient) -> None:
    assert send(client, "/account", act="password", present=PASSWORD, password=OTHER).status_code == 303
    assert send(client, "/logout").status_code == 303
    stranger = TestClient(create_app(library))
    for _ in range(6):
        send(stranger, "/login", login="claire", password="faux")
    assert send(stranger, "/login", login="claire", password=OTHER).status_code == 429
    sign_in(client, password=OTHER)


def test_a_user_without_password_sets_one(library: Library, client: TestClient) -> None:
    with library.store.write() as writing:
        writing.accounts.set_password(as_(library, "claire").user_id or "", None)
    assert "Mot de passe actuel" not in client.get("/account").text
    assert send(client, "/account", act="password", password=OTHER).status_code == 303
    assert is_logged_in(a_browser(library, password=OTHER))


def test_a_session_is_ended_at_once(library: Library, client: TestClient) -> None:
    other_browser = a_browser(library)
    ended = re.findall(r'name="id" value="([^"]+)"', client.get("/account").text)
    assert len(ended) == 1
    assert send(client, "/account", act="end", id=ended[0]).status_code == 303
    assert (is_logged_in(client), is_logged_in(other_browser)) == (True, False)
    assert send(client, "/account", act="end", id=ended[0]).status_code == 404


def test_all_other_sessions_are_ended(library: Library, client: TestClient) -> None:
    browsers, other = [a_browser(library) for _ in range(3)], a_browser(library, "paul")
    assert send(client, "/account", act="end-others").status_code == 303
    assert [is_logged_in(browser_) for browser_ in (client, *browsers, other)] == [True, False, False, False, True]
    assert "end-others" not in client.get("/account").text


def test_sessions_of_other_users_stay_open(library: Library, client: TestClient) -> None:
    other = a_browser(library, "paul")
    assert send(client, "/account", act="end", id=session_ids(library, "paul")[0]).status_code == 404
    assert is_logged_in(other)


def test_a_session_that_has_expired_is_not_shown(library: Library, client: TestClient) -> None:
    a_browser(library)
    with library.store.write() as writing:
        (other,) = set(session_ids(library, "claire")) - {as_session(library)}
        writing.credentials.session_seen(other, "2015-01-01T00:00:00.000000Z", "2015-01-02T00:00:00.000000Z")
    assert "janvier 2015" not in client.get("/account").text


def as_session(library: Library) -> str:
    """The first of Claire's sessions."""
    with library.store.read() as reading:
        every = reading.credentials.sessions_of(as_(library, "claire").user_id or "")
    return min(every, key=lambda message: message.created_at).id


@pytest.mark.parametrize("act", ["", "rien", "name\x00"])
def test_an_act_that_there_is_none_of_changes_nothing(client: TestClient, act: str) -> None:
    for page in ("/account", "/account/tokens", "/account/feeds"):
        assert send(client, "/account", page, act=act).status_code == 400


def test_links_are_sent_slowly(library: Library) -> None:
    client = TestClient(create_app(library))
    page = f"/reset/{create_password_link(library, OPERATOR, 'claire')}"
    for _ in range(30):
        assert send(client, page, password="court").status_code == 400
    answer = send(client, page, password=OTHER)
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    # A user who guesses links does not learn either whether one exists.
    assert send(client, page, "/welcome/rien", password=OTHER).status_code == 429
    other_client = TestClient(create_app(library), client=("192.0.2.7", 50000))
    assert send(other_client, page, password=OTHER).status_code == 303


def test_settings_are_closed_until_they_are_changed_and_open_with_an_error(client: TestClient) -> None:
    page = client.get("/account").text
    assert page.count('<details class="setting"><summary>') == 3
    assert 'Nom\u202f: <b dir="auto">Claire' in page or 'Nom : <b dir="auto">Claire' in page
    refused = send(client, "/account", act="name", name="")
    assert refused.text.count('<details class="setting" open>') == 3
