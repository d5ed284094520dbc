"""Newsletters, their issues, subscribers and recipients, in the database."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, null, select, update

from kb.features.newsletters.tables import (
    IS_REFUSED,
    newsletter_issue_items,
    newsletter_issues,
    newsletter_logos,
    newsletter_recipients,
    newsletter_subscribers,
    newsletters,
)
from kb.model.storable_text import is_storable
from kb.store.database.database import batches
from kb.store.database.rows import Repository, ValueColumns
from kb.store.transaction_events import ArticlesReceived, ArticlesSent, events_of


class IssueState(StrEnum):
    """The state of an issue. From SENDING on it has a number and a fixed content; a WITHDRAWN one had both."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


class SubscriberState(StrEnum):
    """PENDING: somebody has entered an address, and its owner has not confirmed it. STOPPED: its owner does not want
    the newsletter, and the address itself is deleted, unless it was entered anew and waits to be confirmed. REFUSED: a
    mail server refused the address, and nothing more is sent to it.
    """

    PENDING = "pending"
    ACTIVE = "active"
    STOPPED = "stopped"
    REFUSED = "refused"


class RecipientState(StrEnum):
    """QUEUED: the message is in the outbox. LEFT_OUT: the recipient may not read it any more, or has stopped it."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A newsletter of a group. `sender` and `postal` stand at the end of each message; `last_number` is that of the
    issue sent last, 0 before the first.
    """

    id: str
    group_id: str
    slug: str
    name: str
    description: str
    accent: str
    sender: str
    postal: str
    created_at: str
    last_number: int = 0


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue: `item_list` is the id of the list that it is made from, `content` what was sent, as JSON.

    `scheduled_by` is the user with whose right it is sent; a draft that has `scheduled_at` could not be sent then.
    `version` grows with each change.
    """

    id: str
    group_id: str
    newsletter: str
    state: IssueState
    number: int | None
    subject: str
    introduction: str
    item_list: str
    created_at: str
    made_by: str | None
    content: str | None = None
    scheduled_at: str | None = None
    sent_at: str | None = None
    scheduled_by: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who receives a newsletter: a user, or the owner of an address, which `vouched_by` has entered, or its owner, who
    has agreed to `consent`. `stop_key` opens the pages that confirm and stop it.
    """

    id: str
    group_id: str
    newsletter: str
    state: SubscriberState
    stop_key: str
    since: str
    user_id: str | None = None
    email: str | None = None
    address_hash: str | None = None
    vouched_by: str | None = None
    consent: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether its address waits to be confirmed by its owner."""
        return self.email is not None and self.state in {SubscriberState.PENDING, SubscriberState.STOPPED}


@dataclass(frozen=True, slots=True)
class LetterLogo:
    """The logo of a newsletter: the hash of the image, and its size in pixels."""

    newsletter: str
    group_id: str
    digest: str
    width: int
    height: int


CONFIRM_DAYS = 2
"""Days in which an address can be confirmed."""
_NEWSLETTERS = ValueColumns(newsletters, Newsletter)
_ISSUES = ValueColumns(newsletter_issues, Issue)
_WITHOUT_CONTENT = _ISSUES.select.with_only_columns(
    *(null() if column is newsletter_issues.c.content else column for column in _ISSUES.select.selected_columns)
)
_SUBSCRIBERS = ValueColumns(newsletter_subscribers, Subscriber)
_LOGOS = ValueColumns(newsletter_logos, LetterLogo)
_PUBLISHED = newsletter_issues.c.state.in_([IssueState.SENDING.value, IssueState.SENT.value])
_NEWEST = newsletter_issues.c.number.desc()
_STOPPED = (newsletter_subscribers.c.state == SubscriberState.STOPPED.value) & (
    newsletter_subscribers.c.address_hash.is_not(None)
)
_ACTIVE = newsletter_subscribers.c.state == SubscriberState.ACTIVE.value


class NewslettersReading(Repository):
    """Newsletters and their issues, in one transaction. The caller checks who may read them."""

    def of_group(self, group_id: str) -> tuple[Newsletter, ...]:
        """The newsletters of a group, by name."""
        chosen = _NEWSLETTERS.select.where(newsletters.c.group_id == group_id)
        return _NEWSLETTERS.all(self.connection, chosen.order_by(newsletters.c.name, newsletters.c.id))

    def of_groups(self, group_ids: Iterable[str], limit: int) -> tuple[Newsletter, ...]:
        """Some newsletters of groups, by name."""
        chosen = _NEWSLETTERS.select.order_by(newsletters.c.name, newsletters.c.id).limit(limit)
        found = (
            letter
            for batch in batches(group_ids)
            for letter in _NEWSLETTERS.all(self.connection, chosen.where(newsletters.c.group_id.in_(batch)))
        )
        return tuple(sorted(found, key=lambda letter: letter.name)[:limit])

    def latest_made_by(self, user_id: str) -> Newsletter | None:
        """The newsletter of which a user made the latest issue of theirs."""
        own = select(newsletter_issues.c.newsletter).where(newsletter_issues.c.made_by == user_id)
        latest = own.order_by(newsletter_issues.c.created_at.desc(), newsletter_issues.c.id).limit(1)
        chosen = _NEWSLETTERS.select.where(newsletters.c.id == latest.scalar_subquery())
        return _NEWSLETTERS.first(self.connection, chosen)

    def by_slug(self, group_id: str, slug: str) -> Newsletter | None:
        if not is_storable(slug):
            return None
        chosen = _NEWSLETTERS.select.where(newsletters.c.group_id == group_id, newsletters.c.slug == slug)
        return _NEWSLETTERS.first(self.connection, chosen)

    def by_id(self, newsletter_id: str) -> Newsletter | None:
        return _NEWSLETTERS.first(self.connection, _NEWSLETTERS.select.where(newsletters.c.id == newsletter_id))

    def issue(self, issue_id: str) -> Issue | None:
        if not is_storable(issue_id):
            return None
        return _ISSUES.first(self.connection, _ISSUES.select.where(newsletter_issues.c.id == issue_id))

    def issue_of_number(self, newsletter_id: str, number: int) -> Issue | None:
        of_newsletter = newsletter_issues.c.newsletter == newsletter_id
        return _ISSUES.first(self.connection, _ISSUES.select.where(of_newsletter, newsletter_issues.c.number == number))

    def published(self, newsletter_id: str, limit: int, offset: int = 0) -> tuple[Issue, ...]:
        """The issues that are sent or being sent, the newest first, without their content."""
        chosen = _WITHOUT_CONTENT.where(newsletter_issues.c.newsletter == newsletter_id, _PUBLISHED).order_by(_NEWEST)
        return _ISSUES.all(self.connection, chosen.limit(limit).offset(offset))

    def numbers_beside(self, newsletter_id: str, number: int) -> tuple[int | None, int | None]:
        """The numbers of the issues before and after this one in the archive."""
        column = newsletter_issues.c.number
        here = (newsletter_issues.c.newsletter == newsletter_id, _PUBLISHED)
        before = self.connection.execute(select(func.max(column)).where(*here, column < number)).scalar()
        after = self.connection.execute(select(func.min(column)).where(*here, column > number)).scalar()
        return before, after

    def published_count(self, newsletter_id: str) -> int:
        chosen = select(func.count()).select_from(newsletter_issues)
        return self._number(chosen.where(newsletter_issues.c.newsletter == newsletter_id, _PUBLISHED))

    def sent_count(self, newsletter_id: str, since: str) -> int:
        """How many issues were sent after an instant, also those that were withdrawn."""
        chosen = select(func.count()).select_from(newsletter_issues)
        of_newsletter = newsletter_issues.c.newsletter == newsletter_id
        return self._number(chosen.where(of_newsletter, newsletter_issues.c.sent_at > since))

    def in_progress(self, newsletter_id: str) -> tuple[Issue, ...]:
        """The issues that are not sent yet, the newest first."""
        states = [IssueState.DRAFT.value, IssueState.SCHEDULED.value, IssueState.SENDING.value]
        of_newsletter = newsletter_issues.c.newsletter == newsletter_id
        chosen = _ISSUES.select.where(of_newsletter, newsletter_issues.c.state.in_(states))
        return _ISSUES.all(self.connection, chosen.order_by(newsletter_issues.c.created_at.desc()))

    def due(self, now: str) -> tuple[Issue, ...]:
        """The issues whose sending must begin, the earliest first."""
        is_due = newsletter_issues.c.scheduled_at <= now
        chosen = _ISSUES.select.where(newsletter_issues.c.state == IssueState.SCHEDULED.value, is_due)
        return _ISSUES.all(self.connection, chosen.order_by(newsletter_issues.c.scheduled_at).limit(20))

    def next_due(self) -> str | None:
        """When the sending of an issue must begin; None if none waits."""
        waits = newsletter_issues.c.state == IssueState.SCHEDULED.value
        return self._text(select(func.min(newsletter_issues.c.scheduled_at)).where(waits))

    def sending(self) -> tuple[Issue, ...]:
        """The issues whose sending has begun."""
        return _ISSUES.all(
            self.connection,
            _ISSUES.select.where(newsletter_issues.c.state == IssueState.SENDING.value).order_by(
                newsletter_issues.c.scheduled_at
            ),
        )

    def subscriber(self, subscriber_id: str) -> Subscriber | None:
        return _SUBSCRIBERS.first(
            self.connection, _SUBSCRIBERS.select.where(newsletter_subscribers.c.id == subscriber_id)
        )

    def subscriber_of_key(self, stop_key: str) -> Subscriber | None:
        if not is_storable(stop_key):
            return None
        return _SUBSCRIBERS.first(
            self.connection, _SUBSCRIBERS.select.where(newsletter_subscribers.c.stop_key == stop_key)
        )

    def subscriber_of_user(self, newsletter_id: str, user_id: str) -> Subscriber | None:
        own = (newsletter_subscribers.c.user_id == user_id, newsletter_subscribers.c.newsletter == newsletter_id)
        return _SUBSCRIBERS.first(self.connection, _SUBSCRIBERS.select.where(*own))

    def subscriber_of_address(self, newsletter_id: str, address_hash: str) -> Subscriber | None:
        own = (
            newsletter_subscribers.c.newsletter == newsletter_id,
            newsletter_subscribers.c.address_hash == address_hash,
        )
        return _SUBSCRIBERS.first(self.connection, _SUBSCRIBERS.select.where(*own))

    def active_count(self, newsletter_id: str) -> tuple[int, int]:
        """The number of users, and of addresses, that receive a newsletter."""
        chosen = select(func.count(newsletter_subscribers.c.user_id), func.count()).where(
            newsletter_subscribers.c.newsletter == newsletter_id, _ACTIVE
        )
        users, every = self.connection.execute(chosen).one()
        return int(users), int(every) - int(users)

    def logo(self, newsletter_id: str) -> LetterLogo | None:
        """The logo of a newsletter; None without one."""
        return _LOGOS.first(self.connection, _LOGOS.select.where(newsletter_logos.c.newsletter == newsletter_id))

    def logo_png(self, newsletter_id: str) -> bytes:
        """The image of the logo; empty without one."""
        chosen = select(newsletter_logos.c.png).where(newsletter_logos.c.newsletter == newsletter_id)
        return b64decode(self.connection.execute(chosen).scalar() or "")

    def refused_addresses(self, group_ids: Iterable[str]) -> tuple[tuple[Newsletter, int], ...]:
        """The newsletters of groups of which mail servers refuse addresses without an account, with how many."""
        count = func.count().label("refused")
        joined = _NEWSLETTERS.select.add_columns(count).join(
            newsletter_subscribers, newsletter_subscribers.c.newsletter == newsletters.c.id
        )
        refused = joined.where(IS_REFUSED, newsletter_subscribers.c.user_id.is_(None)).group_by(newsletters.c.id)
        return tuple(
            (_NEWSLETTERS.value(row[:-1]), row.refused)
            for batch in batches(group_ids)
            for row in self.connection.execute(refused.where(newsletters.c.group_id.in_(batch)))
        )

    def refused_to(self, user_id: str) -> tuple[Newsletter, ...]:
        """The newsletters that the mail server of a user refused, by name."""
        chosen = _NEWSLETTERS.select.join(
            newsletter_subscribers, newsletter_subscribers.c.newsletter == newsletters.c.id
        ).where(newsletter_subscribers.c.user_id == user_id, IS_REFUSED)
        return _NEWSLETTERS.all(self.connection, chosen.order_by(newsletters.c.name, newsletters.c.id))

    def in_state(
        self, newsletter_id: str, state: SubscriberState, limit: int, *, with_users: bool = True
    ) -> tuple[Subscriber, ...]:
        """The subscribers in a state, by address."""
        chosen = _SUBSCRIBERS.select.where(
            newsletter_subscribers.c.newsletter == newsletter_id, newsletter_subscribers.c.state == state.value
        )
        if not with_users:
            chosen = chosen.where(newsletter_subscribers.c.user_id.is_(None))
        by_address = chosen.order_by(newsletter_subscribers.c.email, newsletter_subscribers.c.id)
        return _SUBSCRIBERS.all(self.connection, by_address.limit(limit))

    def address_hashes(self, newsletter_id: str) -> frozenset[str]:
        """The hashes of all addresses, also of those that stopped the newsletter."""
        column = newsletter_subscribers.c.address_hash
        chosen = select(column).where(newsletter_subscribers.c.newsletter == newsletter_id, column.is_not(None))
        return frozenset(self.connection.execute(chosen).scalars())

    def stopped_hashes(self, group_id: str) -> frozenset[str]:
        """The hashes of the addresses that stopped a newsletter of a group, be it deleted."""
        column = newsletter_subscribers.c.address_hash
        chosen = select(column).where(newsletter_subscribers.c.group_id == group_id, _STOPPED)
        return frozenset(self.connection.execute(chosen).scalars())

    def subscribers_without_message(self, issue: Issue, limit: int) -> tuple[Subscriber, ...]:
        """Subscribers of an issue's newsletter who are no recipients of it yet."""
        has_row = (
            select(newsletter_recipients.c.subscriber)
            .where(
                newsletter_recipients.c.issue == issue.id,
                newsletter_recipients.c.subscriber == newsletter_subscribers.c.id,
            )
            .exists()
        )
        # Who subscribes after the sending began gets the next issue.
        began = newsletter_subscribers.c.since <= (issue.sent_at or "")
        chosen = _SUBSCRIBERS.select.where(
            newsletter_subscribers.c.newsletter == issue.newsletter, _ACTIVE, began, ~has_row
        )
        return _SUBSCRIBERS.all(self.connection, chosen.order_by(newsletter_subscribers.c.id).limit(limit))

    def recipient_counts(self, issue_ids: Iterable[str]) -> dict[str, Mapping[RecipientState, int]]:
        """The number of recipients of issues in each state."""
        counts: dict[str, dict[RecipientState, int]] = {}
        state = newsletter_recipients.c.state
        chosen = select(newsletter_recipients.c.issue, state, func.count())
        for batch in batches(issue_ids):
            of_issues = chosen.where(newsletter_recipients.c.issue.in_(batch))
            for issue, name, count in self.connection.execute(of_issues.group_by(newsletter_recipients.c.issue, state)):
                counts.setdefault(issue, {})[RecipientState(name)] = int(count)
        return dict(counts)

    def queued_recipients(self, issue_id: str) -> tuple[str, ...]:
        """The subscribers whose message of an issue is in the outbox."""
        chosen = select(newsletter_recipients.c.subscriber).where(
            newsletter_recipients.c.issue == issue_id, newsletter_recipients.c.state == RecipientState.QUEUED.value
        )
        return tuple(self.connection.execute(chosen).scalars())


