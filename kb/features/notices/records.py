"""Notices in the database: written at the end of the transaction that concerns a user, from its events.

A notice that its user may not read, because a right was taken away or a text was hidden, moved or deleted, is left out
by each query here, and is there again when the right is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)

from kb.access.actor import Actor
from kb.access.permissions import readable_groups_filter
from kb.features.notices.new_notices import NoticeRow, notices_of_hidden, notices_of_text, notices_of_title
from kb.features.notices.notice_kinds import ABOUT_ITEMS, DEFAULT_MAIL, MailChoice, NoticeKind
from kb.features.notices.tables import IS_UNREAD, WAITS_FOR_MAIL, notice_choices, notices
from kb.model.ids import new_id
from kb.model.items.moderation import RemovalKind
from kb.model.people.group import PERSONAL, Role
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_in, timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import BATCH, batches, is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.maintenance.feature_tables import create_tables
from kb.store.tables.account_tables import accounts, join_requests
from kb.store.tables.group_tables import groups, memberships
from kb.store.tables.item_tables import annotations, item_sharers, items
from kb.store.tables.moderation_tables import removed_content, reports
from kb.store.transaction_events import (
    ContentHidden,
    ContentReported,
    CorrectionShown,
    Event,
    ItemsEdited,
    ItemsErased,
    ItemsMerged,
    JoinRequested,
    PassagesChanged,
    TextWritten,
    changed_item_ids,
)

MOST_KEPT = 500
"""Rows that are kept for a user: the newest ones."""
MOST_BY_ONE = 100
"""Of these, the rows that another user causes."""
MOST_IN_BUNDLE = 10
"""Rows of one bundle within BUNDLE_SECONDS: a hundred replies to one thread are one notice and ten rows."""
BUNDLE_SECONDS = 3600
READ_KEPT_DAYS = 90
MAIL_DAYS = 7
"""Days that a row waits for its mail at most, while no mail can be sent."""
MOST_COUNTED = 100
"""Up to which the header counts."""


_ROWS = ValueColumns(notices, NoticeRow)
_USER: BindParameter[Any] = bindparam("user")
_OF_USER = notices.c.user_id == _USER


def _readable_rows(*more: Any) -> Any:
    """The rows that their user may read now, of all kinds that are no decisions."""
    may_read = and_(
        groups.c.deleted_at.is_(None),
        or_(
            groups.c.visible.in_(bindparam("visible", expanding=True)),
            groups.c.id.in_(bindparam("groups", expanding=True)),
            and_(literal(1) == bindparam("shared"), groups.c.slug.not_like(PERSONAL + "%")),
        ),
    )
    is_there = or_(notices.c.part_id == "", exists().where(annotations.c.id == notices.c.part_id))
    is_hidden = notices.c.kind == NoticeKind.HIDDEN.value
    about_items = (
        _ROWS.select.join(items, items.c.id == notices.c.item_id)
        .join(groups, groups.c.id == items.c.group_id)
        .where(_OF_USER, ~is_hidden, notices.c.group_id.is_(None), is_there, may_read, *more)
    )
    about_hidden = (
        _ROWS.select.join(removed_content, removed_content.c.id == notices.c.thread_id)
        .join(groups, groups.c.id == removed_content.c.group_id)
        .where(
            _OF_USER,
            is_hidden,
            removed_content.c.kind == RemovalKind.HIDDEN.value,
            may_read,
            *more,
        )
    )
    return union_all(about_items, about_hidden).subquery()


_readable = _readable_rows()
_unread = _readable_rows(IS_UNREAD)
_in_message = _readable_rows(IS_UNREAD, notices.c.message == bindparam("message"))
_READABLE = select(_readable).order_by(_readable.c.at.desc(), _readable.c.id)
_IN_MESSAGE = select(_in_message).order_by(_in_message.c.at, _in_message.c.id)


def _counted(some: Select[Any]) -> Any:
    return select(func.count()).select_from(some.limit(MOST_COUNTED).subquery()).scalar_subquery()


_UNREAD_COUNT = _counted(select(_unread.c.bundle_id).distinct())
_IS_MODERATED = groups.c.id.in_(bindparam("moderated", expanding=True))
_REQUESTS = (
    select(join_requests.c.user_id)
    .join(groups, groups.c.id == join_requests.c.group_id)
    .where(_IS_MODERATED, groups.c.deleted_at.is_(None), groups.c.archived_at.is_(None))
)
_REPORTS = (
    select(reports.c.item_id, func.coalesce(reports.c.annotation_id, ""))
    .join(groups, groups.c.id == reports.c.group_id)
    .join(items, and_(items.c.id == reports.c.item_id, items.c.group_id == reports.c.group_id))
    .where(
        _IS_MODERATED,
        groups.c.deleted_at.is_(None),
        or_(
            reports.c.annotation_id.is_(None),
            exists().where(annotations.c.id == reports.c.annotation_id),
            # The author of a hidden text has corrected it.
            exists().where(
                removed_content.c.annotation_id == reports.c.annotation_id,
                removed_content.c.kind == RemovalKind.HIDDEN.value,
            ),
        ),
    )
    .distinct()
)
_COUNT = select(_UNREAD_COUNT)
_COUNT_WITH_DECISIONS = select(_UNREAD_COUNT + _counted(_REQUESTS) + _counted(_REPORTS))
_UNREAD_OF_ITEM = select(notices.c.id, notices.c.part_id).where(
    _OF_USER, IS_UNREAD, notices.c.item_id == bindparam("item")
)
_HAS_ROWS = select(notices.c.item_id).where(notices.c.item_id.in_(bindparam("ids", expanding=True))).distinct()
_ITEM_OF_PART = (
    select(items.c.id)
    .join(annotations, annotations.c.item == items.c.number)
    .where(annotations.c.id == notices.c.part_id)
    .scalar_subquery()
)
_FOLLOW_PARTS = (
    update(notices)
    .where(notices.c.item_id.in_(bindparam("ids", expanding=True)), notices.c.part_id != "")
    .values(item_id=func.coalesce(_ITEM_OF_PART, notices.c.item_id))
)
_PART = (
    select(
        items.c.number, items.c.author_id, annotations.c.parent_id, annotations.c.reply_to,
    )
    .join(annotations, annotations.c.item == items.c.number)
    .where(annotations.c.id == bindparam("part"))
)  # fmt: skip


class NoticesReading(Repository):
    """Notices, in one transaction."""

    def readable(self, actor: Actor) -> list[NoticeRow]:
        """The rows of the actor that the actor may read now, the newest first."""
        return self._readable(_READABLE, actor)

    def in_message(self, actor: Actor, message: str) -> list[NoticeRow]:
        """The unread rows that a mail is about and that the actor may read now, the oldest first; those of decisions
        are `decisions_in_message`.
        """
        return self._readable(_IN_MESSAGE, actor, message=message)

    def decisions_in_message(self, message: str) -> list[NoticeRow]:
        """The rows of decisions that a mail is about. The caller asks whether they still wait for this user."""
        chosen = _ROWS.select.where(notices.c.message == message, notices.c.group_id.is_not(None))
        return list(_ROWS.all(self.connection, chosen.order_by(notices.c.at, notices.c.id)))

    def count(self, actor: Actor, moderated: Sequence[str]) -> int:
        """The unread notices of the actor, and the decisions that wait in these groups; of each kind MOST_COUNTED at
        most. Every page asks for it.
        """
        values, lists = _rights_of(actor)
        if not moderated:
            ((count,),) = run_compiled_select(self.connection, _COUNT, values, **lists)
        else:
            ((count,),) = run_compiled_select(
                self.connection, _COUNT_WITH_DECISIONS, values, **lists, moderated=list(moderated)
            )
        return int(count)

    def unread_of_item(self, user_id: str, item_id: str) -> dict[str, str]:
        """The parts of an item that a user's unread rows are about, by the id of the row."""
        rows = run_compiled_select(self.connection, _UNREAD_OF_ITEM, {"user": user_id, "item": item_id})
        return dict(rows)

    def choices(self, user_ids: Iterable[str]) -> dict[tuple[str, NoticeKind], MailChoice]:
        """What these users have chosen, by user and kind."""
        chosen = select(notice_choices.c.user_id, notice_choices.c.kind, notice_choices.c.mail)
        known = set(NoticeKind)
        return {
            (user_id, NoticeKind(kind)): MailChoice(mail)
            for user_id, kind, mail in self._rows_with(chosen, notice_choices.c.user_id, user_ids)
            if kind in known
        }

    def waiting_for_mail(self, mail: MailChoice, before: str) -> list[str]:
        """The users with rows of before a time that wait for such a mail."""
        chosen = select(notices.c.user_id).where(WAITS_FOR_MAIL, notices.c.mail == mail.value, notices.c.at < before)
        return list(self.connection.execute(chosen.distinct().order_by(notices.c.user_id)).scalars())

    def _readable(self, statement: Select[Any], actor: Actor, **more: str) -> list[NoticeRow]:
        values, lists = _rights_of(actor)
        rows = run_compiled_select(self.connection, statement, {**values, **more}, **lists)
        return [_ROWS.value(row) for row in rows]


