"""The audit log of the whole site, for administrators."""

from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.model.items.moderation import AuditLogEntry
from kb.services.admin.site_audit_log import SiteAuditLog, read_site_audit_log
from kb.web.http.context import RequestContext
from kb.web.pages.admin.overview import SITE_LOG, AdminHeader, admin_header, administrators_only
from kb.web.pages.moderation.audit_log import audit_log_message, first_entry, log_retention_notice
from kb.web.ui.display_text import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AuditLogLine:
    """One entry, and its group, if that still exists."""

    sentence: str
    group: Link | None


@dataclass(frozen=True, slots=True)
class AdminAuditLogPage:
    """`days` have their entries, the latest first; `older` links to earlier entries."""

    head: AdminHeader
    days: tuple[tuple[str, tuple[AuditLogLine, ...]], ...]
    older: str
    retention_notice: str


@administrators_only
def admin_audit_log_page(context: RequestContext) -> Response:
    """The audit log, without actions in users' own libraries."""
    words = context.words
    log = read_site_audit_log(context.library, context.actor, first_entry(context))
    page = AdminAuditLogPage(
        head=admin_header(context, SITE_LOG),
        days=tuple(
            (words.instant(day), tuple(_audit_log_line(entry, log, context) for _, entry in entries))
            for day, entries in groupby(log.lines, lambda line: line[1].at[:10])
        ),
        older=context.addresses.admin(SITE_LOG, pairs=(("before", str(log.older)),)) if log.older is not None else "",
        retention_notice=log_retention_notice(context),
    )
    return render(context, "admin/site_audit_log.html", page)


def _audit_log_line(entry: AuditLogEntry, log: SiteAuditLog, context: RequestContext) -> AuditLogLine:
    group = log.groups.get(entry.group_id or "")
    link = Link(group.name, context.addresses.group(group.slug)) if group else None
    return AuditLogLine(audit_log_message(entry, log.people, log.groups, context.words), link)
