"""Readers without an account: double opt-in, only what is public, stopped and erased with one request."""

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import LoginNeeded
from kb.features.digests import subscribers
from kb.features.digests.digest_sending import send_digests
from kb.features.digests.records.digest_records import DigestReader, Digests, DigestsReading
from kb.features.digests.subscribers import ask_idle_readers, erase_subscriber
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.admin.expired_data import purge_expired_data
from kb.services.email import confirmation_limits
from kb.services.email.outbox import send_due_messages
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.tags.tag_edit import rename_tags
from kb.site import create_app
from kb.store import Rate
from kb.store.database.clock import timestamp_of
from tests.features.digests.conftest import SITE, Mailing, html_of, text_of
from tests.support.browser_sessions import browsers_of, send, sign_in

ADDRESS = "lectrice@exemple.org"


@pytest.fixture
def client(mailing: Mailing) -> TestClient:
    return TestClient(create_app(mailing.library), follow_redirects=False, base_url=SITE)


def ask(client: TestClient, email: str = ADDRESS, params: str = "q=vague", **fields: str) -> str:
    """Send the form of `/subscribe`; the text of the page after it."""
    answer = send(
        client, f"/subscribe?{params}", email=email, **dict(p.split("=") for p in params.split("&")), **fields
    )
    assert answer.status_code == 303
    return re.sub(r'name="form_token" value="[^"]*"', "", client.get(answer.headers["location"]).text)


def arrived(mailing: Mailing) -> list[EmailMessage]:
    """The messages that arrive now."""
    before = len(mailing.office.taken)
    send_due_messages(mailing.library)
    return mailing.office.letters[before:]


def confirm(mailing: Mailing, client: TestClient) -> str:
    """Confirm what was asked for; the path of the preferences."""
    (letter,) = arrived(mailing)
    match = re.search(r"/subscribe/\S+", text_of(letter))
    assert match is not None
    answer = send(client, match[0])
    assert answer.status_code == 303
    return str(answer.headers["location"]).partition("?")[0]


def the_reader(mailing: Mailing, email: str = ADDRESS) -> DigestReader | None:
    with mailing.library.store.read() as reading:
        return DigestsReading(reading.connection).by_email(email)


def test_a_stranger_follows_what_is_public_after_one_confirmation(mailing: Mailing, client: TestClient) -> None:
    assert "« vague »" in unescape(client.get("/subscribe?q=vague").text).replace("\u202f", " ")
    assert "messagerie" in ask(client, rhythm="daily")
    (letter,) = arrived(mailing)
    assert letter["To"] == ADDRESS
    key = re.search(r"/subscribe/(\S+)", text_of(letter))
    assert key is not None
    assert key[0] in html_of(letter)
    # Scanners of mail open each link: that confirms nothing.
    assert ADDRESS in client.get(key[0]).text
    assert the_reader(mailing) is None
    assert send(client, key[0]).status_code == 303
    reader = the_reader(mailing)
    assert reader is not None
    assert "Mon adresse ne sert qu’à cela" in reader.consent
    assert reader.consented_at is not None
    mailing.save("Une vague publique")
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    assert letter["To"] == ADDRESS
    assert "Une vague publique" in text_of(letter)
    assert "À votre demande" in text_of(letter) or "à votre demande" in text_of(letter)


def test_a_second_click_on_the_confirmation_says_again_that_it_is_confirmed(
    mailing: Mailing, client: TestClient
) -> None:
    for params in ("q=vague", "q=port"):
        ask(client, params=params, rhythm="daily")
    links = [match[0] for one in arrived(mailing) if (match := re.search(r"/subscribe/\S+", text_of(one)))]
    form = "/subscribe?q=vague"
    places = {str(send(client, form, link).headers["location"]) for link in (*links, *links)}
    places |= {str(client.get(link).headers["location"]) for link in links}
    (place,) = places
    assert "C’est confirmé" in client.get(place).text
    reader = the_reader(mailing)
    assert reader is not None
    # The request lasts as long as what it led to, and no longer.
    with mailing.library.store.write() as writing:
        Digests(writing.connection).remove_requests_before(timestamp_of(mailing.now + timedelta(days=900)))
    assert [client.get(link).status_code for link in links] == [303, 303]
    with mailing.library.store.read() as reading:
        by_title = {one.title: one.search_id for one in DigestsReading(reading.connection).subscriptions(reader.id)}
    ended = next(search_id for title, search_id in by_title.items() if "port" in title)
    path = place.partition("?")[0]
    choices = {"act": "save", "weekday": "0", "hour": "8", f"rhythm-{ended}": "never"}
    assert send(client, path, **choices).status_code == 303
    assert [client.get(link).status_code for link in links] == [303, 404]
    assert send(client, form, links[1]).status_code == 404
    send(client, path, act="stop")
    assert [client.get(link).status_code for link in links] == [404, 404]


