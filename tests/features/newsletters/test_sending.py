"""An issue is sent once to each subscriber who may read it, whatever is killed, and with what everyone may read."""

from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Conflict, Forbidden, Invalid
from kb.features.newsletters import issues, sending
from kb.features.newsletters.issue_mail import preview_mail
from kb.features.newsletters.issues import (
    IssueText,
    cancel_issue,
    change_issue,
    draft_issue,
    issue_view,
    published_issue,
    schedule_issue,
    withdraw_issue,
)
from kb.features.newsletters.newsletters import (
    LetterName,
    NewsletterText,
    create_newsletter,
    remove_newsletter,
)
from kb.features.newsletters.records.newsletter_records import (
    IssueState,
    Newsletters,
    NewslettersReading,
    RecipientState,
    Subscriber,
    SubscriberState,
)
from kb.features.newsletters.sending import collect_results, queue_messages, send_due_issues, send_next_issue
from kb.features.newsletters.subscribers import add_addresses, remove_address, stop, subscribe, subscribers_view
from kb.features.quotation.records import ledger_rows
from kb.model.people.group import Role, Visibility
from kb.services.groups.membership import set_role
from kb.services.item_actions.bulk_actions import trash_items
from kb.store.database.clock import timestamp_in, timestamp_now
from tests.features.newsletters.conftest import LETTER, Editors


def add(editors: Editors, *addresses: str) -> None:
    add_addresses(editors.library, editors.actor("claire"), LETTER, "\n".join(addresses), vouches=True)


def issue_now(editors: Editors, issue_id: str) -> tuple[IssueState, dict[RecipientState, int]]:
    view = issue_view(editors.library, editors.actor("claire"), LETTER, issue_id)
    return view.issue.state, dict(view.recipients)


def recipients(editors: Editors) -> list[str]:
    return sorted(str(letter["To"]) for letter in editors.office.letters)


def test_an_issue_goes_to_its_subscribers_with_what_everyone_may_read(editors: Editors) -> None:
    for login in ("zoe", "nora"):
        subscribe(editors.library, editors.actor(login), LETTER)
    add(editors, "lea@exemple.org", "Max <max@exemple.org>")
    issue = editors.scheduled()
    view = issue_view(editors.library, editors.actor("claire"), LETTER, issue.id)
    assert (view.content.entries, view.content.left_out, view.subscribers) == (1, 1, 4)
    send_due_issues(editors.library)
    editors.deliver()
    assert recipients(editors) == ["lea@exemple.org", "max@exemple.org", "nora@exemple.fr", "zoe@exemple.fr"]
    letter = editors.office.letters[0]
    text, html = (part.get_content() for part in letter.iter_parts())
    assert letter["Subject"] == "Les crues de mai"
    assert letter["List-Id"] == "<crues.eau.letters.127.0.0.1>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(letter["List-Unsubscribe"]).startswith("<http://127.0.0.1:8000/letters/stop/")
    for part in (text, html):
        assert "La crue de mai" in part
        assert "La rivière déborde." in part
        assert "4 place des Lices" in part
        assert str(letter["List-Unsubscribe"]).strip("<>") in part
        assert "secret" not in part.lower()
    assert "<img" not in html
    send_due_issues(editors.library)
    assert issue_now(editors, issue.id) == (IssueState.SENT, {RecipientState.SENT: 4})


def test_the_ledger_counts_the_articles_of_an_issue_and_the_messages_that_a_mail_server_took(editors: Editors) -> None:
    add(editors, "lea@exemple.org", "non@exemple.org")
    editors.office.recipients["non@exemple.org"] = "550 Unknown"
    issue = editors.scheduled("crue", "pluie")
    send_due_issues(editors.library)
    editors.deliver()
    for _ in range(2):
        send_due_issues(editors.library)
    with editors.library.store.read() as reading:
        rows = ledger_rows(reading.connection, issue.group_id, timestamp_now()[:4])
    assert [(row.source, row.articles, row.copies) for row in rows] == [("", 1, 1), ("La Gazette", 1, 1)]


