"""What concerns a user: notices, unread ones marked, and what waits for the user's decision.

The texts are read with the rights of the user when the page is shown; a notice whose text the user may not read any
more is left out, of counts too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_signed_in_user
from kb.errors import Unavailable
from kb.features.notices.new_notices import NoticeRow
from kb.features.notices.notice_kinds import DEFAULT_MAIL, MailChoice, NoticeKind
from kb.features.notices.records import Notices, NoticesReading
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.moderation import Removal, RemovedContent
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.groups.membership import moderated_groups, requests_to_answer
from kb.services.moderation.moderation_views import (
    RemovedContentView,
    ReportedContent,
    corrections_to_settle,
    reports_to_settle,
)
from kb.services.trash.item_parts import is_correctable
from kb.store import JoinRequest, ReadSnapshot

PER_PAGE = 50
MOST_DECISIONS = 20
"""Requests, reports, and corrections, on the page: the next are shown when these are settled."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice, of which `row` is the newest row; `count` is the number of its rows. `is_unread`: one of them is.

    `by` is None for a person who was erased, and for the operator. `annotation` is the one that was written, or whose
    reply `part` is: the actor may like `part`, or does. Of hidden content, `removal` and `part` are what was hidden,
    and `item` its item, if it is there; the actor may correct it.
    """

    row: NoticeRow
    count: int
    is_unread: bool
    by: User | None
    group: Group
    item: Item | None
    annotation: Annotation | None = None
    part: RemovedContent | None = None
    removal: Removal | None = None
    may_correct: bool = False
    may_like: bool = False
    is_liked: bool = False


@dataclass(frozen=True, slots=True)
class Decisions:
    """What waits for a decision of the user; `total` counts also what is not among the first, up to MOST_COUNTED of
    each kind.
    """

    requests: tuple[tuple[Group, JoinRequest], ...]
    reports: tuple[tuple[Group, ReportedContent], ...]
    corrections: tuple[tuple[Group, RemovedContentView], ...]
    total: int


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A page of a user's notices, unread ones first, then the newest. `counts` are the numbers of notices by kind,
    `unread` that of the unread ones, `total` that of the chosen ones; `newest` is the time of the newest row.
    """

    notices: tuple[Notice, ...]
    decisions: Decisions
    counts: Mapping[NoticeKind, int]
    unread: int
    total: int
    newest: str


def waiting_count(library: Library, actor: Actor) -> int:
    """The number in the header of every page: unread notices and decisions; none for an anonymous actor."""
    if actor.user_id is None:
        return 0
    with library.store.read() as reading:
        return NoticesReading(reading.connection).count(actor, moderated_groups(actor))


def notice_page(
    library: Library, actor: Actor, kind: NoticeKind | None = None, *, unread: bool = False, page: int = 1
) -> NoticePage:
    """A page of the actor's notices, of one kind or of all, of unread ones or of all. Raises LoginNeeded."""
    require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        bundles = bundles_of(NoticesReading(reading.connection).readable(actor))
        chosen = [
            bundle
            for bundle in bundles
            if (kind is None or bundle[0].kind is kind) and (not unread or _is_unread(bundle))
        ]
        chosen.sort(key=lambda bundle: not _is_unread(bundle))
        counts = {one: sum(bundle[0].kind is one for bundle in bundles) for one in NoticeKind}
        return NoticePage(
            shown_notices(reading, actor, chosen[(page - 1) * PER_PAGE : page * PER_PAGE]),
            _decisions(reading, actor),
            {one: count for one, count in counts.items() if count},
            sum(map(_is_unread, bundles)),
            len(chosen),
            max((bundle[0].at for bundle in bundles), default=""),
        )


def unread_notices(library: Library, actor: Actor, most: int) -> tuple[Notice, ...]:
    """The newest unread notices of an actor. Raises LoginNeeded."""
    require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        if not NoticesReading(reading.connection).count(actor, ()):
            return ()
        bundles = filter(_is_unread, bundles_of(NoticesReading(reading.connection).readable(actor)))
        return shown_notices(reading, actor, list(bundles)[:most])


