"""The data of the moderation pages: open reports, hidden content, the trash and the audit log."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.items.moderation import AuditLogEntry, Removal, RemovalKind, RemovedContent, Report
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.services.core.audit_log import AuditEvent
from kb.services.core.library import Library
from kb.services.groups.group_views import allowed_actions
from kb.services.groups.membership import moderated_groups
from kb.services.items.items import readable_item
from kb.services.moderation.moderation_actions import require_moderators
from kb.services.trash.content_removal import is_own_removal, required_item_part
from kb.services.trash.item_parts import has_words_of_others, item_part, part_author, waiting_correction
from kb.store import ReadSnapshot

Content = TypeVar("Content")

LINES_PER_PAGE = 50
"""Entries of the audit log on one page."""
_MOST_REMOVED = 500
"""Hidden or removed content on one page."""
_MOST_REPORTED = 200
"""Reported content on one page: the next is shown when these reports are settled."""

_MOST_CORRECTED = 20
"""Corrections on one page, which shows them whole: the next is shown when these are settled."""


@dataclass(frozen=True, slots=True)
class ReportedContent:
    """One reported item or part, with its reports and the user of each."""

    item: Item
    part_id: str | None
    part: RemovedContent
    reports: tuple[tuple[Report, User | None], ...]


@dataclass(frozen=True, slots=True)
class RemovedContentView:
    """One hidden or removed item or part, and the user who took it out. `has_item`: only a part of its item is
    out.
    """

    removal: Removal
    part: RemovedContent
    by: User | None
    has_item: bool


@dataclass(frozen=True, slots=True)
class ModerationQueue:
    """The open reports of a group, the hidden texts with a correction that waits, and the other hidden content."""

    group: Group
    reported: tuple[ReportedContent, ...]
    corrected: tuple[RemovedContentView, ...]
    hidden: tuple[RemovedContentView, ...]
    may_delete_permanently: bool


@dataclass(frozen=True, slots=True)
class GroupTrash:
    """The removed content of a group: all of it or, if not `whole`, what the actor removed."""

    group: Group
    removed: tuple[RemovedContentView, ...]
    whole: bool
    may_delete_permanently: bool


@dataclass(frozen=True, slots=True)
class GroupAuditLog:
    """A page of a group's audit log, the latest first; `older` is the start of the next page; `members` those now."""

    group: Group
    lines: tuple[AuditLogEntry, ...]
    people: dict[str, User]
    older: int | None
    members: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class AllowedModerationActions:
    """The moderation actions that the actor may do on one item or part."""

    report: bool = False
    hide: bool = False
    remove: bool = False

    def __bool__(self) -> bool:
        return self.report or self.hide or self.remove


def moderation_queue(library: Library, actor: Actor, slug: str) -> ModerationQueue:
    """The reports and hidden content, for a moderator. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MODERATE, reading.groups.by_slug(slug))
        require_moderators(group)
        hidden = reading.moderation.removals_of_group(group.id, RemovalKind.HIDDEN, _MOST_REMOVED)
        reported, may_delete = _reported_content(reading, group), is_allowed(actor, Action.MANAGE, group)
        corrected = _corrected_content(reading, group)
        ids = {view.removal.id for view in corrected}
        others = _removed_content(reading, (removal for removal in hidden if removal.id not in ids))
        return ModerationQueue(group, reported, corrected, others, may_delete)


def pending_report_count(library: Library, actor: Actor, group: Group) -> int:
    """The number of open reports for the actor; none unless the actor moderates the group."""
    if group.is_personal or not is_allowed(actor, Action.MODERATE, group):
        return 0
    with library.store.read() as reading:
        return len({(report.item_id, report.annotation_id) for report in reading.moderation.reports_of(group.id)})


def reports_to_settle(reading: ReadSnapshot, actor: Actor, *, most: int) -> tuple[tuple[Group, ReportedContent], ...]:
    """The first reported contents, by group, of the groups that the actor moderates as a member."""
    return _first_of_groups(reading, actor, _reported_content, most)


def corrections_to_settle(
    reading: ReadSnapshot, actor: Actor, *, most: int
) -> tuple[tuple[Group, RemovedContentView], ...]:
    """The first hidden texts with a correction that waits, by group, of the groups that the actor moderates."""
    return _first_of_groups(reading, actor, _corrected_content, most)


def _first_of_groups(
    reading: ReadSnapshot, actor: Actor, contents: Callable[[ReadSnapshot, Group, int], tuple[Content, ...]], most: int
) -> tuple[tuple[Group, Content], ...]:
    rows: list[tuple[Group, Content]] = []
    for group in sorted(reading.groups.by_ids(moderated_groups(actor)).values(), key=lambda group: group.slug):
        if len(rows) < most and not group.is_personal and is_allowed(actor, Action.MODERATE, group):
            rows += ((group, content) for content in contents(reading, group, most))
    return tuple(rows[:most])


def group_trash(library: Library, actor: Actor, slug: str) -> GroupTrash:
    """What the actor can restore: all, or their own removals. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        whole = is_allowed(actor, Action.MODERATE, group)
        removed = reading.moderation.removals_of_group(group.id, RemovalKind.REMOVED, _MOST_REMOVED)
        seen = removed if whole else [removal for removal in removed if is_own_removal(actor, removal)]
        return GroupTrash(group, _removed_content(reading, seen), whole, is_allowed(actor, Action.MANAGE, group))