def test_two_processes_that_see_a_result_at_once_count_it_once(editors: Editors) -> None:
    add(editors, "lea@exemple.org")
    issue = editors.scheduled()
    send_due_issues(editors.library)
    with editors.library.store.write() as writing:
        records = Newsletters(writing.connection)
        queued = records.queued_recipients(issue.id)
        for _ in range(2):
            records.set_recipients(issue.id, queued, RecipientState.SENT)
    with editors.library.store.read() as reading:
        (row,) = ledger_rows(reading.connection, issue.group_id, timestamp_now()[:4])
    assert row.copies == 1


def test_nobody_writes_the_key_of_a_subscriber_into_an_issue(editors: Editors) -> None:
    issue, words = editors.draft("crue"), "key-of-the-subscriber, day-of-the-subscription"
    text = IssueText(issue.subject, words, issue.item_list)
    change_issue(editors.library, editors.actor("claire"), LETTER, issue.id, text)
    mail = preview_mail(editors.library, issue_view(editors.library, editors.actor("claire"), LETTER, issue.id))
    assert words in mail.text
    assert words in mail.html
    assert mail.text.count("/letters/stop/test") == 1


def test_a_killed_process_goes_on_without_a_double(editors: Editors, monkeypatch: pytest.MonkeyPatch) -> None:
    add(editors, *(f"abonne{number}@exemple.org" for number in range(7)))
    issue = editors.scheduled("crue")
    monkeypatch.setattr(sending, "BATCH", 3)
    with editors.library.store.read() as reading:
        due = NewslettersReading(reading.connection).due(timestamp_now())
    assert [one.id for one in due] == [issue.id]
    assert sending.begin_issue(editors.library, due[0]) is not None
    assert queue_messages(editors.library, issue.id) == 3
    editors.deliver()
    # Here the process is killed; another one goes on.
    assert send_due_issues(editors.library).queued == 4
    editors.deliver()
    send_due_issues(editors.library)
    assert len(set(recipients(editors))) == len(recipients(editors)) == 7
    assert issue_now(editors, issue.id) == (IssueState.SENT, {RecipientState.SENT: 7})


def test_a_transaction_that_fails_queues_no_message(editors: Editors, monkeypatch: pytest.MonkeyPatch) -> None:
    add(editors, "lea@exemple.org", "max@exemple.org")
    issue = editors.scheduled("crue")
    with editors.library.store.read() as reading:
        (due,) = NewslettersReading(reading.connection).due(timestamp_now())
    sending.begin_issue(editors.library, due)

    def fail(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Newsletters, "set_recipients", fail)
        with pytest.raises(KeyboardInterrupt):
            queue_messages(editors.library, issue.id)
    assert issue_now(editors, issue.id) == (IssueState.SENDING, {})
    send_due_issues(editors.library)
    editors.deliver()
    assert recipients(editors) == ["lea@exemple.org", "max@exemple.org"]


def test_a_refused_address_stops_the_subscription_and_is_shown_to_the_owner(editors: Editors) -> None:
    editors.office.recipients["lea@exemple.org"] = "550 no such user"
    add(editors, "lea@exemple.org", "max@exemple.org")
    issue = editors.scheduled("crue")
    send_due_issues(editors.library)
    editors.deliver()
    send_due_issues(editors.library)
    assert issue_now(editors, issue.id) == (IssueState.SENT, {RecipientState.REFUSED: 1, RecipientState.SENT: 1})
    view = subscribers_view(editors.library, editors.actor("claire"), LETTER)
    assert [one.label for one in view.refused] == ["lea@exemple.org"]
    assert [one.label for one in view.addresses] == ["max@exemple.org"]
    with editors.library.store.read() as reading:
        assert [recipient for recipient, _ in reading.outbox.undelivered(5)] == ["lea@exemple.org"]


def test_a_refused_text_stops_no_subscription(editors: Editors) -> None:
    add(editors, "lea@exemple.org")
    issue = editors.scheduled("crue")
    send_due_issues(editors.library)
    editors.office.refusals["DATA"] = "554 Spam"
    editors.deliver()
    editors.office.refusals.clear()
    send_due_issues(editors.library)
    assert issue_now(editors, issue.id) == (IssueState.SENT, {RecipientState.FAILED: 1})
    view = subscribers_view(editors.library, editors.actor("claire"), LETTER)
    assert (view.refused, [one.label for one in view.addresses]) == ((), ["lea@exemple.org"])


