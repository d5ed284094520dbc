"""The audit log of a group."""

from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.services.moderation.moderation_views import group_audit_log
from kb.web.http.context import RequestContext
from kb.web.pages.moderation.audit_log_messages import audit_log_message
from kb.web.pages.moderation.moderation_layout import ModerationLayout, moderation_layout_of
from kb.web.ui.group_header import AUDIT_LOG
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class GroupAuditLogPage:
    """`days` are the entries of each day, the latest first; `older` links to earlier entries."""

    layout: ModerationLayout
    days: tuple[tuple[str, tuple[str, ...]], ...]
    retention_notice: str
    older: str
    is_later: bool


def group_audit_log_page(context: RequestContext) -> Response:
    """The audit log of the group, day by day."""
    words, before = context.words, _number(context)
    log = group_audit_log(context.library, context.actor, context.path_params["group"], before)
    lines = groupby(log.lines, lambda act: act.at[:10])
    days = tuple(
        (words.instant(day), tuple(audit_log_message(act, log.people, None, words) for act in acts))
        for day, acts in lines
    )
    address = context.addresses.group(log.group.slug, AUDIT_LOG)
    page = GroupAuditLogPage(
        layout=moderation_layout_of(context, log.group, AUDIT_LOG),
        days=days,
        retention_notice=words.plural(
            "Lines are kept for %(count)s day.", "Lines are kept for %(count)s days.", context.library.settings.log_days
        ),
        older=f"{address}{'&' if '?' in address else '?'}before={log.older}" if log.older else "",
        is_later=before is not None,
    )
    return render(context, "moderation/audit_log.html", page)


def _number(context: RequestContext) -> int | None:
    """The number before which the page begins; an invalid one gives the first page."""
    given = context.param("before")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