def removed_content(library: Library, actor: Actor, slug: str, removal_id: str) -> tuple[Group, RemovedContentView]:
    """One removed item or part, before an owner deletes it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        removal = reading.moderation.removal(removal_id)
        if removal is None or removal.group_id != group.id:
            raise NotFound("This was restored, or deleted permanently.")
        return group, _removed_content(reading, [removal])[0]


def group_audit_log(
    library: Library,
    actor: Actor,
    slug: str,
    before: int | None = None,
    *,
    login: str = "",
    events: Collection[AuditEvent] = (),
    limit: int = LINES_PER_PAGE,
) -> GroupAuditLog:
    """The audit log of a group, or what the user `login` did, or these events; at most `limit` entries.

    Raises NotFound, LoginNeeded, Forbidden unless the actor moderates it. A login of nobody gives no entries.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.MODERATE, reading.groups.by_slug(slug))
        members = tuple(user for user, _ in reading.groups.members(group.id))
        user = reading.users.by_logins([login]).get(login) if is_storable(login) else None
        if login and user is None:
            return GroupAuditLog(group, (), {}, None, members)
        entries = reading.moderation.log_entries(
            group.id, user_id=user.id if user else None, events=events, before=before, limit=limit + 1
        )
        lines = entries[:limit]
        people = reading.users.by_ids(id_ for _, entry in lines for id_ in (entry.user_id, entry.subject) if id_)
        older = lines[-1][0] if len(entries) > limit else None
        return GroupAuditLog(group, tuple(entry for _, entry in lines), people, older, members)


def allowed_moderation_actions(actor: Actor, group: Group) -> Callable[[RemovedContent], AllowedModerationActions]:
    """A function that gives the actor's moderation actions on each item or part of a group."""
    if actor.user_id is None or actor.read_only:
        return lambda _: AllowedModerationActions()
    allowed, user_id = allowed_actions(actor, group), actor.user_id
    moderates = Action.MODERATE in allowed
    reports = Action.REPORT in allowed and not group.is_personal and not moderates

    def about(part: RemovedContent) -> AllowedModerationActions:
        author = part_author(part)
        is_own = author is not None and author.id == user_id
        removes = moderates or (is_own and Action.CONTRIBUTE in allowed and not has_words_of_others(part, user_id))
        return AllowedModerationActions(reports and not is_own, moderates and not group.is_personal, removes)

    return about


def content_to_moderate(
    library: Library, actor: Actor, item_id: str, part_id: str | None
) -> tuple[Item, Group, RemovedContent, AllowedModerationActions]:
    """One item or part, for an actor who may report, hide or remove it. Raises NotFound, LoginNeeded."""
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
    require_signed_in_user(actor, reading=True)
    part = required_item_part(item, part_id)
    return item, group, part, allowed_moderation_actions(actor, group)(part)


def _reported_content(reading: ReadSnapshot, group: Group, most: int = _MOST_REPORTED) -> tuple[ReportedContent, ...]:
    reports_by_part: dict[tuple[str, str | None], list[Report]] = {}
    for report in reading.moderation.reports_of(group.id):
        reports_by_part.setdefault((report.item_id, report.annotation_id), []).append(report)
    first = list(reports_by_part.items())[:most]
    items = reading.items.any_of(dict.fromkeys(item_id for (item_id, _), _ in first))
    reporters = {report.user_id for _, item_reports in first for report in item_reports if report.user_id}
    people = reading.users.by_ids(reporters)
    reported = []
    for (item_id, part_id), reports in first:
        item = items.get(item_id)
        part = item_part(item, part_id) if item else None
        # An import may have deleted it since: the purge of expired data deletes the report.
        if item is not None and part is not None and item.group_id == group.id:
            named = tuple((report, people.get(report.user_id or "")) for report in reports)
            reported.append(ReportedContent(item, part_id, part, named))
    return tuple(reported)


def _corrected_content(
    reading: ReadSnapshot, group: Group, most: int = _MOST_CORRECTED
) -> tuple[RemovedContentView, ...]:
    """The hidden texts of a group with a correction that waits, in the order of their corrections."""
    parts = dict.fromkeys(report.annotation_id for report in reading.moderation.reports_of(group.id))
    hidden = reading.moderation.hidden_parts(group.id, [part_id for part_id in parts if part_id])
    views = _removed_content(reading, hidden)
    waiting = [(correction.at, view) for view in views if (correction := waiting_correction(view.part)) is not None]
    return tuple(view for _, view in sorted(waiting, key=lambda pair: pair[0])[:most])


def _removed_content(reading: ReadSnapshot, removals: Iterable[Removal]) -> tuple[RemovedContentView, ...]:
    listed = tuple(removals)
    people = reading.users.by_ids({removal.user_id for removal in listed if removal.user_id})
    removed_ids = reading.moderation.removed_ids(removal.item_id for removal in listed)
    return tuple(
        RemovedContentView(removal, content, people.get(removal.user_id or ""), removal.item_id not in removed_ids)
        for removal, content in zip(listed, reading.moderation.removed_contents(listed), strict=True)
    )
