"""The audit log of a group: a page, and a file of the same entries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import chain, groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.responses import Response

from kb.errors import translatable
from kb.model.dates import instant_of
from kb.model.search_request import MAX_VALUE
from kb.services.core.audit_log import AuditEvent
from kb.services.moderation.moderation_views import LINES_PER_PAGE, GroupAuditLog, group_audit_log
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.pages.moderation.audit_log_messages import audit_log_message, user_name
from kb.web.pages.moderation.moderation_layout import moderation_header
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import AUDIT_LOG, GroupHeader
from kb.web.ui.rendering import render
from kb.web.ui.table_files import CSV, table_file

MOST_EXPORTED_LINES = 5_000
"""Entries of a file: the latest; earlier ones by `before`, as on the page."""
EVENT_KINDS: Mapping[str, tuple[str, frozenset[AuditEvent]]] = {
    "content": (
        translatable("Items and texts"),
        frozenset(
            {
                AuditEvent.REPORTED,
                AuditEvent.DISMISSED,
                AuditEvent.HIDDEN,
                AuditEvent.REMOVED,
                AuditEvent.RESTORED,
                AuditEvent.DELETED_PERMANENTLY,
                AuditEvent.EDITED,
                AuditEvent.UNDONE,
                AuditEvent.MOVED,
                AuditEvent.MERGED,
                AuditEvent.COPY_REPLACED,
                AuditEvent.COPY_DELETED,
                AuditEvent.IMPORTED,
                AuditEvent.IMPORT_UNDONE,
            }
        ),
    ),
    "tags": (
        translatable("Tags and vocabulary"),
        frozenset(
            {
                AuditEvent.TAG_RENAMED,
                AuditEvent.TAG_DELETED,
                AuditEvent.ITEMS_TAGGED,
                AuditEvent.VOCABULARY_CHANGED,
                AuditEvent.VOCABULARY_IMPORTED,
            }
        ),
    ),
    "members": (
        translatable("Members"),
        frozenset(
            {
                AuditEvent.INVITED,
                AuditEvent.INVITATION_REVOKED,
                AuditEvent.JOINED,
                AuditEvent.ADMINISTRATOR_JOINED,
                AuditEvent.ASKED,
                AuditEvent.APPROVED,
                AuditEvent.DECLINED,
                AuditEvent.LEFT,
                AuditEvent.ROLE_SET,
                AuditEvent.REMOVED_MEMBER,
                AuditEvent.HANDED_OVER,
                AuditEvent.CLAIMED,
                AuditEvent.ATTRIBUTED,
            }
        ),
    ),
}
"""The kinds of events that the page can be limited to."""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A time of a log in the time zone of the site: its day (`YYYY-MM-DD`), `HH:MM`, and in UTC, to the second.

    HTML takes at most three digits of a fraction of a second, and the database stores six.
    """

    day: str
    clock: str
    utc: str


@dataclass(frozen=True, slots=True)
class GroupAuditLogPage:
    """`days` are the entries of each day, the latest first, each with its times; `older` links to earlier entries.

    `people` and `kinds` are the choices of the filter; `csv` downloads what it leaves, empty for nothing. `zone` is the
    time zone of days and times.
    """

    head: GroupHeader
    people: tuple[FormOption, ...]
    kinds: tuple[FormOption, ...]
    days: tuple[tuple[str, tuple[tuple[LocalTime, str], ...]], ...]
    zone: str
    retention_notice: str
    older: str
    is_later: bool
    is_filtered: bool
    csv: str


