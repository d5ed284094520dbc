"""The audit log of a group: a page, and a file of the same entries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.errors import translatable
from kb.model.items.moderation import AuditLogEntry
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.search_request import MAX_VALUE
from kb.services.core.audit_log import AuditEvent
from kb.services.moderation.moderation_views import LINES_PER_PAGE, group_audit_log
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.moderation.audit_log_messages import (
    CONTENT_MESSAGES,
    MEMBER_MESSAGES,
    TAG_MESSAGES,
    audit_log_message,
    user_name,
)
from kb.web.pages.moderation.moderation_layout import moderation_header
from kb.web.ui.display_text import Link
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import AUDIT_LOG, GroupHeader
from kb.web.ui.local_time import html_time, local_moment, site_time_zone
from kb.web.ui.rendering import render
from kb.web.ui.table_files import CSV, table_file
from kb.whole_numbers import parse_whole_number

_LARGEST_NUMBER = 10**15 - 1
MOST_EXPORTED_LINES = 5_000
"""Entries of a file: the latest; earlier ones by `before`, as on the page."""
EventKinds = Mapping[str, tuple[str, frozenset[AuditEvent]]]
"""The kinds of events that a log can be limited to: labels and events, by the value of the parameter `what`."""
EVENT_KINDS: EventKinds = {
    "content": (translatable("Items and texts"), frozenset(map(AuditEvent, CONTENT_MESSAGES))),
    "tags": (translatable("Tags and vocabulary"), frozenset(map(AuditEvent, TAG_MESSAGES))),
    "members": (translatable("Members"), frozenset(map(AuditEvent, MEMBER_MESSAGES))),
}


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What the address of a log asks for: entries before a number, of the user `login`, of a kind of events."""

    before: int | None
    login: str
    kind: str
    events: frozenset[AuditEvent]
    as_file: bool

    @property
    def limit(self) -> int:
        return MOST_EXPORTED_LINES if self.as_file else LINES_PER_PAGE


@dataclass(frozen=True, slots=True)
class AuditLogLine:
    """One entry, in the time zone of the site: its day (`YYYY-MM-DD`), `HH:MM`, and its time in UTC, to the second,
    because HTML takes at most three digits of a fraction and the database stores six. `group` links to its group.
    """

    day: str
    clock: str
    utc: str
    sentence: str
    group: Link | None


@dataclass(frozen=True, slots=True)
class AuditLogPart:
    """The part that the logs of groups and of the site share. `days` have their entries, the latest first; `older`
    links to earlier entries. `kinds` are the choices of the filter; `csv` downloads what it leaves, empty for nothing.
    `zone` is the time zone of days and times.
    """

    kinds: tuple[FormOption, ...]
    days: tuple[tuple[str, tuple[AuditLogLine, ...]], ...]
    zone: str
    csv: str
    older: str
    retention_notice: str
    is_later: bool
    is_filtered: bool


@dataclass(frozen=True, slots=True)
class LogEntries:
    """Entries, and the people and groups that they name, by id; None for `groups` in the log of one group. `older` is
    the number before which the next page begins.
    """

    lines: Sequence[AuditLogEntry]
    people: Mapping[str, User]
    groups: Mapping[str, Group] | None
    older: int | None


@dataclass(frozen=True, slots=True)
class GroupAuditLogPage:
    """`people` are the choices of the filter."""

    head: GroupHeader
    people: tuple[FormOption, ...]
    log: AuditLogPart


