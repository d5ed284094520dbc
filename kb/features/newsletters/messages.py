"""The messages of newsletters in the outbox: their texts are made at sending, with the rights of that moment."""

from dataclasses import replace

from kb.access.actor import Action
from kb.access.permissions import is_allowed
from kb.errors import Invalid
from kb.features.newsletters.issue_content import is_public, least_reader, readable_content, stored_content
from kb.features.newsletters.issue_mail import (
    CONFIRMATION_KIND,
    SentIssueText,
    issue_mail,
    list_id_of,
    preview_mail,
    stop_address,
)
from kb.features.newsletters.issues import IssueView
from kb.features.newsletters.logos import inline_pictures
from kb.features.newsletters.records.newsletter_records import (
    IssueState,
    NewslettersReading,
    Subscriber,
    SubscriberState,
)
from kb.model.ids import new_id
from kb.model.inline_picture import InlinePicture
from kb.model.people.group import Group
from kb.services.authentication.authentication import actor_of_user, check_rate_limits
from kb.services.core.library import Library, MessageKind
from kb.services.email.outbox import queue_feature_message
from kb.store import OutboxMessage, Rate, ReadSnapshot

ISSUE_KIND, TEST_KIND = "newsletter", "newsletter-test"
_TEST_RATE = Rate(burst=20, every=300)
"""Test mails of one user."""


def message_key(issue_id: str, subscriber_id: str) -> str:
    """The key of the message of an issue to a subscriber."""
    return f"{issue_id} {subscriber_id}"


def send_test_mail(library: Library, actor_id: str | None, view: IssueView) -> None:
    """Queue an issue as it is now, to the one who makes it. Raises Invalid without an address, RateLimited."""
    if not view.own_address or actor_id is None:
        raise Invalid("Your account has no confirmed e-mail address: give one on its page first.")
    check_rate_limits(library, [(f"newsletter test {actor_id}", _TEST_RATE)])
    mail = preview_mail(library, view)
    subject = mail.translator.gettext("[Test] %(subject)s", subject=mail.subject)
    with library.store.write() as writing:
        queue_feature_message(
            writing,
            TEST_KIND,
            message_key(view.issue.id, new_id()),
            view.own_address,
            subject,
            body=mail.text,
            html=mail.html,
            recipient_id=actor_id,
        )


def _test_at_sending(_library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """A test mail, to a user who still makes the newsletter."""
    issue = NewslettersReading(reading.connection).issue((message.author_key or "").partition(" ")[0])
    group = reading.groups.by_id(issue.group_id) if issue else None
    if group is None or message.recipient_id is None:
        return None
    return message if is_allowed(actor_of_user(reading, message.recipient_id), Action.PUBLISH, group) else None


def _confirmation_at_sending(_library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """The question to the owner of an address, while the newsletter is public and the answer is missing."""
    subscriber = NewslettersReading(reading.connection).subscriber_of_key(message.author_key or "")
    group = reading.groups.by_id(subscriber.group_id) if subscriber else None
    if subscriber is None or group is None or not subscriber.is_asked or not is_public(group):
        return None
    return message


def _issue_at_sending(library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """The message of an issue as it is to be sent now: to a subscriber who still wants it and may read the group, with
    what everyone may read who may read the group.
    """
    issue_id, _, subscriber_id = (message.author_key or "").partition(" ")
    records = NewslettersReading(reading.connection)
    issue, subscriber = records.issue(issue_id), records.subscriber(subscriber_id)
    newsletter = records.by_id(issue.newsletter) if issue else None
    group = reading.groups.by_id(issue.group_id) if issue else None
    if issue is None or subscriber is None or newsletter is None or group is None:
        return None
    if issue.state not in {IssueState.SENDING, IssueState.SENT} or subscriber.state is not SubscriberState.ACTIVE:
        return None
    recipient = _present_address(reading, subscriber, group)
    if not recipient:
        return None
    sections = readable_content(reading, least_reader(group), stored_content(issue))
    settings = library.settings
    text = SentIssueText(group, newsletter, issue, sections, records.logo(newsletter.id))
    mail = issue_mail(settings, text, subscriber)
    return replace(
        message,
        recipient=recipient,
        subject=mail.subject,
        body=mail.text,
        html=mail.html,
        unsubscribe_url=stop_address(settings, subscriber),
        list_id=list_id_of(settings, group, newsletter),
    )


def _pictures(library: Library, reading: ReadSnapshot, message: OutboxMessage) -> tuple[InlinePicture, ...]:
    """The logo that the HTML part of a message shows."""
    issue = NewslettersReading(reading.connection).issue((message.author_key or "").partition(" ")[0])
    pictures = inline_pictures(library.settings, reading, issue.newsletter) if issue else ()
    return tuple(picture for picture in pictures if picture.content_id in message.html)


def _present_address(reading: ReadSnapshot, subscriber: Subscriber, group: Group) -> str:
    """The address of a subscriber who may read the group; empty without one."""
    if subscriber.user_id is None:
        return subscriber.email or "" if is_public(group) else ""
    account = reading.accounts.by_id(subscriber.user_id)
    may_read = is_allowed(actor_of_user(reading, subscriber.user_id), Action.READ, group)
    return account.email or "" if account and may_read else ""


MESSAGE_KINDS = (
    MessageKind(ISSUE_KIND, _issue_at_sending, _pictures),
    MessageKind(TEST_KIND, _test_at_sending, _pictures),
    MessageKind(CONFIRMATION_KIND, _confirmation_at_sending),
)