class Notices(NoticesReading):
    """Notices, in a write transaction."""

    def add(self, new: Iterable[NoticeRow]) -> None:
        """Add notices for those of their users who have an open account."""
        wanted = list(new)
        if not wanted:
            return
        ids = {notice.user_id for notice in wanted}
        is_open = select(accounts.c.user_id).where(accounts.c.closed_at.is_(None))
        open_ids = {user_id for (user_id,) in self._rows_with(is_open, accounts.c.user_id, ids)}
        choices, now = self.choices(open_ids), timestamp_now()
        for notice in wanted:
            if notice.user_id in open_ids:
                mail = choices.get((notice.user_id, notice.kind), DEFAULT_MAIL[notice.kind])
                self._add_row(notice, mail, now)
        # First those of one person, who could push out all others.
        for user_id, by_id in {(notice.user_id, notice.by_id) for notice in wanted if notice.user_id in open_ids}:
            if by_id is not None:
                self._thin(user_id, MOST_BY_ONE, notices.c.by_id == by_id)
        for user_id in {notice.user_id for notice in wanted if notice.kind is NoticeKind.PASSAGE} & open_ids:
            self._thin(user_id, MOST_BY_ONE, notices.c.kind == NoticeKind.PASSAGE.value)
        for user_id in open_ids:
            self._thin(user_id, MOST_KEPT)

    def drop_mentions(self, part_id: str, user_ids: Sequence[str]) -> None:
        """Delete the notices that a text mentions these users."""
        here = (notices.c.part_id == part_id, notices.c.kind == NoticeKind.MENTION.value)
        self._write(delete(notices).where(*here, is_any_of(notices.c.user_id, user_ids)))

    def mark_seen(self, ids: Iterable[str]) -> None:
        """Mark rows as read."""
        self._write(update(notices).where(is_any_of(notices.c.id, ids), IS_UNREAD).values(seen_at=timestamp_now()))

    def mark_bundle_seen(self, user_id: str, bundle_id: str) -> None:
        """Mark a notice of a user as read."""
        here = (notices.c.user_id == user_id, notices.c.bundle_id == bundle_id, IS_UNREAD)
        self._write(update(notices).where(*here).values(seen_at=timestamp_now()))

    def mark_all_seen(self, user_id: str, until: str) -> None:
        """Mark all notices of a user until a time as read."""
        here = (notices.c.user_id == user_id, notices.c.at <= until, IS_UNREAD)
        self._write(update(notices).where(*here).values(seen_at=timestamp_now()))

    def choose(self, user_id: str, choices: Mapping[NoticeKind, MailChoice]) -> None:
        """Store what a user has chosen."""
        rows = [{"user_id": user_id, "kind": kind.value, "mail": mail.value} for kind, mail in choices.items()]
        self._write(delete(notice_choices).where(notice_choices.c.user_id == user_id))
        if rows:
            self._insert(notice_choices, *rows)

    def take_for_mail(self, user_id: str, mail: MailChoice, before: str, message: str) -> int:
        """Give the rows of a user that wait for such a mail to the message with this key; returns their number."""
        here = (notices.c.user_id == user_id, WAITS_FOR_MAIL, notices.c.mail == mail.value, notices.c.at < before)
        return self._write(update(notices).where(*here).values(mail=None, message=message))

    def follow_items(self, item_ids: Iterable[str]) -> None:
        """Note on which item each annotation and reply is now, for rows about these items, which have changed."""
        for batch in batches(item_ids):
            if here := [item_id for (item_id,) in run_compiled_select(self.connection, _HAS_ROWS, None, ids=batch)]:
                self.connection.execute(_FOLLOW_PARTS, {"ids": here})

    def follow_merge(self, item_ids: Iterable[str], into_id: str) -> None:
        """Give the rows about merged items to the item that they were merged into."""
        for column in (notices.c.item_id, notices.c.thread_id):
            self._write(update(notices).where(is_any_of(column, item_ids)).values({column: into_id}))

    def delete_items(self, item_ids: Iterable[str]) -> None:
        """Delete all notices about items."""
        for batch in batches(item_ids):
            self.connection.execute(delete(notices).where(notices.c.item_id.in_(batch)))

    def text_notices(self, event: TextWritten) -> list[NoticeRow]:
        """The notices of a text."""
        rows = run_compiled_select(self.connection, _PART, {"part": event.part_id})
        if not rows:
            return []
        number, saved_by, parent_id, reply_to = rows[0]
        answered: list[str] = []
        sharers: list[str] = []
        if parent_id is not None:
            authors = select(annotations.c.author_id).where(annotations.c.id.in_([parent_id, reply_to or parent_id]))
            answered = [id_ for id_ in self.connection.execute(authors).scalars() if id_]
        else:
            chosen = select(item_sharers.c.user_id).where(item_sharers.c.item == number)
            sharers = [*([saved_by] if saved_by else []), *self.connection.execute(chosen).scalars()]
        return notices_of_text(event, parent_id, answered, sharers)

    def passage_notices(self, event: PassagesChanged) -> list[NoticeRow]:
        """A notice for each passage whose words were changed, for who marked it; as many as a bundle has for a user."""
        chosen = select(annotations.c.author_id, annotations.c.id)
        rows, counts = list[NoticeRow](), Counter[str]()
        for author_id, part_id in self._rows_with(chosen, annotations.c.id, event.annotation_ids):
            if author_id is not None and counts[author_id] < MOST_IN_BUNDLE:
                counts[author_id] += 1
                rows.append(NoticeRow(author_id, NoticeKind.PASSAGE, event.item_id, event.item_id, part_id, None))
        return rows

    def decision_notices(self, event: JoinRequested | ContentReported) -> list[NoticeRow]:
        """The notices of a request to join for the owners of its group, or of a report for its moderators."""
        if isinstance(event, JoinRequested):
            least, kind, by_id = Role.OWNER, NoticeKind.REQUEST, event.user_id
            group_id, item_id, part_id = event.group_id, "", ""
        else:
            report = event.report
            least, kind, by_id = Role.MODERATOR, NoticeKind.REPORT, None
            group_id, item_id, part_id = report.group_id, report.item_id, report.annotation_id or ""
        thread_id = part_id or item_id or group_id
        roles = [role.value for role in Role if role >= least]
        chosen = select(memberships.c.user_id).where(memberships.c.group_id == group_id, memberships.c.role.in_(roles))
        reporter = event.report.user_id if isinstance(event, ContentReported) else by_id
        return [
            NoticeRow(user_id, kind, thread_id, item_id, part_id, by_id, group_id)
            for user_id in self.connection.execute(chosen).scalars()
            if user_id != reporter
        ]

    def purge(self) -> None:
        """Delete notices that were read long ago, and those of what is gone for ever; those of decisions whose mail is
        old. Rows that found no mail for long wait no more.
        """
        old, unsent = timestamp_in(days=-READ_KEPT_DAYS), timestamp_in(days=-MAIL_DAYS)
        may_come_back = notices.c.item_id.in_(select(removed_content.c.item_id))
        has_no_item = notices.c.item_id.not_in(select(items.c.id))
        has_no_part = (notices.c.part_id != "") & notices.c.part_id.not_in(select(annotations.c.id))
        about_content = notices.c.group_id.is_(None)
        self._write(
            delete(notices).where(notices.c.seen_at.is_not(None), notices.c.at < old),
            delete(notices).where(about_content, or_(has_no_item, has_no_part), ~may_come_back),
            delete(notices).where(
                notices.c.kind == NoticeKind.HIDDEN.value, notices.c.thread_id.not_in(select(removed_content.c.id))
            ),
            delete(notices).where(~about_content, notices.c.at < unsent),
            update(notices).where(WAITS_FOR_MAIL, notices.c.at < unsent).values(mail=None),
        )

    def wait_for_no_mail(self) -> None:
        """Let no row wait for a mail any more."""
        self._write(update(notices).where(WAITS_FOR_MAIL).values(mail=None))

    def _add_row(self, notice: NoticeRow, mail: MailChoice, now: str) -> None:
        if notice.group_id is not None and mail is MailChoice.NEVER:
            return
        by = notices.c.by_id.is_(None) if notice.by_id is None else notices.c.by_id == notice.by_id
        same = select(notices.c.bundle_id).where(
            notices.c.user_id == notice.user_id,
            notices.c.kind == notice.kind.value,
            notices.c.thread_id == notice.thread_id,
            notices.c.at > timestamp_in(seconds=-BUNDLE_SECONDS),
            IS_UNREAD,
            by,
        )
        recent = list(self.connection.execute(same.order_by(notices.c.at).limit(MOST_IN_BUNDLE)).scalars())
        if len(recent) == MOST_IN_BUNDLE:
            return
        row_id = new_id()
        row = replace(notice, id=row_id, bundle_id=recent[-1] if recent else row_id, at=now)
        # The first of a bundle has had its mail, or waits for it.
        if mail is not MailChoice.NEVER and not (recent and mail is MailChoice.NOW):
            row = replace(row, mail=mail)
        self._insert(notices, _ROWS.row(row))

    def _thin(self, user_id: str, most: int, more: Any = None) -> None:
        """Delete the oldest rows of a user that has more than so many."""
        here = (notices.c.user_id == user_id, *(() if more is None else (more,)))
        newest_first = select(notices.c.id).where(*here).order_by(notices.c.at.desc(), notices.c.id)
        too_many = list(self.connection.execute(newest_first.offset(most)).scalars())
        if too_many:
            self._write(delete(notices).where(is_any_of(notices.c.id, too_many)))


