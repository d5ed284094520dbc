"""Send issues: fix the content, queue a message to each recipient, and note what became of each.

A recipient and their message are written in one transaction, so that a process that was killed goes on where it was:
nobody is left out, and nobody gets two. The text of a message is made when it is sent, with the rights of that moment.
"""

import logging
import threading
from dataclasses import dataclass, replace

from kb.access.actor import OPERATOR, Action, Actor
from kb.access.permissions import is_allowed
from kb.errors import NotFound
from kb.features.newsletters.issue_content import content_text, draft_content, quoted_ids
from kb.features.newsletters.messages import ISSUE_KIND, message_key
from kb.features.newsletters.records.newsletter_records import (
    Issue,
    IssueState,
    Newsletters,
    NewslettersReading,
    RecipientState,
    Subscriber,
    SubscriberState,
)
from kb.model.people.delivery import Delivery, DeliveryState
from kb.model.people.group import Group
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.outbox import can_send_email, queue_feature_message
from kb.store import WriteTransaction
from kb.store.database.clock import seconds_until, timestamp_now

BATCH = 200
"""Recipients whose messages are queued in one transaction: other writers wait a moment."""
_LONGEST_WAIT, _SHORTEST_WAIT = 60.0, 2.0
"""Seconds between two looks: each message that is sent is a commit that wakes the task."""
_RESULTS = {
    DeliveryState.SENT: RecipientState.SENT,
    DeliveryState.REFUSED: RecipientState.REFUSED,
    DeliveryState.DROPPED: RecipientState.LEFT_OUT,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SentIssues:
    """How many issues began to be sent, and how many messages were queued."""

    begun: int
    queued: int


@dataclass(frozen=True, slots=True)
class SentIssue:
    """An issue, its group, and how many messages were queued."""

    issue: Issue
    group: Group
    queued: int


def send_issues_until_stopped(library: Library, stop: threading.Event) -> None:
    """Send issues when they are due, until `stop` is set. Raises Unavailable."""
    with library.store.listen() as commits:
        while not stop.is_set():
            send_due_issues(library, stop)
            with library.store.read() as reading:
                next_due = NewslettersReading(reading.connection).next_due()
            commits.wait(stop, max(_SHORTEST_WAIT, seconds_until(next_due, _LONGEST_WAIT)), _SHORTEST_WAIT)


def send_due_issues(library: Library, stop: threading.Event | None = None) -> SentIssues:
    """Begin the issues that are due, and go on with those that have begun. Raises Unavailable."""
    with library.store.read() as reading:
        due = NewslettersReading(reading.connection).due(timestamp_now())
    begun = sum(begin_issue(library, issue) is not None for issue in due)
    with library.store.read() as reading:
        sending = NewslettersReading(reading.connection).sending()
    queued = 0
    for issue in sending:
        while not (stop is not None and stop.is_set()) and (count := queue_messages(library, issue.id)):
            queued += count
        collect_results(library, issue.id)
    return SentIssues(begun, queued)


def send_next_issue(library: Library, slug: str, letter: str) -> SentIssue:
    """Send the issue of a newsletter that is scheduled first, whatever its hour, or go on with one that has begun.

    Raises NotFound without such an issue.
    """
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
        records = NewslettersReading(reading.connection)
        newsletter = records.by_slug(group.id, letter) if group else None
        issues = records.in_progress(newsletter.id) if newsletter else ()
    waiting = [issue for issue in issues if issue.state is IssueState.SCHEDULED]
    sending = [issue for issue in issues if issue.state is IssueState.SENDING]
    if waiting:
        first = min(waiting, key=lambda issue: issue.scheduled_at or "")
        begun = begin_issue(library, first, OPERATOR)
        sending = [begun] if begun else []
    if group is None or not sending:
        raise NotFound("No issue of this newsletter is scheduled.")
    queued = 0
    while count := queue_messages(library, sending[0].id):
        queued += count
    collect_results(library, sending[0].id)
    return SentIssue(sending[0], group, queued)


def begin_issue(library: Library, issue: Issue, by: Actor | None = None) -> Issue | None:
    """Fix the content of an issue that is due, and give it its number. It is a draft again, and None is returned, if
    who scheduled it may not send it any more, or if nothing is left in it. `by` sends it instead of them.
    """
    with library.store.read() as reading:
        group = reading.groups.by_id(issue.group_id)
        actor = by or (actor_of_user(reading, issue.scheduled_by) if issue.scheduled_by else Actor())
    if group is None:
        return None
    content = draft_content(library, actor, group, issue) if is_allowed(actor, Action.PUBLISH, group) else None
    with library.store.write() as writing:
        records = Newsletters(writing.connection)
        now, newsletter = records.issue(issue.id), records.by_id(issue.newsletter)
        if now is None or newsletter is None or (now.version, now.state) != (issue.version, IssueState.SCHEDULED):
            return None
        if content is None or not content.entries:
            _log.warning("an issue of a newsletter is not sent: it is empty, or its maker may not send it any more")
            records.update_issue(replace(now, state=IssueState.DRAFT, version=now.version + 1))
            return None
        begun = replace(
            now,
            state=IssueState.SENDING,
            number=newsletter.last_number + 1,
            content=content_text(content.sections),
            sent_at=timestamp_now(),
            version=now.version + 1,
        )
        records.update(replace(newsletter, last_number=newsletter.last_number + 1))
        records.update_issue(begun)
        records.note_items(begun, quoted_ids(content.sections))
        sources = {entry.id: entry.source for section in content.sections for entry in section.entries}
        records.log_articles(begun, tuple(sources.values()))
        write_audit_log(writing, actor, AuditEvent.ISSUE_SENT, group_id=group.id, detail=begun.subject)
    return begun


def queue_messages(library: Library, issue_id: str) -> int:
    """Queue the messages of the next recipients of an issue; returns how many, 0 when there are no more."""
    with library.store.write() as writing:
        records = Newsletters(writing.connection)
        issue = records.issue(issue_id)
        if issue is None or issue.state is not IssueState.SENDING or not can_send_email(library.settings):
            return 0
        subscribers = records.subscribers_without_message(issue, BATCH)
        _queue(writing, issue, subscribers)
        return len(subscribers)


def _queue(writing: WriteTransaction, issue: Issue, subscribers: tuple[Subscriber, ...]) -> None:
    records = Newsletters(writing.connection)
    accounts = writing.accounts.by_ids(one.user_id for one in subscribers if one.user_id)
    records.add_recipients(issue, (subscriber.id for subscriber in subscribers))
    without_address = []
    for subscriber in subscribers:
        account = accounts.get(subscriber.user_id or "")
        email = account.email if account else subscriber.email
        if email is None:
            without_address.append(subscriber.id)
            continue
        queue_feature_message(
            writing,
            ISSUE_KIND,
            message_key(issue.id, subscriber.id),
            email,
            issue.subject,
            recipient_id=subscriber.user_id,
        )
    records.set_recipients(issue.id, without_address, RecipientState.LEFT_OUT)


def collect_results(library: Library, issue_id: str) -> None:
    """Note what became of the messages of an issue; a refused address stops the subscription. The issue is sent when
    no message waits any more.
    """
    with library.store.read() as reading:
        records = NewslettersReading(reading.connection)
        queued = records.queued_recipients(issue_id)
        results = reading.outbox.results(ISSUE_KIND, [message_key(issue_id, subscriber) for subscriber in queued])
        issue = records.issue(issue_id)
        is_queued = not can_send_email(library.settings) or (
            issue is not None and not records.subscribers_without_message(issue, 1)
        )
    states = {subscriber: _state_of(results.get(message_key(issue_id, subscriber))) for subscriber in queued}
    final = {subscriber: state for subscriber, state in states.items() if state is not RecipientState.QUEUED}
    is_over = is_queued and len(final) == len(states)
    if not final and not is_over:
        return
    with library.store.write() as writing:
        writes = Newsletters(writing.connection)
        for state in set(final.values()):
            writes.set_recipients(issue_id, [id_ for id_, one in final.items() if one is state], state)
        for subscriber in (writes.subscriber(id_) for id_, one in final.items() if one is RecipientState.REFUSED):
            if subscriber is not None and subscriber.state is SubscriberState.ACTIVE:
                writes.update_subscriber(replace(subscriber, state=SubscriberState.REFUSED))
        arrived = (id_ for id_, one in final.items() if one in {RecipientState.SENT, RecipientState.LEFT_OUT})
        writing.outbox.remove_by_key(ISSUE_KIND, [message_key(issue_id, id_) for id_ in arrived])
        issue = writes.issue(issue_id)
        if is_over and issue is not None and issue.state is IssueState.SENDING:
            writes.update_issue(replace(issue, state=IssueState.SENT, version=issue.version + 1))


def _state_of(delivery: Delivery | None) -> RecipientState:
    """What became of a message; one that is not in the outbox any more was deleted with its recipient."""
    if delivery is None:
        return RecipientState.LEFT_OUT
    if delivery.next_at is not None:
        return RecipientState.QUEUED
    return _RESULTS.get(delivery.state, RecipientState.FAILED)