def test_a_second_stop_of_the_messages_says_that_they_have_ended(mailing: Mailing, client: TestClient) -> None:
    ask(client)
    path = confirm(mailing, client)
    for _ in range(2):
        answer = send(client, "/subscribe?q=vague", path, act="stop")
        assert "Plus aucun courriel" in client.get(str(answer.headers["location"])).text
    ended, unknown = client.get(path), client.get("/subscription/inconnue")
    for answer in (ended, unknown):
        assert answer.status_code == 404
        assert "Ces courriels ont pris fin" in answer.text


def test_nothing_but_what_is_public_is_sent(mailing: Mailing, client: TestClient) -> None:
    ask(client, rhythm="daily")
    confirm(mailing, client)
    mailing.save("Vague bientôt fermée")
    mailing.pass_time(days=1)
    send_digests(mailing.library, mailing.now)
    mailing.close_group()
    assert mailing.send() == []
    mailing.save("Vague fermée")
    mailing.pass_time(days=1)
    assert mailing.send() == []


def test_a_group_without_feeds_is_not_sent_to_strangers(mailing: Mailing, client: TestClient) -> None:
    ask(client, rhythm="daily")
    confirm(mailing, client)
    change_group(mailing.library, OPERATOR, "quais", replace(GroupSettings("Quais"), feeds=False))
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    assert mailing.send() == []


def test_a_closed_group_cannot_be_told_from_one_that_does_not_exist(mailing: Mailing, client: TestClient) -> None:
    mailing.close_group()
    closed, unknown = (
        re.sub(r'name="form_token" value="[^"]*"', "", client.get(f"/subscribe?group={slug}").text).replace(slug, "…")
        for slug in ("quais", "inconnu")
    )
    assert closed == unknown