class Newsletters(NewslettersReading):
    """The same in a write transaction."""

    def add(self, newsletter: Newsletter) -> None:
        """Raises Conflict if the group has one with this slug."""
        self._insert(newsletters, _NEWSLETTERS.row(newsletter))

    def update(self, newsletter: Newsletter) -> None:
        """Raises Conflict if the group has another one with this slug."""
        row = _NEWSLETTERS.row(newsletter)
        self._write(update(newsletters).where(newsletters.c.id == newsletter.id).values(row))

    def remove(self, newsletter_id: str) -> None:
        """Delete a newsletter with its issues and subscribers; the hashes of those who stopped it stay."""
        of_letter = newsletter_subscribers.c.newsletter == newsletter_id
        issues = select(newsletter_issues.c.id).where(newsletter_issues.c.newsletter == newsletter_id)
        self._write(
            delete(newsletter_recipients).where(newsletter_recipients.c.issue.in_(issues)),
            delete(newsletter_issue_items).where(newsletter_issue_items.c.issue.in_(issues)),
            delete(newsletter_issues).where(newsletter_issues.c.newsletter == newsletter_id),
            delete(newsletter_subscribers).where(of_letter, ~_STOPPED),
            update(newsletter_subscribers).where(of_letter).values(email=None, consent=""),
            delete(newsletter_logos).where(newsletter_logos.c.newsletter == newsletter_id),
            delete(newsletters).where(newsletters.c.id == newsletter_id),
        )

    def set_logo(self, logo: LetterLogo, png: bytes) -> None:
        """Store the logo of a newsletter, in place of the one before."""
        self.remove_logo(logo.newsletter)
        self._insert(newsletter_logos, {**_LOGOS.row(logo), "png": b64encode(png).decode()})

    def remove_logo(self, newsletter_id: str) -> None:
        self._write(delete(newsletter_logos).where(newsletter_logos.c.newsletter == newsletter_id))

    def add_issue(self, issue: Issue) -> None:
        self._insert(newsletter_issues, _ISSUES.row(issue))

    def update_issue(self, issue: Issue) -> None:
        row = _ISSUES.row(issue)
        self._write(update(newsletter_issues).where(newsletter_issues.c.id == issue.id).values(row))

    def remove_issue(self, issue_id: str) -> None:
        self._write(
            delete(newsletter_recipients).where(newsletter_recipients.c.issue == issue_id),
            delete(newsletter_issue_items).where(newsletter_issue_items.c.issue == issue_id),
            delete(newsletter_issues).where(newsletter_issues.c.id == issue_id),
        )

    def note_items(self, issue: Issue, parts: Iterable[tuple[str, str]]) -> None:
        """Note the items, and the passages and comments of items, of which the content of an issue has words: an item
        itself has an empty part.
        """
        rows = [
            {"issue": issue.id, "item_id": item_id, "part_id": part_id, "group_id": issue.group_id}
            for item_id, part_id in dict.fromkeys(parts)
        ]
        self._insert_missing(newsletter_issue_items, *rows)

    def log_articles(self, issue: Issue, sources: tuple[str, ...]) -> None:
        """Log that an issue begins to be sent, with the source of each item."""
        day = (issue.sent_at or "")[:10]
        events_of(self.connection).append(ArticlesSent(issue.group_id, issue.id, day, issue.subject, sources))

    def add_subscribers(self, *subscribers: Subscriber) -> None:
        """Add subscribers; those who are known, by user or by address, stay as they are."""
        self._insert_missing(newsletter_subscribers, *map(_SUBSCRIBERS.row, subscribers))

    def update_subscriber(self, subscriber: Subscriber) -> None:
        row = _SUBSCRIBERS.row(subscriber)
        of_one = newsletter_subscribers.c.id == subscriber.id
        self._write(update(newsletter_subscribers).where(of_one).values(row))

    def remove_subscriber(self, subscriber_id: str) -> None:
        self._write(delete(newsletter_subscribers).where(newsletter_subscribers.c.id == subscriber_id))

    def add_recipients(self, issue: Issue, subscriber_ids: Iterable[str]) -> None:
        """Add recipients whose message is in the outbox."""
        rows = [
            {"issue": issue.id, "subscriber": id_, "group_id": issue.group_id, "state": RecipientState.QUEUED.value}
            for id_ in subscriber_ids
        ]
        self._insert(newsletter_recipients, *rows)

    def set_recipients(self, issue_id: str, subscriber_ids: Iterable[str], state: RecipientState) -> None:
        """Store what became of the messages to these subscribers, of those that were in the outbox."""
        of_issue, is_queued = newsletter_recipients.c.issue == issue_id, RecipientState.QUEUED.value
        queued = of_issue & (newsletter_recipients.c.state == is_queued)
        changed = 0
        for batch in batches(subscriber_ids):
            chosen = update(newsletter_recipients).where(queued, newsletter_recipients.c.subscriber.in_(batch))
            changed += self.connection.execute(chosen.values(state=state.value)).rowcount
        if state is RecipientState.SENT and changed:
            events_of(self.connection).append(ArticlesReceived(issue_id, changed))
