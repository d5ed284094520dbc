"""The log of the whole site, for an administrator."""

from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.model.items.moderation import Act
from kb.services.admin.site_audit_log import SiteLog, site_log
from kb.web.http.context import Context
from kb.web.pages.admin.overview import LOG, AdminHead, admin_head, administered
from kb.web.pages.moderation.audit_log_messages import sentence_of
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class LogLine:
    """What was done, and in which group, if that is there still."""

    sentence: str
    group: Link | None


@dataclass(frozen=True, slots=True)
class SiteLogPage:
    """`days` have their lines, the latest first; `older` leads to what was done before."""

    title: str
    head: AdminHead
    days: tuple[tuple[str, tuple[LogLine, ...]], ...]
    older: str
    keeps: str


@administered
def log_page(context: Context) -> Response:
    """Who did what, but for what people did in their own libraries."""
    words, head = context.words, admin_head(context, LOG)
    log = site_log(context.library, context.actor, _before(context))
    days = groupby((act for _, act in log.lines), lambda act: act.at[:10])
    page = SiteLogPage(
        title=f"{head.title} – {words.say('Administration')}",
        head=head,
        days=tuple((words.instant(day), tuple(_line(act, log, context) for act in acts)) for day, acts in days),
        older=context.addresses.admin(LOG, pairs=(("before", str(log.older)),)) if log.older is not None else "",
        keeps=words.plural(
            "Lines are kept for %(count)s day.", "Lines are kept for %(count)s days.", context.library.settings.log_days
        ),
    )
    return render(context, "admin/site_audit_log.html", page)


def _before(context: Context) -> int | None:
    """The number before which the page begins; whatever else is asked is passed over."""
    asked = context.param("before")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def _line(act: Act, log: SiteLog, context: Context) -> LogLine:
    group = log.groups.get(act.group_id or "")
    link = Link(group.name, context.addresses.group(group.slug)) if group else None
    return LogLine(sentence_of(act, log.people, log.groups, context.words), link)