def test_the_rights_at_sending_decide(editors: Editors) -> None:
    """Between the queue and the sending, the group is closed: only its members still get the issue."""
    for login in ("zoe", "nora"):
        subscribe(editors.library, editors.actor(login), LETTER)
    add(editors, "lea@exemple.org")
    issue = editors.scheduled("crue", "pluie")
    send_due_issues(editors.library)
    with editors.library.store.write() as writing:
        group = writing.groups.by_slug("eau")
        assert group is not None
        writing.groups.update(replace(group, visible=Visibility.MEMBERS))
    put_in_trash(editors, "pluie")
    editors.deliver()
    send_due_issues(editors.library)
    assert recipients(editors) == ["zoe@exemple.fr"]
    assert "Pluies" not in editors.office.letters[0].as_string()
    assert issue_now(editors, issue.id) == (IssueState.SENT, {RecipientState.LEFT_OUT: 2, RecipientState.SENT: 1})


def put_in_trash(editors: Editors, item_id: str) -> None:
    trash_items(editors.library, editors.actor("claire"), [item_id])


def test_a_stopped_subscriber_gets_nothing_and_is_not_entered_again(editors: Editors) -> None:
    add(editors, "lea@exemple.org")
    editors.scheduled("crue")
    send_due_issues(editors.library)
    with editors.library.store.read() as reading:
        view = subscribers_view(editors.library, editors.actor("claire"), LETTER)
        lea = NewslettersReading(reading.connection).subscriber(view.addresses[0].key)
    assert lea is not None
    assert stop(editors.library, lea.stop_key)
    editors.deliver()
    assert recipients(editors) == []
    added = add_addresses(editors.library, editors.actor("claire"), LETTER, "LEA@exemple.org", vouches=True)
    assert (added.added, added.known) == (0, 1)
    assert not stop(editors.library, "rien")


def test_who_stops_leaves_no_message_with_the_address(editors: Editors) -> None:
    library, claire, other = editors.library, editors.actor("claire"), LetterName("eau", "autre")
    create_newsletter(library, claire, "eau", NewsletterText("Une autre", "autre", "", "blue", "", ""))
    add(editors, "lea@exemple.org", "max@exemple.org")
    add_addresses(library, claire, other, "lea@exemple.org", vouches=True)
    editors.scheduled("crue")
    draft = draft_issue(library, claire, other, "Autre chose", parts=(("crue", None),))
    schedule_issue(library, claire, other, draft.id)
    send_due_issues(library)
    lea, max_ = subscribers_view(library, claire, LETTER).addresses
    remove_address(library, claire, LETTER, max_.key)
    with library.store.read() as reading:
        subscriber = NewslettersReading(reading.connection).subscriber(lea.key)
    assert subscriber is not None
    stop(library, subscriber.stop_key)
    with library.store.read() as reading:
        waiting = reading.outbox.due("9999-12-31T23")
    assert [(one.recipient, one.subject) for one in waiting] == [("lea@exemple.org", "Autre chose")]


def test_who_stopped_one_newsletter_of_a_group_is_entered_for_no_other(editors: Editors) -> None:
    library, claire = editors.library, editors.actor("claire")
    add(editors, "lea@exemple.org")
    view = subscribers_view(library, claire, LETTER)
    with library.store.read() as reading:
        lea = NewslettersReading(reading.connection).subscriber(view.addresses[0].key)
    assert lea is not None
    stop(library, lea.stop_key)
    other, text = LetterName("eau", "autre"), "lea@exemple.org max@exemple.org"
    for removed in (LETTER, other):
        create_newsletter(library, claire, "eau", NewsletterText("Une autre", "autre", "", "blue", "", ""))
        added = add_addresses(library, claire, other, text, vouches=True)
        assert (added.added, added.known) == (1, 1)
        remove_newsletter(library, claire, removed)
        if removed is LETTER:
            remove_newsletter(library, claire, other)