def _rights_of(actor: Actor) -> tuple[dict[str, str | int], dict[str, list[str]]]:
    """The values of `_readable_rows` for an actor. A list parameter needs one value at least."""
    limits = readable_groups_filter(actor)
    return {"user": actor.user_id or "", "shared": int(limits.shared)}, {
        "visible": [visibility.value for visibility in limits.visible] or [""],
        "groups": [*limits.group_ids] or [""],
    }


def record_events(connection: Connection, events: list[Event]) -> None:
    """Write the notices of a transaction, and let the others follow what it moved or deleted."""
    store = Notices(connection)
    new: list[NoticeRow] = []
    for event in events:
        match event:
            case TextWritten():
                if event.unmentioned:
                    store.drop_mentions(event.part_id, event.unmentioned)
                new += store.text_notices(event)
            case ItemsEdited():
                new += notices_of_title(event)
            case ContentHidden() | CorrectionShown():
                new += notices_of_hidden(event)
            case PassagesChanged():
                new += store.passage_notices(event)
            case ContentReported() | JoinRequested():
                new += store.decision_notices(event)
            case ItemsMerged(item_ids=item_ids, into_id=into_id):
                store.follow_merge(item_ids, into_id)
            case ItemsErased(item_ids=item_ids):
                store.delete_items(item_ids)
    store.follow_items(changed_item_ids(events))
    store.add(new)


