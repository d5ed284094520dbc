"""The audit log of the whole site, for administrators."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.errors import translatable
from kb.model.items.moderation import AuditLogEntry
from kb.model.search_request import MAX_VALUE
from kb.services.admin.site_audit_log import SiteAuditLog, read_site_audit_log
from kb.services.core.audit_log import AuditEvent
from kb.web.http.context import RequestContext
from kb.web.pages.admin.overview import SITE_LOG, AdminHeader, admin_header, administrators_only
from kb.web.pages.moderation.audit_log import (
    EVENT_KINDS,
    first_entry,
    kind_choices,
    log_retention_notice,
)
from kb.web.pages.moderation.audit_log_messages import audit_log_message
from kb.web.ui.display_text import Link
from kb.web.ui.form_options import FormOption
from kb.web.ui.rendering import render

_IN_GROUPS = frozenset().union(*(events for _, events in EVENT_KINDS.values()))
_KINDS: Mapping[str, tuple[str, frozenset[AuditEvent]]] = {
    **EVENT_KINDS,
    "site": (translatable("Accounts, groups and the site"), frozenset(AuditEvent) - _IN_GROUPS),
}
"""The kinds of events that the page can be limited to."""


@dataclass(frozen=True, slots=True)
class AuditLogLine:
    """One entry, its time, and its group, if that still exists."""

    time: str
    sentence: str
    group: Link | None


@dataclass(frozen=True, slots=True)
class AdminAuditLogPage:
    """`days` have their entries, the latest first; `older` links to earlier entries. `who` is the typed login, and
    `kinds` are the choices of the filter.
    """

    head: AdminHeader
    who: str
    kinds: tuple[FormOption, ...]
    days: tuple[tuple[str, tuple[AuditLogLine, ...]], ...]
    older: str
    retention_notice: str
    is_later: bool
    is_filtered: bool


@administrators_only
def admin_audit_log_page(context: RequestContext) -> Response:
    """The audit log, without actions in users' own libraries."""
    words, login, kind = context.words, context.param("who").strip()[:MAX_VALUE], context.param("what")
    _, events = _KINDS.get(kind, ("", frozenset()))
    log = read_site_audit_log(context.library, context.actor, first_entry(context), login=login, events=events)
    filters = tuple((name, value) for name, value in (("who", login), ("what", kind)) if value)
    pairs = (*filters, ("before", str(log.older)))
    page = AdminAuditLogPage(
        head=admin_header(context, SITE_LOG),
        who=login,
        kinds=kind_choices(_KINDS, kind, words),
        days=tuple(
            (words.instant(day), tuple(_audit_log_line(entry, log, context) for _, entry in entries))
            for day, entries in groupby(log.lines, lambda line: line[1].at[:10])
        ),
        older=context.addresses.admin(SITE_LOG, pairs=pairs) if log.older is not None else "",
        retention_notice=log_retention_notice(context),
        is_later=bool(context.param("before")),
        is_filtered=bool(filters),
    )
    return render(context, "admin/site_audit_log.html", page)


def _audit_log_line(entry: AuditLogEntry, log: SiteAuditLog, context: RequestContext) -> AuditLogLine:
    group = log.groups.get(entry.group_id or "")
    link = Link(group.name, context.addresses.group(group.slug)) if group else None
    return AuditLogLine(entry.at[11:16], audit_log_message(entry, log.people, log.groups, context.words), link)
