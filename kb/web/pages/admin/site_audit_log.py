"""The audit log of the whole site, for administrators: a page, and a file of the same entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, groupby

from starlette.responses import Response

from kb.errors import translatable
from kb.model.items.moderation import AuditLogEntry
from kb.model.search_request import MAX_VALUE
from kb.services.admin.site_audit_log import LINES_PER_PAGE, SiteAuditLog, read_site_audit_log
from kb.services.core.audit_log import AuditEvent
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_layout import SITE_LOG, AdminHeader, admin_header, administrators_only
from kb.web.pages.moderation.audit_log import (
    EVENT_KINDS,
    MOST_EXPORTED_LINES,
    LocalTime,
    first_entry,
    kind_choices,
    local_time,
    log_file,
    log_retention_notice,
    site_time_zone,
    time_cells,
    time_headings,
)
from kb.web.pages.moderation.audit_log_messages import audit_log_message, user_name
from kb.web.ui.display_text import Link
from kb.web.ui.form_options import FormOption
from kb.web.ui.rendering import render
from kb.web.ui.table_files import CSV

_IN_GROUPS = frozenset().union(*(events for _, events in EVENT_KINDS.values()))
_KINDS: Mapping[str, tuple[str, frozenset[AuditEvent]]] = {
    **EVENT_KINDS,
    "site": (translatable("Accounts, groups and the site"), frozenset(AuditEvent) - _IN_GROUPS),
}
"""The kinds of events that the page can be limited to."""


@dataclass(frozen=True, slots=True)
class AuditLogLine:
    """One entry, its time, and its group, if that still exists."""

    time: LocalTime
    sentence: str
    group: Link | None


@dataclass(frozen=True, slots=True)
class AdminAuditLogPage:
    """`days` have their entries, the latest first; `older` links to earlier entries. `who` is the typed login, and
    `kinds` are the choices of the filter. `csv` downloads what the filter leaves, `zone` is the time zone of times.
    """

    head: AdminHeader
    who: str
    kinds: tuple[FormOption, ...]
    days: tuple[tuple[str, tuple[AuditLogLine, ...]], ...]
    zone: str
    csv: str
    older: str
    retention_notice: str
    is_later: bool
    is_filtered: bool


@administrators_only
def admin_audit_log_page(context: RequestContext) -> Response:
    """The audit log, without actions in users' own libraries."""
    translator, login, kind = context.translator, context.param("who").strip()[:MAX_VALUE], context.param("what")
    _, events = _KINDS.get(kind, ("", frozenset()))
    as_file = context.param("format") == CSV
    limit = MOST_EXPORTED_LINES if as_file else LINES_PER_PAGE
    before = first_entry(context)
    log = read_site_audit_log(context.library, context.actor, before, login=login, events=events, limit=limit)
    if as_file:
        return _file(context, log)
    filters = tuple((name, value) for name, value in (("who", login), ("what", kind)) if value)
    pairs = (*filters, ("before", str(log.older)))
    page = AdminAuditLogPage(
        head=admin_header(context, SITE_LOG),
        who=login,
        kinds=kind_choices(_KINDS, kind, translator),
        days=tuple(
            (translator.instant(day), tuple(lines))
            for day, lines in groupby(
                (_audit_log_line(entry, log, context) for _, entry in log.lines), lambda line: line.time.day
            )
        ),
        zone=site_time_zone(context)[1],
        csv=context.addresses.admin(SITE_LOG, pairs=(*filters, ("format", CSV))) if log.lines else "",
        older=context.addresses.admin(SITE_LOG, pairs=pairs) if log.older is not None else "",
        retention_notice=log_retention_notice(context),
        is_later=bool(context.param("before")),
        is_filtered=bool(filters),
    )
    return render(context, "admin/site_audit_log.html", page)


def _audit_log_line(entry: AuditLogEntry, log: SiteAuditLog, context: RequestContext) -> AuditLogLine:
    group = log.groups.get(entry.group_id or "")
    link = Link(group.name, context.addresses.group(group.slug)) if group else None
    return AuditLogLine(
        local_time(context, entry.at), audit_log_message(entry, log.people, log.groups, context.translator), link
    )


def _file(context: RequestContext, log: SiteAuditLog) -> Response:
    """The entries as CSV: time of the site and in UTC, user, event, sentence, group."""
    translator = context.translator
    names = "By whom", "Event", "What was done", "Group"
    entries = (
        (
            *time_cells(context, entry.at),
            user_name(entry.user_id, log.people, translator),
            entry.action,
            audit_log_message(entry, log.people, log.groups, translator),
            group.name if (group := log.groups.get(entry.group_id or "")) else "",
        )
        for _, entry in log.lines
    )
    return log_file(
        context, chain([(*time_headings(context), *map(translator.gettext, names))], entries), context.site_name
    )