def _about(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """What is stored about a user: the notices for the user, and the user's choices."""
    columns = (notices.c.kind, notices.c.item_id, notices.c.part_id, notices.c.at, notices.c.seen_at)
    own = select(*columns).where(notices.c.user_id == user_id, notices.c.kind.in_([*ABOUT_ITEMS, NoticeKind.HIDDEN]))
    rows = connection.execute(own.order_by(notices.c.at, notices.c.id))
    choices = select(notice_choices.c.kind, notice_choices.c.mail).where(notice_choices.c.user_id == user_id)
    return [
        *(
            {"notice": kind, "item": item_id, "part": part_id or None, "at": at, "seen_at": seen_at}
            for kind, item_id, part_id, at, seen_at in rows
        ),
        *({"notice": kind, "mail": mail} for kind, mail in connection.execute(choices.order_by(notice_choices.c.kind))),
    ]


def _purge(connection: Connection) -> None:
    Notices(connection).purge()


def _restored(connection: Connection) -> None:
    """After a backup was put back: what waited then may have been sent since."""
    Notices(connection).wait_for_no_mail()


_OLD_MENTIONS = text("SELECT annotation_id, user_id, item_id, by_id, at, seen_at FROM mentions ORDER BY at")
_OLD_CHOICES = text("SELECT user_id FROM mention_emails")


def _take_mentions(connection: Connection) -> None:
    """Take over the mentions of earlier versions, which were tables of the core, and who wanted mails about them."""
    create_tables(connection, (notices, notice_choices))
    rows = []
    for part_id, user_id, item_id, by_id, at, seen_at in connection.execute(_OLD_MENTIONS).all():
        row_id = new_id()
        old = NoticeRow(user_id, NoticeKind.MENTION, item_id, item_id, part_id, by_id)
        rows.append(_ROWS.row(replace(old, id=row_id, bundle_id=row_id, at=at, seen_at=seen_at)))
    for start in range(0, len(rows), BATCH):
        connection.execute(insert(notices), rows[start : start + BATCH])
    wanted = [
        {"user_id": user_id, "kind": NoticeKind.MENTION.value, "mail": MailChoice.NOW.value}
        for (user_id,) in connection.execute(_OLD_CHOICES).all()
    ]
    if wanted:
        connection.execute(insert(notice_choices), wanted)
    for name in ("mentions", "mention_emails"):
        connection.execute(text(f"DROP TABLE {name}"))


STORE = FeatureStore(
    (notices, notice_choices),
    migrations=(_take_mentions,),
    before_commit=record_events,
    restored=_restored,
    personal_data=_about,
    purge=_purge,
)