def group_audit_log_page(context: RequestContext) -> Response:
    """The audit log of the group, day by day."""
    translator, before = context.translator, first_entry(context)
    login, kind = context.param("who").strip()[:MAX_VALUE], context.param("what")
    _, events = EVENT_KINDS.get(kind, ("", frozenset()))
    slug, as_file = context.path_params["group"], context.param("format") == CSV
    limit = MOST_EXPORTED_LINES if as_file else LINES_PER_PAGE
    log = group_audit_log(context.library, context.actor, slug, before, login=login, events=events, limit=limit)
    if as_file:
        return _file(context, log)
    filters = tuple((name, value) for name, value in (("who", login), ("what", kind)) if value)
    page = GroupAuditLogPage(
        head=moderation_header(context, log.group, AUDIT_LOG),
        people=(
            FormOption("", translator.gettext("Everyone"), chosen=not login),
            *(FormOption(member.login, member.name, chosen=member.login == login) for member in log.members),
        ),
        kinds=kind_choices(EVENT_KINDS, kind, translator),
        days=tuple(
            (
                translator.instant(day),
                tuple((time, audit_log_message(entry, log.people, None, translator)) for time, entry in entries),
            )
            for day, entries in groupby(
                ((local_time(context, entry.at), entry) for entry in log.lines), lambda pair: pair[0].day
            )
        ),
        zone=site_time_zone(context)[1],
        retention_notice=log_retention_notice(context),
        older=context.addresses.group(log.group.slug, AUDIT_LOG, (*filters, ("before", str(log.older))))
        if log.older
        else "",
        is_later=before is not None,
        is_filtered=bool(filters),
        csv=context.addresses.group(log.group.slug, AUDIT_LOG, (*filters, ("format", CSV))) if log.lines else "",
    )
    return render(context, "moderation/audit_log.html", page)


def _file(context: RequestContext, log: GroupAuditLog) -> Response:
    """The entries as CSV: time of the site and in UTC, user, event, sentence."""
    translator = context.translator
    _ = translator.gettext
    head = (*time_headings(context), _("By whom"), _("Event"), _("What was done"))
    entries = (
        (
            *time_cells(context, entry.at),
            user_name(entry.user_id, log.people, translator),
            entry.action,
            audit_log_message(entry, log.people, None, translator),
        )
        for entry in log.lines
    )
    return log_file(context, chain([head], entries), log.group.name)


def log_file(context: RequestContext, lines: Iterable[tuple[str, ...]], name: str) -> Response:
    """A log as a file, the headings first."""
    return table_file(context, lines, f"{context.translator.gettext('Log')} {name}")


def site_time_zone(context: RequestContext) -> tuple[tzinfo, str]:
    """The time zone of the site and its name; UTC on a machine without the database of time zones."""
    name = context.library.settings.time_zone
    try:
        return ZoneInfo(name), name
    except ZoneInfoNotFoundError:
        return UTC, "UTC"


def _local_moment(context: RequestContext, created_at: str) -> datetime:
    return instant_of(created_at).astimezone(site_time_zone(context)[0])


def local_time(context: RequestContext, created_at: str) -> LocalTime:
    """The time of an entry in the time zone of the site."""
    moment = _local_moment(context, created_at)
    return LocalTime(moment.date().isoformat(), f"{moment:%H:%M}", f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def time_headings(context: RequestContext) -> tuple[str, str]:
    """The headings of `time_cells`."""
    translator = context.translator
    return translator.gettext("Time (%(zone)s)", zone=site_time_zone(context)[1]), translator.gettext("Time (UTC)")


def time_cells(context: RequestContext, created_at: str) -> tuple[str, str]:
    """The time of an entry in a file, in the time zone of the site and in UTC."""
    moment = _local_moment(context, created_at)
    return f"{moment:%Y-%m-%d %H:%M:%S}", created_at[:19].replace("T", " ")


def kind_choices(
    kinds: Mapping[str, tuple[str, frozenset[AuditEvent]]], chosen: str, translator: Translator
) -> tuple[FormOption, ...]:
    """All events, and the kinds of events."""
    named = (FormOption(name, translator.gettext(label), chosen=name == chosen) for name, (label, _) in kinds.items())
    return (FormOption("", translator.gettext("Everything"), chosen=chosen not in kinds), *named)


def first_entry(context: RequestContext) -> int | None:
    """The number before which a page of a log begins; an invalid one gives the first page."""
    number = context.param("before")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None


def log_retention_notice(context: RequestContext) -> str:
    """How long the entries of a log are kept."""
    return context.translator.ngettext(
        "Lines are kept for %(count)s day.", "Lines are kept for %(count)s days.", context.library.settings.log_days
    )
