"""The audit log of the whole site, for administrators."""

from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.model.items.moderation import AuditLogEntry
from kb.services.admin.site_audit_log import SiteAuditLog, read_site_audit_log
from kb.web.http.context import RequestContext
from kb.web.pages.admin.overview import SITE_LOG, AdminHeader, admin_header, administrators_only
from kb.web.pages.moderation.audit_log_messages import audit_log_message
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

    title: str
    head: AdminHeader
    days: tuple[tuple[str, tuple[AuditLogLine, ...]], ...]
    older: str
    retention_notice: str


@administrators_only
def admin_audit_log_page(context: RequestContext) -> Response:
    """The audit log, without actions in users' own libraries."""
    words, head = context.words, admin_header(context, SITE_LOG)
    log = read_site_audit_log(context.library, context.actor, _before(context))
    days = groupby((act for _, act in log.lines), lambda act: act.at[:10])
    page = AdminAuditLogPage(
        title=f"{head.title} – {words.say('Administration')}",
        head=head,
        days=tuple(
            (words.instant(day), tuple(_audit_log_line(act, log, context) for act in acts)) for day, acts in days
        ),
        older=context.addresses.admin(SITE_LOG, pairs=(("before", str(log.older)),)) if log.older is not None else "",
        retention_notice=words.plural(
            "Lines are kept for %(count)s day.", "Lines are kept for %(count)s days.", context.library.settings.log_days
        ),
    )
    return render(context, "admin/site_audit_log.html", page)


def _before(context: RequestContext) -> int | None:
    """The number before which the page begins; an invalid one is ignored."""
    asked = context.param("before")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def _audit_log_line(act: AuditLogEntry, log: SiteAuditLog, context: RequestContext) -> AuditLogLine:
    group = log.groups.get(act.group_id or "")
    link = Link(group.name, context.addresses.group(group.slug)) if group else None
    return AuditLogLine(audit_log_message(act, log.people, log.groups, context.words), link)
