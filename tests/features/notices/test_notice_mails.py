"""Mails about notices: what a user chose, once, and never what the reader may not know any more."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import kb.services.email.outbox
from kb.access.actor import OPERATOR
from kb.email.smtp import OutgoingMessage
from kb.features.notices.mails import MESSAGE_KINDS, NOW_RATE, last_daily_time, queue_mails
from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.features.notices.notices import choose_mails, mail_choices, mark_all_seen
from kb.features.notices.tables import notices
from kb.features.reading.anchor_task import anchor_waiting
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.account_lifecycle import close_account
from kb.services.admin.expired_data import purge_expired_data
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.invitations import answer_join_request
from kb.services.groups.membership import join_group, remove_member, set_role, withdraw_join_request
from kb.services.moderation.moderation_actions import dismiss_reports, hide_content, report_content
from kb.store import Store, WriteTransaction
from kb.store.database.clock import timestamp_in
from tests.checkers.recorded_queries import executed_statements
from tests.factories.moderation import a_moderated_library, actor_of
from tests.support.browser_sessions import browsers_of, send

SITE = "https://florilege.exemple.fr"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as opened:
        with opened.store.write() as writing:
            for login in ("claire", "olga", "max"):
                account = writing.accounts.by_login(login)
                assert account is not None
                writing.accounts.update(replace(account, email=f"{login}@exemple.fr"))
        settings = replace(opened.settings, mail_url="smtp://localhost", base_url=SITE)
        kinds = {kind.name: kind for kind in MESSAGE_KINDS}
        yield replace(opened, settings=settings, message_kinds=lambda: kinds)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[OutgoingMessage]:
    out: list[OutgoingMessage] = []
    monkeypatch.setattr(kb.services.email.outbox, "send_email", lambda _url, letter, _key: out.append(letter))
    return out


def choose(library: Library, login: str, **choices: MailChoice) -> None:
    choose_mails(library, actor_of(library, login), {NoticeKind(kind): mail for kind, mail in choices.items()})


def reply(library: Library, login: str = "max", text: str = "Secret.") -> str:
    return write_reply(library, actor_of(library, login), "a1", text).part_id


def deliver(library: Library, now: datetime | None = None) -> None:
    queue_mails(library, now)
    send_due_messages(library)


def nothing(library: Library, part_id: str) -> None:
    del library, part_id


def expel(library: Library, part_id: str) -> None:
    del part_id
    change_group(library, OPERATOR, "quais", GroupSettings(name="Quais", visible=Visibility.MEMBERS))
    remove_member(library, OPERATOR, "quais", "claire")


def close(library: Library, part_id: str) -> None:
    del part_id
    close_account(library, OPERATOR, "claire", closed=True)


def erase(library: Library, part_id: str) -> None:
    del part_id
    erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)


def hide(library: Library, part_id: str) -> None:
    hide_content(library, actor_of(library, "olga"), "i1", part_id)


def read(library: Library, part_id: str) -> None:
    del part_id
    mark_all_seen(library, actor_of(library, "claire"), timestamp_in(seconds=1))


@pytest.mark.parametrize(
    ("meanwhile", "messages"), [(nothing, 1), (expel, 0), (close, 0), (erase, 0), (hide, 0), (read, 0)]
)
def test_a_mail_at_once_names_the_place_and_is_sent_while_it_may_be_read(
    library: Library, sent: list[OutgoingMessage], meanwhile: Callable[[Library, str], None], messages: int
) -> None:
    choose(library, "claire", reply=MailChoice.NOW)
    part_id = reply(library)
    queue_mails(library)
    meanwhile(library, part_id)
    send_due_messages(library)
    assert len(sent) == messages
    for letter in sent:
        assert letter.recipient == "claire@exemple.fr"
        assert "Max vous a répondu à propos de «\u202fLe port au petit matin\u202f»" in letter.subject
        assert "«\u202fLe port" in letter.html
        assert f"{SITE}/items/i1#a-{part_id}\n" in letter.body
        assert f"{SITE}/notices/settings\n" in letter.body
        assert f'href="{SITE}/items/i1#a-{part_id}"' in letter.html
        assert "Secret" not in letter.body + letter.html
    deliver(library)
    assert len(sent) == messages


def test_a_passage_whose_words_have_changed_has_a_mail_that_does_not_quote_it(
    library: Library, sent: list[OutgoingMessage]
) -> None:
    choose(library, "claire", passage=MailChoice.NOW)
    for text in ("Un phare au bout du quai.\nLe reste.", "Le reste."):
        with library.store.write() as writing:
            writing.page_texts.put("i1", text)
        anchor_waiting(library)
    deliver(library)
    deliver(library)
    (letter,) = sent
    sentence = (
        "Dans «\u202fLe port au petit matin\u202f», le texte sous l’un de vos passages a changé ou n’y figure plus"
    )
    assert sentence in letter.subject
    assert f"{SITE}/items/i1#a-a1\n" in letter.body
    assert "phare" not in letter.body + letter.html


def test_who_chose_nothing_gets_no_mail_about_texts(library: Library, sent: list[OutgoingMessage]) -> None:
    reply(library, text="@claire ?")
    deliver(library)
    assert sent == []


def test_replies_to_one_thread_are_one_mail(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "claire", reply=MailChoice.NOW)
    for number in range(5):
        reply(library, text=f"Réponse {number}.")
        deliver(library)
    assert len(sent) == 1


def test_mails_at_once_are_bounded_and_lose_nothing(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "claire", note=MailChoice.NOW)
    ids = []
    for number in range(14):
        with library.store.write() as writing:
            # Each is a notice of its own.
            writing.connection.execute(notices.update().values(at=timestamp_in(seconds=-4000)))
        ids.append(
            write_annotation(library, actor_of(library, "max"), "i1", AnnotationFields(body=f"Note {number}.")).part_id
        )
        deliver(library)
    assert len(sent) == 10
    with library.store.write() as writing:
        writing.rate_limits.purge(datetime.now(UTC).timestamp() + 1e6)
    deliver(library)
    assert len(sent) == 11
    assert all(any(part_id in letter.body for letter in sent) for part_id in ids)


def test_users_whose_mails_wait_make_no_others_wait(
    library: Library, sent: list[OutgoingMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(library, "claire", reply=MailChoice.NOW)
    with library.store.write() as writing:
        account = writing.accounts.by_login("claire")
        assert account is not None
        limit = f"notices by mail {account.user.id}"
        writing.rate_limits.count_many(limit, NOW_RATE, NOW_RATE.burst, datetime.now(UTC).timestamp())
    reply(library)
    opened: list[Store] = []
    write = Store.write

    def counted(store: Store) -> AbstractContextManager[WriteTransaction]:
        opened.append(store)
        return write(store)

    monkeypatch.setattr(Store, "write", counted)
    assert queue_mails(library) == 0
    assert (opened, sent) == ([], [])


def test_the_daily_mail_has_what_came_before_its_hour_once(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "claire", reply=MailChoice.DAY, note=MailChoice.DAY, title=MailChoice.DAY)
    now = datetime.now(UTC)
    reply(library)
    write_annotation(library, actor_of(library, "olga"), "i1", AnnotationFields(body="Une note."))
    deliver(library, now)
    assert sent == []
    morning = last_daily_time(library.settings, now) + timedelta(days=1)
    deliver(library, morning - timedelta(seconds=1))
    assert sent == []
    deliver(library, morning)
    assert len(sent) == 1
    assert "2" in sent[0].subject
    assert "Max" in sent[0].body
    assert "Olga" in sent[0].body
    deliver(library, morning + timedelta(days=1))
    assert len(sent) == 1


def test_the_daily_hour_is_that_of_the_site(library: Library) -> None:
    settings = replace(library.settings, time_zone="Europe/Paris")
    moment = datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    assert last_daily_time(settings, moment) == moment
    assert last_daily_time(settings, moment - timedelta(seconds=1)) == moment - timedelta(days=1)
    assert last_daily_time(replace(settings, time_zone="Nowhere/Never"), moment).astimezone(UTC).hour == 7


def ask(library: Library) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug("quais")
        assert group is not None
        writing.groups.update(replace(group, join=JoinPolicy.REQUEST))
    join_group(library, actor_of(library, "sam"), "quais", "Je reprends.\nhttps://evil.exemple")


def answered(library: Library) -> None:
    answer_join_request(library, actor_of(library, "max"), "quais", "sam", None)


def withdrawn(library: Library) -> None:
    withdraw_join_request(library, actor_of(library, "sam"), "quais")


def demoted(library: Library) -> None:
    set_role(library, OPERATOR, "quais", "max", Role.OWNER)
    set_role(library, OPERATOR, "quais", "olga", Role.READER)


@pytest.mark.parametrize(("meanwhile", "messages"), [(None, 1), (answered, 0), (withdrawn, 0), (demoted, 0)])
def test_owners_are_told_of_a_request_as_long_as_it_waits_for_them(
    library: Library, sent: list[OutgoingMessage], meanwhile: Callable[[Library], None] | None, messages: int
) -> None:
    ask(library)
    queue_mails(library)
    if meanwhile is not None:
        meanwhile(library)
    send_due_messages(library)
    mails = [letter for letter in sent if letter.recipient == "olga@exemple.fr"]
    assert len(mails) == messages
    for letter in mails:
        assert "Sam" in letter.subject
        assert "> Je reprends." in letter.body
        assert "https://evil" not in letter.body
        assert f"{SITE}/g/quais/members\n" in letter.body


def test_repeated_requests_do_not_fill_a_mailbox(library: Library, sent: list[OutgoingMessage]) -> None:
    for _ in range(12):
        ask(library)
        deliver(library)
        withdrawn(library)
    assert len(sent) == 1


def test_an_owner_who_wants_no_mail_about_requests_gets_none(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "olga", request=MailChoice.NEVER)
    ask(library)
    deliver(library)
    assert [letter.recipient for letter in sent] == []


def test_moderators_are_told_of_a_report_if_they_want(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "max", report=MailChoice.NOW)
    choose(library, "olga", report=MailChoice.NOW)
    choose(library, "claire", report=MailChoice.NOW)
    report_content(library, actor_of(library, "claire"), "i1", "r1", "Hors sujet.")
    queue_mails(library)
    set_role(library, OPERATOR, "quais", "max", Role.READER)
    send_due_messages(library)
    assert [letter.recipient for letter in sent] == ["olga@exemple.fr"]
    assert "Hors sujet" not in sent[0].body
    report_content(library, actor_of(library, "claire"), "i1", "a3")
    queue_mails(library)
    dismiss_reports(library, actor_of(library, "olga"), "quais", "i1", "a3")
    send_due_messages(library)
    assert len(sent) == 1


def test_the_reports_of_a_group_are_read_once_for_a_mail(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "olga", report=MailChoice.DAY)
    for part_id in ("r1", "a3", "a4"):
        report_content(library, actor_of(library, "claire"), "i1", part_id)
    queue_mails(library, datetime.now(UTC) + timedelta(days=1))
    with executed_statements() as statements:
        send_due_messages(library)
    assert sent[-1].body.count("/g/quais/moderation") == 3
    assert sum("FROM reports" in statement for statement in statements) == 1


def test_what_found_no_mail_for_long_is_not_sent_any_more(library: Library, sent: list[OutgoingMessage]) -> None:
    choose(library, "claire", reply=MailChoice.NOW)
    reply(library)
    ask(library)
    with library.store.write() as writing:
        writing.connection.execute(notices.update().values(at=timestamp_in(days=-8)))
    purge_expired_data(library)
    deliver(library)
    assert sent == []


def test_users_choose_on_a_page(library: Library) -> None:
    here = replace(library, settings=replace(library.settings, base_url="http://testserver"))
    pages = browsers_of(here, ["claire"])
    assert "/notices/settings" in pages["claire"].get("/account").text
    page = pages["claire"].get("/notices/settings?lang=fr").text
    assert page.count(" checked") == len(NoticeKind)
    assert send(pages["claire"], "/notices/settings", reply="now", mention="day", note="rubbish").status_code == 303
    chosen = mail_choices(library, actor_of(library, "claire"))
    assert (chosen[NoticeKind.REPLY], chosen[NoticeKind.MENTION]) == (MailChoice.NOW, MailChoice.DAY)
    assert (chosen[NoticeKind.NOTE], chosen[NoticeKind.REQUEST]) == (MailChoice.NEVER, MailChoice.NOW)
    assert pages["claire"].get("/mentions", follow_redirects=False).headers["location"] == "/notices"