def test_issues_that_were_withdrawn_count_in_the_week(editors: Editors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issues, "MOST_A_WEEK", 1)
    editors.scheduled("crue")
    send_due_issues(editors.library)
    withdraw_issue(editors.library, editors.actor("claire"), LETTER, 1)
    with pytest.raises(Conflict):
        editors.scheduled("crue")


def test_who_lost_the_right_sends_nothing(editors: Editors) -> None:
    issue = editors.scheduled("crue", login="paul")
    set_role(editors.library, OPERATOR, "eau", "paul", Role.MEMBER)
    assert send_due_issues(editors.library).begun == 0
    assert issue_now(editors, issue.id)[0] is IssueState.DRAFT


def test_a_scheduled_issue_waits_and_can_be_stopped(editors: Editors) -> None:
    add(editors, "lea@exemple.org")
    issue = editors.scheduled("crue")
    with editors.library.store.write() as writing:
        Newsletters(writing.connection).update_issue(replace(issue, scheduled_at=timestamp_in(days=1)))
    assert send_due_issues(editors.library).begun == 0
    assert cancel_issue(editors.library, editors.actor("paul"), LETTER, issue.id).state is IssueState.DRAFT
    with pytest.raises(Conflict):
        cancel_issue(editors.library, editors.actor("paul"), LETTER, issue.id)


def test_a_withdrawn_issue_is_sent_no_further(editors: Editors) -> None:
    add(editors, "lea@exemple.org")
    editors.scheduled("crue")
    sent = send_next_issue(editors.library, "eau", "crues")
    assert (sent.issue.number, sent.queued) == (1, 1)
    withdraw_issue(editors.library, editors.actor("paul"), LETTER, 1)
    editors.deliver()
    assert recipients(editors) == []


def test_the_archive_keeps_what_was_sent_but_not_what_was_removed(editors: Editors) -> None:
    editors.scheduled("crue", "pluie")
    send_due_issues(editors.library)
    nobody = replace(OPERATOR, operator=False)
    found = published_issue(editors.library, nobody, LETTER, 1)
    assert [entry.title for section in found.sections for entry in section.entries] == [
        "La crue de mai",
        "Pluies & orages",
    ]
    put_in_trash(editors, "pluie")
    found = published_issue(editors.library, nobody, LETTER, 1)
    assert [entry.title for section in found.sections for entry in section.entries] == ["La crue de mai"]
    assert found.has_left_out


def test_addresses_need_a_promise_an_owner_and_a_public_group(editors: Editors) -> None:
    claire, paul = editors.actor("claire"), editors.actor("paul")
    with pytest.raises(Invalid):
        add_addresses(editors.library, claire, LETTER, "lea@exemple.org", vouches=False)
    with pytest.raises(Forbidden):
        add_addresses(editors.library, paul, LETTER, "lea@exemple.org", vouches=True)
    with pytest.raises(Invalid):
        add_addresses(editors.library, claire, LETTER, "lea@exemple", vouches=True)
    many = "\n".join(f"a{number}@exemple.org" for number in range(2_001))
    with pytest.raises(Conflict):
        add_addresses(editors.library, claire, LETTER, many, vouches=True)


def test_two_thousand_recipients_are_queued_in_batches(editors: Editors) -> None:
    with editors.library.store.write() as writing:
        records = Newsletters(writing.connection)
        (letter,) = records.of_group(writing.groups.by_slug("eau").id)  # type: ignore[union-attr]
        records.add_subscribers(
            *(
                Subscriber(
                    f"s{number}", letter.group_id, letter.id, SubscriberState.ACTIVE, f"k{number}", timestamp_now(),
                    email=f"a{number}@exemple.org", address_hash=f"h{number}",
                )
                for number in range(2_000)
            )
        )  # fmt: skip
    issue = editors.scheduled("crue")
    assert send_due_issues(editors.library).queued == 2_000
    assert issue_now(editors, issue.id) == (IssueState.SENDING, {RecipientState.QUEUED: 2_000})
    with editors.library.store.read() as reading:
        assert reading.outbox.waiting()[0] == 2_000
    collect_results(editors.library, issue.id)
    assert issue_now(editors, issue.id)[0] is IssueState.SENDING