def group_audit_log_page(context: RequestContext) -> Response:
    """The audit log of the group, day by day."""
    query, slug = log_query(context, EVENT_KINDS), context.path_params["group"]
    log = group_audit_log(
        context.library,
        context.actor,
        slug,
        query.before,
        login=query.login,
        events=query.events,
        limit=query.limit,
    )
    entries = LogEntries(log.lines, log.people, None, log.older)
    if query.as_file:
        return log_file(context, entries, log.group.name)
    page = GroupAuditLogPage(
        head=moderation_header(context, log.group, AUDIT_LOG),
        people=(
            FormOption("", context.translator.gettext("Everyone"), selected=not query.login),
            *(FormOption(member.login, member.name, selected=member.login == query.login) for member in log.members),
        ),
        log=audit_log_part(
            context,
            query,
            EVENT_KINDS,
            entries,
            lambda pairs: context.addresses.group(log.group.slug, AUDIT_LOG, pairs),
        ),
    )
    return render(context, "moderation/audit_log.html", page)


def log_query(context: RequestContext, kinds: EventKinds) -> LogQuery:
    """What the address asks for. An invalid number gives the first page."""
    kind = context.param("what")
    return LogQuery(
        before=parse_whole_number(context.param("before"), None, most=_LARGEST_NUMBER),
        login=context.param("who").strip()[:MAX_VALUE],
        kind=kind,
        events=kinds.get(kind, ("", frozenset()))[1],
        as_file=context.param("format") == CSV,
    )


def audit_log_part(
    context: RequestContext,
    query: LogQuery,
    kinds: EventKinds,
    entries: LogEntries,
    address: Callable[[Pairs], str],
) -> AuditLogPart:
    """The entries day by day; `address` gives that of the log with other parameters."""
    translator = context.translator
    _ = translator.gettext
    filters = tuple((name, value) for name, value in (("who", query.login), ("what", query.kind)) if value)
    days = groupby((_line(context, entry, entries) for entry in entries.lines), lambda line: line.day)
    return AuditLogPart(
        kinds=(
            FormOption("", _("Everything"), selected=query.kind not in kinds),
            *(FormOption(name, _(label), selected=name == query.kind) for name, (label, _events) in kinds.items()),
        ),
        days=tuple((translator.instant(day), tuple(lines)) for day, lines in days),
        zone=site_time_zone(context.library.settings)[1],
        csv=address((*filters, ("format", CSV))) if entries.lines else "",
        older=address((*filters, ("before", str(entries.older)))) if entries.older is not None else "",
        retention_notice=translator.ngettext(
            "Lines are kept for %(count)s day.", "Lines are kept for %(count)s days.", context.library.settings.log_days
        ),
        is_later=query.before is not None,
        is_filtered=bool(filters),
    )


def log_file(context: RequestContext, entries: LogEntries, name: str) -> Response:
    """The entries as CSV: time of the site and in UTC, user, event, sentence; in the log of the site, their groups."""
    _ = context.translator.gettext
    return table_file(context, _rows(context, entries), f"{_('Log')} {name}")


def _rows(context: RequestContext, entries: LogEntries) -> Iterator[tuple[str, ...]]:
    translator, groups, settings = context.translator, entries.groups, context.library.settings
    _ = translator.gettext
    heads = (_("Time (%(zone)s)", zone=site_time_zone(settings)[1]), _("Time (UTC)"), _("By whom"), _("Event"))
    yield (*heads, _("What was done"), *(() if groups is None else (_("Group"),)))
    for entry in entries.lines:
        group = groups.get(entry.group_id or "") if groups is not None else None
        yield (
            f"{local_moment(settings, entry.at):%Y-%m-%d %H:%M:%S}",
            entry.at[:19].replace("T", " "),
            user_name(entry.user_id, entries.people, translator),
            entry.action,
            audit_log_message(entry, entries.people, groups, translator),
            *(() if groups is None else (group.name if group else "",)),
        )


def _line(context: RequestContext, entry: AuditLogEntry, entries: LogEntries) -> AuditLogLine:
    moment, group = local_moment(context.library.settings, entry.at), (entries.groups or {}).get(entry.group_id or "")
    return AuditLogLine(
        moment.date().isoformat(),
        f"{moment:%H:%M}",
        html_time(entry.at),
        audit_log_message(entry, entries.people, entries.groups, context.translator),
        Link(group.name, context.addresses.group(group.slug)) if group else None,
    )