def shown_notices(reading: ReadSnapshot, actor: Actor, bundles: Sequence[Sequence[NoticeRow]]) -> tuple[Notice, ...]:
    """Notices with what they are about, as far as the actor may read it."""
    scope = readable_groups(reading, actor).scope
    rows = [bundle[0] for bundle in bundles]
    part_ids = [row.part_id for row in rows if row.part_id and row.kind is not NoticeKind.HIDDEN]
    items = reading.items.beginnings(dict.fromkeys(row.item_id for row in rows), scope)
    annotations = reading.items.listed_annotations(part_ids, items.values())
    removals = reading.moderation.removals_by_ids(row.thread_id for row in rows if row.kind is NoticeKind.HIDDEN)
    hidden = list(removals.values())
    contents = dict(zip(removals, reading.moderation.removed_contents(hidden), strict=True))
    correctable = {id_ for id_, content in contents.items() if is_correctable(content)}
    group_ids = {item.group_id for item in items.values()} | {removal.group_id for removal in hidden}
    groups = {id_: group for id_, group in reading.groups.by_ids(group_ids).items() if scope.holds(id_)}
    people = reading.users.by_ids({row.by_id for row in rows if row.by_id})
    liked = reading.likes.liked_by(actor.user_id or "", part_ids)
    found = []
    for bundle in bundles:
        row, item = bundle[0], items.get(bundle[0].item_id)
        removal = removals.get(row.thread_id) if row.kind is NoticeKind.HIDDEN else None
        group_id = removal.group_id if removal else item.group_id if item else ""
        annotation = annotations.get(row.part_id)
        part = contents.get(row.thread_id) or (_part_of(annotation, row.part_id) if annotation else None)
        is_there = removal is not None if row.kind is NoticeKind.HIDDEN else item is not None
        if is_there and group_id in groups and (part is not None or not row.part_id):
            by = people.get(row.by_id or "")
            may_write = is_allowed(actor, Action.CONTRIBUTE, groups[group_id])
            may_correct = may_write and item is not None and row.thread_id in correctable
            is_of_others = annotation is not None and row.kind not in {NoticeKind.PASSAGE, NoticeKind.SHOWN}
            may_like = may_write and is_of_others
            notice = Notice(
                row, len(bundle), _is_unread(bundle), by, groups[group_id], item, annotation, part, removal,
                may_correct, may_like, row.part_id in liked,
            )  # fmt: skip
            found.append(notice)
    return tuple(found)


def mark_seen(library: Library, actor: Actor, bundle_id: str) -> None:
    """Mark one of the actor's notices as read. Raises LoginNeeded, Forbidden for a read-only token."""
    user_id = require_signed_in_user(actor)
    if is_storable(bundle_id):
        with library.store.write() as writing:
            Notices(writing.connection).mark_bundle_seen(user_id, bundle_id)


def mark_all_seen(library: Library, actor: Actor, until: str) -> None:
    """Mark the actor's notices until a time as read. Raises LoginNeeded, Forbidden for a read-only token."""
    user_id = require_signed_in_user(actor)
    if is_storable(until):
        with library.store.write() as writing:
            Notices(writing.connection).mark_all_seen(user_id, until)


def mark_item_seen(library: Library, actor: Actor, item_id: str, part_ids: Sequence[str]) -> None:
    """Mark the actor's unread notices about these annotations and replies of an item as read; an empty id is that of
    the item itself.

    It writes only if there are any, and does nothing while the database cannot be written.
    """
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        unread = NoticesReading(reading.connection).unread_of_item(user_id, item_id)
    shown = frozenset(part_ids)
    if seen := [row_id for row_id, part_id in unread.items() if part_id in shown]:
        try:
            with library.store.write() as writing:
                Notices(writing.connection).mark_seen(seen)
        except Unavailable:
            return


def mail_choices(library: Library, actor: Actor) -> dict[NoticeKind, MailChoice]:
    """When the actor gets a mail about each kind. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        chosen = NoticesReading(reading.connection).choices([user_id])
    return {kind: chosen.get((user_id, kind), DEFAULT_MAIL[kind]) for kind in NoticeKind}


def choose_mails(library: Library, actor: Actor, choices: Mapping[NoticeKind, MailChoice]) -> None:
    """Store when the actor gets a mail about each kind. Raises LoginNeeded, Forbidden for a read-only token."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        Notices(writing.connection).choose(user_id, choices)


def bundles_of(rows: Sequence[NoticeRow]) -> list[list[NoticeRow]]:
    """Rows of one bundle together, in the order of the first of each."""
    bundles: dict[str, list[NoticeRow]] = {}
    for row in rows:
        bundles.setdefault(row.bundle_id, []).append(row)
    return list(bundles.values())


def _is_unread(bundle: Sequence[NoticeRow]) -> bool:
    return any(row.seen_at is None for row in bundle)


def _part_of(annotation: Annotation, part_id: str) -> RemovedContent | None:
    if annotation.id == part_id:
        return RemovedContent(annotation=annotation)
    reply = next((reply for reply in annotation.replies if reply.id == part_id), None)
    return RemovedContent(reply=reply, parent=annotation.id) if reply is not None else None


def _decisions(reading: ReadSnapshot, actor: Actor) -> Decisions:
    requests = requests_to_answer(reading, actor, most=MOST_DECISIONS)
    reports = reports_to_settle(reading, actor, most=MOST_DECISIONS)
    corrections = corrections_to_settle(reading, actor, most=MOST_DECISIONS)
    store, moderated = NoticesReading(reading.connection), moderated_groups(actor)
    total = store.count(actor, moderated) - store.count(actor, ()) if moderated else 0
    return Decisions(requests, reports, corrections, max(total, len(requests) + len(reports) + len(corrections)))
