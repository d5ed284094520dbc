"""The audit log of the whole site, for administrators: a page, and a file of the same entries."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import translatable
from kb.services.admin.site_audit_log import read_site_audit_log
from kb.services.core.audit_log import AuditEvent
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_layout import SITE_LOG, AdminHeader, admin_header, administrators_only
from kb.web.pages.moderation.audit_log import (
    EVENT_KINDS,
    AuditLogPart,
    EventKinds,
    LogEntries,
    audit_log_part,
    log_file,
    log_query,
)
from kb.web.ui.rendering import render

_IN_GROUPS = frozenset().union(*(events for _, events in EVENT_KINDS.values()))
_KINDS: EventKinds = {
    **EVENT_KINDS,
    "site": (translatable("Accounts, groups and the site"), frozenset(AuditEvent) - _IN_GROUPS),
}


@dataclass(frozen=True, slots=True)
class AdminAuditLogPage:
    """`who` is the typed login."""

    head: AdminHeader
    who: str
    log: AuditLogPart


@administrators_only
def admin_audit_log_page(context: RequestContext) -> Response:
    """The audit log, without actions in users' own libraries."""
    query = log_query(context, _KINDS)
    log = read_site_audit_log(
        context.library, context.actor, query.before, login=query.login, events=query.events, limit=query.limit
    )
    entries = LogEntries([entry for _, entry in log.lines], log.people, log.groups, log.older)
    if query.as_file:
        return log_file(context, entries, context.site_name)
    page = AdminAuditLogPage(
        head=admin_header(context, SITE_LOG),
        who=query.login,
        log=audit_log_part(
            context, query, _KINDS, entries, lambda pairs: context.addresses.admin(SITE_LOG, pairs=pairs)
        ),
    )
    return render(context, "admin/site_audit_log.html", page)
