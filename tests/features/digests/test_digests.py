"""Digests: what is new comes once, to those who may read it when it is sent, and nothing is missed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

import kb.email.smtp
import kb.services.email.outbox
from kb.access.actor import OPERATOR
from kb.email.smtp import OutgoingMessage
from kb.features.digests import digest_sending
from kb.features.digests.digest_command import _send
from kb.features.digests.digest_schedule import Rhythm, due_after
from kb.features.digests.digest_sending import due_digests, queue_digest, send_digests
from kb.features.digests.records.digest_records import Digests, DigestsReading
from kb.features.digests.subscribers import change_preferences
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.services.email.outbox import MESSAGE_RETRY_DELAYS, send_due_messages
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.moderation.moderation_actions import hide_content
from kb.store.database.clock import timestamp_in
from kb.web.ui.local_time import site_time_zone
from tests.factories.group import as_
from tests.features.digests.conftest import SITE, Mailing, html_of, text_of


def test_a_digest_has_all_that_is_new_by_search_with_the_words_found(mailing: Mailing) -> None:
    mailing.follow("q=vague", title="Vagues")
    mailing.follow("q=marée&group=quais", title="Marées")
    item_id = mailing.save("Le large", "Une vague, puis une autre vague.")
    mailing.save("La grande marée")
    mailing.save("Sans rapport")
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    assert letter["To"] == "zoe@exemple.fr"
    assert str(letter["Subject"]).startswith("[Florilège] 2 nouveaux signets")
    text, html = text_of(letter), html_of(letter)
    assert "« Une *vague*, puis une autre *vague*. »" in text
    assert f"{SITE}/items/{item_id}?q=vague" in text
    assert '<mark class="mark"' in html
    assert '<html lang="fr">' in html
    for part in (text, html):
        assert [word in part for word in ("Vagues", "Marées", "La grande marée", "Sans rapport")] == [True] * 3 + [
            False
        ]
    assert text.index("Vagues") < text.index("Le large") < text.index("Marées") < text.index("La grande marée")


def test_a_digest_quotes_what_the_source_allows(mailing: Mailing) -> None:
    mailing.follow("q=quai&group=quais")
    quote = "Le quai du port rouvre. " + "Il sera large et clair. " * 5
    bodies = []
    for number, rule in enumerate(("all", "50", "link")):
        mailing.library = replace(mailing.library, settings=replace(mailing.library.settings, quotation=rule))
        mailing.save(f"Travaux {number}", quote)
        mailing.pass_time(days=1)
        (message,) = mailing.send()
        bodies.append(" ".join(text_of(message).replace("*", "").split()))

    assert "large et clair. Il sera large et clair." in bodies[0]
    assert "Le quai du port rouvre." in bodies[1]
    assert "large et clair. Il sera large" not in bodies[1]
    assert "rouvre" not in bodies[2]
    assert "Titre et lien seulement" in bodies[2]


def test_an_item_that_two_searches_find_is_told_once(mailing: Mailing) -> None:
    mailing.follow("q=vague", title="Vagues")
    mailing.follow("group=quais", title="Quais")
    mailing.save("Une vague")
    mailing.save("Un phare")
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    text = text_of(letter)
    assert (text.count("* Une vague"), text.count("* Un phare")) == (1, 1)
    assert "2 nouveaux signets" in text
    assert "aussi dans : Quais" in text


def test_the_header_lets_a_mail_program_stop_it(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    address = f"{SITE}/subscription/{mailing.reader().key}"
    assert letter["List-Unsubscribe"] == f"<{address}/stop>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Id"] == "<digest.florilege.exemple.fr>"
    assert f'href="{address}"' in html_of(letter)


def test_nothing_is_sent_when_nothing_is_new_and_nothing_twice(mailing: Mailing) -> None:
    mailing.save("Une vague d’avant")
    mailing.follow("q=vague")
    mailing.pass_time(days=1)
    assert mailing.send() == []
    mailing.save("Une vague d’après")
    assert mailing.send() == [], "the hour of the next day has not come"
    mailing.pass_time(days=1)
    assert len(mailing.send()) == 1
    mailing.pass_time(days=1)
    assert mailing.send() == []


def test_what_is_sent_at_once_waits_for_no_hour_and_comes_in_one_message(mailing: Mailing) -> None:
    mailing.now = datetime.now(UTC)
    mailing.follow("q=vague", Rhythm.NOW)
    mailing.pass_time(minutes=11)
    assert mailing.send() == []
    mailing.save("Une vague")
    mailing.save("Deux vagues")
    (letter,) = mailing.send()
    assert "2 nouveaux signets" in text_of(letter)
    mailing.save("Trois vagues")
    assert mailing.send() == []
    mailing.pass_time(minutes=11)
    assert len(mailing.send()) == 1


def test_what_its_reader_may_not_read_is_looked_at_once(mailing: Mailing) -> None:
    mailing.now = datetime.now(UTC)
    mailing.follow("q=vague", Rhythm.NOW)
    mailing.close_group()
    mailing.save("Une vague")
    mailing.pass_time(minutes=11)
    assert mailing.send() == []
    assert list(due_digests(mailing.library, mailing.now)) == []


def test_after_an_outage_all_comes_once(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    mailing.office.refusals["RCPT"] = "450 Later"
    for day in range(4):
        mailing.save(f"Vague {day}")
        mailing.pass_time(days=1)
        for _ in range(len(MESSAGE_RETRY_DELAYS) + 2):
            assert mailing.send() == []
    mailing.office.refusals.clear()
    first, second = mailing.send(), mailing.send()
    mailing.pass_time(days=1)
    titles = "\n".join(map(text_of, [*first, *second, *mailing.send()]))
    assert [titles.count(f"* Vague {day}") for day in range(4)] == [1] * 4
    mailing.pass_time(days=1)
    assert mailing.send() == []


class Killed(BaseException):
    """Raised where a process is killed."""


def test_a_kill_after_acceptance_sends_a_copy_with_the_same_message_id(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send_and_die(url: str, letter: OutgoingMessage, _key: object) -> None:
        kb.email.smtp.send_email(url, letter)
        raise Killed

    mailing.follow("q=vague")
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    with monkeypatch.context() as patched:
        patched.setattr(kb.services.email.outbox, "send_email", send_and_die)
        send_digests(mailing.library, mailing.now)
        with pytest.raises(Killed):
            send_due_messages(mailing.library)
    assert len(mailing.send()) == 1
    assert mailing.send() == []
    assert len({letter["Message-ID"] for letter in mailing.office.letters}) == 1


def test_a_kill_while_it_is_queued_loses_and_doubles_nothing(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_arguments: object, **_more: object) -> None:
        raise Killed

    mailing.follow("q=vague")
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    with monkeypatch.context() as patched:
        patched.setattr(digest_sending, "queue_feature_message", die)
        with pytest.raises(Killed):
            send_digests(mailing.library, mailing.now)
    (due,) = due_digests(mailing.library, mailing.now)
    assert queue_digest(mailing.library, due, mailing.now)
    assert queue_digest(mailing.library, due, mailing.now) is None, "another process had the same idea"
    assert len(mailing.send()) == 1


@pytest.mark.parametrize("waits", [False, True])
def test_rights_are_asked_when_it_is_sent(mailing: Mailing, waits: bool) -> None:
    mailing.follow("q=vague")
    hidden = mailing.save("Vague cachée")
    mailing.save("Vague claire")
    mailing.pass_time(days=1)
    if waits:
        send_digests(mailing.library, mailing.now)
    hide_content(mailing.library, OPERATOR, hidden)
    (letter,) = mailing.send()
    assert "Vague claire" in text_of(letter)
    assert "cachée" not in text_of(letter) + html_of(letter)
    assert "1 nouveau signet" in text_of(letter)


def test_what_is_beyond_the_message_is_counted_as_the_reader_may_read_it_then(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    oldest = [mailing.save(f"Vague {number}") for number in range(24)][:2]
    mailing.pass_time(days=1)
    send_digests(mailing.library, mailing.now)
    for item_id in oldest:
        hide_content(mailing.library, OPERATOR, item_id)
    (letter,) = mailing.send()
    text = text_of(letter)
    assert "22 nouveaux signets" in text
    assert "2 autres signets" in text
    assert f"{SITE}/search?q=vague&sort=recent" in text


@pytest.mark.parametrize("waits", [False, True])
def test_a_closed_group_tells_only_its_members(mailing: Mailing, waits: bool) -> None:
    set_role(mailing.library, OPERATOR, "quais", "zoe", Role.READER)
    mailing.close_group()
    mailing.follow("q=vague")
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    if waits:
        send_digests(mailing.library, mailing.now)
    remove_member(mailing.library, OPERATOR, "quais", "zoe")
    assert mailing.send() == []
    set_role(mailing.library, OPERATOR, "quais", "zoe", Role.READER)
    mailing.save("Deuxième vague")
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    assert "Deuxième vague" in text_of(letter)


def test_a_closed_account_gets_none(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    close_account(mailing.library, OPERATOR, "zoe", closed=True)
    assert mailing.send() == []


def test_a_refused_address_stops_the_digests_and_is_told(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    mailing.office.recipients = {"zoe@exemple.fr": "550 No such user"}
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    assert mailing.send() == []
    assert (mailing.reader().refusal, mailing.reader().refused_at is None) == ("550 No such user", False)
    mailing.office.recipients.clear()
    mailing.save("Une autre vague")
    mailing.pass_time(days=1)
    assert mailing.send() == []
    change_preferences(mailing.library, mailing.reader().key, 0, 8, {})
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    assert "Une autre vague" in text_of(letter)


def test_a_refused_text_stops_no_digest(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    mailing.office.refusals["DATA"] = "554 Spam"
    for title in ("Une vague", "Une autre vague"):
        mailing.save(title)
        mailing.pass_time(days=1)
        letters = mailing.send()
        assert mailing.reader().refused_at is None
        mailing.office.refusals.clear()
    (letter,) = letters
    assert "Une autre vague" in text_of(letter)


def test_the_command_counts_what_became_of_digests(mailing: Mailing) -> None:
    for login, answer in (("claire", "250 OK"), ("rene", "550 No"), ("olga", "450 Later"), ("sam", "250 OK")):
        with mailing.library.store.write() as writing:
            account = writing.accounts.by_login(login)
            assert account is not None
            writing.accounts.update(replace(account, email=f"{login}@exemple.fr"))
        mailing.office.recipients[f"{login}@exemple.fr"] = answer
        mailing.follow("q=vague" if login != "sam" else "q=rien", login=login)
    mailing.save("Une vague")
    mailing.pass_time(days=1)
    assert _send(mailing.library, mailing.now) == {"sent": 1, "skipped": 1, "refused": 1, "failed": 1}
    assert _send(mailing.library, mailing.now) == {"sent": 0, "skipped": 0, "refused": 0, "failed": 0}


def test_an_erased_person_leaves_nothing_and_the_export_has_their_choices(mailing: Mailing) -> None:
    mailing.follow("q=vague", title="Mes vagues")

    exported = BytesIO()
    write_own_personal_data(mailing.library, as_(mailing.library, "zoe"), exported)
    erase_person(mailing.library, OPERATOR, "zoe", AnnotationHandling.KEEP)
    with mailing.library.store.read() as reading:
        assert Digests(reading.connection).due("9999") == ()


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [
        (Rhythm.WEEKLY, "2026-10-28T07:00"),
        (Rhythm.DAILY, "2026-10-25T07:00"),
        (Rhythm.TWICE, "2026-10-24T15:00"),
        (Rhythm.NOW, "2026-10-24T07:09"),
    ],
)
def test_a_digest_is_due_at_the_hour_of_the_site(rhythm: Rhythm, expected: str) -> None:
    """Paris leaves summer time on 25 October 2026; Wednesday, 8 o’clock."""
    now = datetime(2026, 10, 24, 6, 59, tzinfo=UTC)
    assert f"{due_after(rhythm, 2, 8, now, ZoneInfo('Europe/Paris')):%Y-%m-%dT%H:%M}" == expected


def test_a_digest_is_not_due_again_at_its_own_hour() -> None:
    moment = datetime(2026, 10, 28, 7, 0, tzinfo=UTC)
    for rhythm in (Rhythm.WEEKLY, Rhythm.DAILY, Rhythm.TWICE):
        assert due_after(rhythm, 2, 8, moment - timedelta(minutes=1), ZoneInfo("Europe/Paris")) == moment
        assert due_after(rhythm, 2, 8, moment, ZoneInfo("Europe/Paris")) > moment


def test_only_what_is_due_is_read(mailing: Mailing) -> None:
    mailing.follow("q=vague")
    mailing.follow("q=port", Rhythm.WEEKLY)
    # Not those of the schedule: on a Sunday, both would be the next morning.
    times = {Rhythm.DAILY: timestamp_in(days=1), Rhythm.WEEKLY: timestamp_in(days=2)}
    reader = mailing.reader()
    with mailing.library.store.write() as writing:
        records = Digests(writing.connection)
        for one in records.subscriptions(reader.id):
            records.put_subscription(replace(one, due_at=times[one.rhythm]))
        assert [one.rhythm for _, one in records.due(times[Rhythm.DAILY])] == [Rhythm.DAILY]
        assert len(records.due(times[Rhythm.WEEKLY])) == 2
        assert records.due(timestamp_in()) == ()


def test_another_hour_or_rhythm_moves_the_next_message(mailing: Mailing) -> None:
    search_id = mailing.follow("q=vague")
    key = mailing.reader().key

    def due_hour() -> str:
        with mailing.library.store.read() as reading:
            (one,) = DigestsReading(reading.connection).subscriptions(mailing.reader().id)
        zone, _ = site_time_zone(mailing.library.settings)
        return f"{datetime.fromisoformat(one.due_at).astimezone(zone):%A %H:%M}"

    change_preferences(mailing.library, key, 2, 17, {})
    assert due_hour().endswith("17:00")
    change_preferences(mailing.library, key, 2, 17, {search_id: Rhythm.WEEKLY})
    assert due_hour() == "Wednesday 17:00"


def test_a_message_tells_nothing_of_a_search_that_names_a_closed_group(mailing: Mailing) -> None:
    add_group(mailing.library, OPERATOR, "docks", "Docks", visible=Visibility.EVERYONE, join=JoinPolicy.INVITE)
    set_role(mailing.library, OPERATOR, "docks", "max", Role.MEMBER)
    mailing.follow("q=vague&group=quais&group=docks", title="Vagues")
    mailing.save("Une vague", group="docks")
    mailing.close_group()
    mailing.pass_time(days=1)
    (letter,) = mailing.send()
    assert "Une vague" in text_of(letter)
    assert "Vagues" in html_of(letter)
    assert "quais" not in html_of(letter) + text_of(letter)
