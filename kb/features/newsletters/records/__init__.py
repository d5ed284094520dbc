"""The tables of newsletters, and what they do with the events of a transaction."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from kb.features.newsletters.records.newsletter_records import (
    CONFIRM_DAYS,
    IssueState,
    RecipientState,
    SubscriberState,
)
from kb.features.newsletters.tables import (
    newsletter_issue_items,
    newsletter_issues,
    newsletter_logos,
    newsletter_recipients,
    newsletter_subscribers,
    newsletters,
)
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_in, timestamp_now
from kb.store.database.database import batches
from kb.store.tables.item_tables import annotations
from kb.store.tables.moderation_tables import removed_content
from kb.store.transaction_events import Event, ItemsErased, PersonErased


def _without_items(content: str, item_ids: Iterable[str]) -> str:
    """The content of an issue, as JSON, without what it says of these items."""
    gone, value = frozenset(item_ids), json.loads(content)
    for section in value["sections"]:
        section["entries"] = [entry for entry in section["entries"] if entry["id"] not in gone]
    return json.dumps(value, ensure_ascii=False)


def _erase_passages(connection: Connection) -> None:
    """Delete from sent issues the passages and comments that are neither in the library nor in a trash any more."""
    part_id, whole = newsletter_issue_items.c.part_id, removed_content.c.annotation_id.is_(None)
    removed = select(removed_content.c.annotation_id).where(removed_content.c.annotation_id.is_not(None))
    gone = select(newsletter_issue_items.c.issue, part_id).where(
        part_id != "",
        ~exists().where(annotations.c.id == part_id),
        part_id.not_in(removed),
        # A hidden item is restored with its passages, which are in its own row meanwhile.
        newsletter_issue_items.c.item_id.not_in(select(removed_content.c.item_id).where(whole)),
    )
    by_issue: dict[str, set[str]] = {}
    for issue_id, gone_id in connection.execute(gone):
        by_issue.setdefault(issue_id, set()).add(gone_id)
    for issue_id, ids in by_issue.items():
        own = newsletter_issues.c.id == issue_id
        content = connection.execute(select(newsletter_issues.c.content).where(own)).scalar()
        if content:
            kept = _without_annotations(content, ids)
            connection.execute(update(newsletter_issues).where(own).values(content=kept))
        for batch in batches(ids):
            row = (newsletter_issue_items.c.issue == issue_id, part_id.in_(batch))
            connection.execute(delete(newsletter_issue_items).where(*row))


def _without_annotations(content: str, gone: Collection[str]) -> str:
    """The content of an issue, as JSON, without these passages and comments."""
    value = json.loads(content)
    for section in value["sections"]:
        for entry in section["entries"]:
            for name in ("quotes", "comments"):
                entry[name] = [part for part in entry[name] if part["id"] not in gone]
    return json.dumps(value, ensure_ascii=False)


def _follow_events(connection: Connection, events: list[Event]) -> None:
    """Delete the words of items that are deleted permanently, and the rows of erased people."""
    erased = [item_id for event in events if isinstance(event, ItemsErased) for item_id in event.item_ids]
    for batch in batches(erased):
        _erase_items(connection, batch)
    if any(isinstance(event, PersonErased) for event in events):
        of_nobody = newsletter_subscribers.c.user_id.is_(None) & newsletter_subscribers.c.address_hash.is_(None)
        connection.execute(delete(newsletter_subscribers).where(of_nobody))


def _erase_items(connection: Connection, item_ids: list[str]) -> None:
    has_words = newsletter_issue_items.c.item_id.in_(item_ids)
    for issue_id in connection.execute(select(newsletter_issue_items.c.issue).where(has_words).distinct()).scalars():
        own = newsletter_issues.c.id == issue_id
        content = connection.execute(select(newsletter_issues.c.content).where(own)).scalar()
        if content:
            kept = _without_items(content, item_ids)
            connection.execute(update(newsletter_issues).where(own).values(content=kept))
    connection.execute(delete(newsletter_issue_items).where(has_words))


def _personal_data(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """The newsletters that a user receives, the issues that they made or sent, the addresses that they entered."""
    named = select(newsletters.c.name, newsletter_subscribers.c.since, newsletter_subscribers.c.state).join(
        newsletters, newsletters.c.id == newsletter_subscribers.c.newsletter
    )
    received = connection.execute(named.where(newsletter_subscribers.c.user_id == user_id)).all()
    entered = select(func.count()).where(newsletter_subscribers.c.vouched_by == user_id)
    made = select(newsletter_issues.c.subject, newsletter_issues.c.created_at, newsletter_issues.c.sent_at).where(
        or_(newsletter_issues.c.made_by == user_id, newsletter_issues.c.scheduled_by == user_id)
    )
    rows: list[dict[str, Any]] = [
        {"newsletter": name, "subscribed_at": since, "state": state} for name, since, state in received
    ]
    rows += [
        {"issue": subject, "created_at": created_at, "sent_at": sent_at}
        for subject, created_at, sent_at in connection.execute(made.order_by(newsletter_issues.c.created_at))
    ]
    addresses = int(connection.execute(entered).scalar() or 0)
    return [*rows, {"addresses_entered": addresses}] if addresses else rows


def _purge(connection: Connection) -> None:
    """Delete the addresses that nobody has confirmed in time, and the passages that were deleted permanently."""
    _erase_passages(connection)
    is_old = newsletter_subscribers.c.since < timestamp_in(days=-CONFIRM_DAYS)
    pending = newsletter_subscribers.c.state == SubscriberState.PENDING.value
    stopped = newsletter_subscribers.c.state == SubscriberState.STOPPED.value
    connection.execute(delete(newsletter_subscribers).where(is_old, pending))
    connection.execute(update(newsletter_subscribers).where(is_old, stopped).values(email=None))


def _restored(connection: Connection) -> None:
    """After a backup was put back: what was to be sent meanwhile may have been sent since."""
    state, is_due = newsletter_issues.c.state, newsletter_issues.c.scheduled_at <= timestamp_now()
    version = newsletter_issues.c.version + 1
    draft = {"state": IssueState.DRAFT.value, "scheduled_at": None, "scheduled_by": None, "version": version}
    queued = newsletter_recipients.c.state == RecipientState.QUEUED.value
    for change in (
        update(newsletter_issues).where(state == IssueState.SCHEDULED.value, is_due).values(draft),
        update(newsletter_issues)
        .where(state == IssueState.SENDING.value)
        .values(state=IssueState.SENT.value, version=version),
        update(newsletter_recipients).where(queued).values(state=RecipientState.FAILED.value),
    ):
        connection.execute(change)


STORE = FeatureStore(
    (
        newsletters,
        newsletter_issues,
        newsletter_issue_items,
        newsletter_logos,
        newsletter_subscribers,
        newsletter_recipients,
    ),
    before_commit=_follow_events,
    personal_data=_personal_data,
    purge=_purge,
    restored=_restored,
)