def test_what_is_too_much_for_a_reader_leaves_no_search(
    mailing: Mailing, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(client)
    confirm(mailing, client)
    monkeypatch.setattr(subscribers, "MOST_SUBSCRIPTIONS", 1)
    ask(client, params="q=port")
    (letter,) = arrived(mailing)
    link = re.search(r"/subscribe/\S+", text_of(letter))
    assert link is not None
    assert "limite" in send(client, link[0]).text
    with mailing.library.store.read() as reading:
        assert reading.followed_searches.count() == 1


def test_a_stranger_follows_no_closed_group_and_learns_no_new_name(mailing: Mailing, client: TestClient) -> None:
    ask(client, params="group=quais&tag=port", rhythm="daily")
    ask(client, "autre@exemple.org", params="group=quais", rhythm="daily")
    letter, other = arrived(mailing)
    links = [match[0] for one in (letter, other) if (match := re.search(r"/subscribe/\S+", text_of(one)))]
    preferences = str(send(client, links[0]).headers["location"]).partition("?")[0]
    assert "tag=port" in client.get(preferences).text
    mailing.close_group()
    rename_tags(mailing.library, OPERATOR, "quais", ["port"], "licenciements")
    assert "tag=" not in client.get(preferences).text
    assert "licenciements" not in client.get(preferences).text
    assert send(client, links[1]).status_code == 404
    assert the_reader(mailing, "autre@exemple.org") is None
    assert client.get("/subscribe?group=quais").status_code == client.get("/subscribe?group=rien").status_code == 404


def test_the_answer_is_the_same_for_a_known_address(mailing: Mailing, client: TestClient) -> None:
    first = ask(client)
    confirm(mailing, client)
    assert ask(client) == first == ask(client, "autre@exemple.org") == ask(client, "zoe@exemple.fr")


def test_a_stranger_does_not_fill_the_mailbox_of_another(mailing: Mailing, client: TestClient) -> None:
    for number in range(6):
        ask(client, params=f"q=vague{number}")
    assert len(arrived(mailing)) == 2
    for number in range(4):
        ask(client, f"autre{number}@exemple.org")
    page = send(client, "/subscribe?q=vague", email=ADDRESS, q="vague")
    assert page.status_code == 429


def test_who_asks_a_site_that_sends_no_more_is_told_so_whoever_they_are(
    mailing: Mailing, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation_limits, "_SITE_RATE", Rate(burst=1, every=600))
    ask(client)
    confirm(mailing, client)
    for address in (ADDRESS, "autre@exemple.org", "zoe@exemple.fr"):
        answer = send(client, "/subscribe?q=vague", email=address, q="vague")
        assert answer.status_code == 429
        assert "réessayez demain" in answer.text
    assert arrived(mailing) == []


def test_the_key_of_a_user_does_not_tell_what_they_follow(mailing: Mailing) -> None:
    mailing.follow("group=quais&q=licenciements", title="Licenciements")
    path = f"/subscription/{mailing.reader().key}"
    stranger = TestClient(create_app(mailing.library), follow_redirects=False, base_url=SITE)
    page = stranger.get(path).text
    assert "icenciements" not in page
    assert 'href="/following"' in page
    assert "Arrêter" in page
    zoe = browsers_of(
        replace(mailing.library, settings=replace(mailing.library.settings, base_url="http://testserver")),
        ["zoe", "max"],
    )
    assert "Licenciements" in zoe["zoe"].get(path).text
    assert "icenciements" not in zoe["max"].get(path).text
    send(stranger, path, act="save", weekday="2", hour="7")
    assert (mailing.reader().weekday, mailing.reader().hour) == (2, 7)
    with mailing.library.store.read() as reading:
        assert len(DigestsReading(reading.connection).subscriptions(mailing.reader().id)) == 1


def test_what_a_stranger_types_is_no_link_in_the_message(mailing: Mailing, client: TestClient) -> None:
    ask(client, params="q=gagnez sur https://mal.exemple/argent")
    (letter,) = arrived(mailing)
    assert "https://mal" not in text_of(letter) + html_of(letter)


@pytest.mark.parametrize("email", ["", "pas une adresse", "a@b@c", "x" * 300 + "@exemple.fr"])
def test_an_impossible_address_is_refused_on_the_page(mailing: Mailing, client: TestClient, email: str) -> None:
    answer = send(client, "/subscribe?q=vague", email=email, q="vague")
    assert answer.status_code == 400
    assert "form-error" in answer.text
    assert arrived(mailing) == []


def test_one_post_without_a_session_stops_all_and_erases_the_address(mailing: Mailing, client: TestClient) -> None:
    ask(client, rhythm="daily")
    path = confirm(mailing, client)
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    send_digests(mailing.library, mailing.now)
    program = TestClient(create_app(mailing.library), follow_redirects=False, base_url=SITE)
    form = {"List-Unsubscribe": "One-Click"}
    assert program.get(f"{path}/stop").status_code == 303, "opening the address stops nothing"
    assert the_reader(mailing) is not None
    for _ in range(2):
        assert program.post(f"{path}/stop", data=form, headers={"Origin": "https://mail.exemple"}).status_code == 200
    assert (
        program.post("/subscription/inconnue/stop", files={"List-Unsubscribe": (None, "One-Click")}).status_code == 200
    )
    assert the_reader(mailing) is None
    assert client.get(path).status_code == 404
    assert mailing.send() == [], "what waits is not sent either"
    with mailing.library.store.read() as reading:
        assert ADDRESS not in str(reading.outbox.due("9999-12-31T23"))


def test_the_page_of_preferences_changes_the_rhythm_and_the_hour(mailing: Mailing, client: TestClient) -> None:
    ask(client, rhythm="daily")
    path = confirm(mailing, client)
    page = client.get(path).text
    assert ADDRESS in page
    name = re.search(r'name="(rhythm-[^"]+)"', page)
    assert name is not None
    fields = {"weekday": "4", "hour": "17", "act": "save"}
    assert send(client, path, **fields, **{name[1]: "weekly"}).status_code == 303
    reader = the_reader(mailing)
    assert reader is not None
    assert (reader.weekday, reader.hour) == (4, 17)
    assert send(client, path, **fields | {"hour": "25"}).status_code == 400
    assert send(client, path, **fields, **{name[1]: "jamais"}).status_code == 400
    # Without anything to follow, nothing is kept.
    assert send(client, path, **fields, **{name[1]: "never"}).headers["location"].endswith("subscription-stopped")
    assert the_reader(mailing) is None


def test_a_request_that_is_not_confirmed_is_forgotten(mailing: Mailing, client: TestClient) -> None:
    ask(client)
    (letter,) = arrived(mailing)
    key = re.search(r"/subscribe/\S+", text_of(letter))
    assert key is not None
    with mailing.library.store.write() as writing:
        Digests(writing.connection).remove_requests_before(timestamp_of(mailing.now + timedelta(days=900)))
    assert client.get(key[0]).status_code == 404
    purge_expired_data(mailing.library)


def test_consent_is_asked_again_after_three_idle_years(mailing: Mailing, client: TestClient) -> None:
    ask(client)
    path = confirm(mailing, client)
    years = timedelta(days=3 * 365 + 1)
    for age, letters in ((years - timedelta(days=9), 0), (years, 1), (years + timedelta(days=1), 0)):
        ask_idle_readers(mailing.library, mailing.now + age)
        assert len(arrived(mailing)) == letters
    assert send(client, path, weekday="0", hour="8", act="save").status_code == 303
    ask_idle_readers(mailing.library, mailing.now + years - timedelta(days=9))
    assert arrived(mailing) == []
    for age, kept in ((years, True), (years + timedelta(days=59), True), (years + timedelta(days=61), False)):
        ask_idle_readers(mailing.library, mailing.now + age)
        assert (the_reader(mailing) is not None) is kept


def test_who_answers_while_it_is_decided_stays_and_is_not_asked(
    mailing: Mailing, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(client)
    path = confirm(mailing, client)
    stale = the_reader(mailing)
    assert send(client, path, weekday="0", hour="8", act="save").status_code == 303
    monkeypatch.setattr(DigestsReading, "idle", lambda *_: (stale,))
    ask_idle_readers(mailing.library, mailing.now)
    assert (the_reader(mailing) is None, arrived(mailing)) == (False, [])


def test_an_erased_address_is_in_no_message_that_failed(mailing: Mailing, client: TestClient) -> None:
    ask(client, rhythm="daily")
    confirm(mailing, client)
    mailing.office.recipients[ADDRESS] = "550 No"
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    assert mailing.send() == []
    assert erase_subscriber(mailing.library, OPERATOR, ADDRESS)
    with mailing.library.store.read() as reading:
        assert ADDRESS not in str(reading.outbox.due("9999-12-31T23"))


def test_an_administrator_erases_an_address(mailing: Mailing, client: TestClient) -> None:
    ask(client)
    confirm(mailing, client)
    with pytest.raises(LoginNeeded):
        erase_subscriber(mailing.library, ANONYMOUS, ADDRESS)
    assert erase_subscriber(mailing.library, OPERATOR, ADDRESS.upper())
    assert the_reader(mailing) is None
    assert not erase_subscriber(mailing.library, OPERATOR, ADDRESS)


def test_a_stranger_finds_the_form_from_a_search(client: TestClient) -> None:
    page = client.get("/follow?feed=/search.atom%3Fq%3Dport").text
    assert "Suivre par courriel, sans compte" in page
    assert 'href="/subscribe?q=port"' in page


def test_a_user_follows_a_search_by_email_and_ends_it(mailing: Mailing, client: TestClient) -> None:
    sign_in(client, "zoe")
    page = "/follow?feed=/search.atom%3Fq%3Dvague"
    assert "zoe@exemple.fr" in client.get(page).text
    fields = {"parameters": "q=vague", "name": "Vagues", "counted": "on", "act": "follow"}
    assert send(client, page, "/following", **fields, when="daily").status_code == 303
    assert "chaque jour" in client.get("/following").text
    assert send(client, page, "/following", **fields | {"name": "Mes vagues"}).status_code == 303
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    assert "Mes vagues" in text_of(letter)
    found = re.search(r'id="f-([\w-]+)"', client.get("/following").text)
    assert found is not None
    removed = send(client, "/following", id=found[1], act="remove")
    assert 'name="when" value="daily"' in removed.text
    mailing.save("Deuxième vague")
    mailing.pass_time(days=1)
    assert mailing.send() == []
    assert send(client, page, "/following", **fields, when="toujours").status_code == 400


def test_an_administrator_sees_refused_addresses_and_erases_one(mailing: Mailing, client: TestClient) -> None:
    ask(client, rhythm="daily")
    confirm(mailing, client)
    mailing.office.recipients = {ADDRESS: "550 5.1.1 <b>unknown</b>"}
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    mailing.send()
    set_administrator(mailing.library, OPERATOR, "olga", administrator=True)
    sign_in(client, "olga")
    assert "ne partent plus" in client.get("/admin").text
    page = client.get("/admin/subscribers").text
    assert ADDRESS in page
    assert "&lt;b&gt;unknown" in page
    assert send(client, "/admin/subscribers", email="autre@exemple.org").status_code == 404
    assert send(client, "/admin/subscribers", email=ADDRESS).status_code == 303
    assert the_reader(mailing) is None
