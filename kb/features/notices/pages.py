"""What waits for a user (`/notices`): decisions, then notices; the count in the header; the lines of the home page; and
which mails the user wants (`/notices/settings`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from kb.access.permissions import role_of
from kb.errors import Invalid
from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.features.notices.notices import (
    PER_PAGE,
    Decisions,
    Notice,
    choose_mails,
    mail_choices,
    mark_all_seen,
    mark_item_seen,
    mark_seen,
    notice_page,
    unread_notices,
    waiting_count,
)
from kb.features.notices.records import MOST_COUNTED
from kb.model.items.annotation import Annotation
from kb.model.items.moderation import Correction
from kb.model.people.group import Group
from kb.model.truncation import truncate
from kb.services.accounts.own_account import own_account_details
from kb.services.core.pagination import page_count
from kb.services.email.outbox import can_send_email
from kb.services.groups.membership import require_signed_in
from kb.services.moderation.moderation_views import RemovedContentView
from kb.services.trash.item_parts import part_author, part_text, waiting_correction
from kb.translation import Translator
from kb.web.http.context import LinkLocation, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link, foreign_language, highlight_style, title_or_url
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render, render_fragment

NOTICES, SETTINGS, CORRECTIONS = "notices", "notices/settings", "notices/correct"
LONGEST_TEXT = 600
LONGEST_TITLE = 160
LONGEST_HOME_TEXT = 120
MOST_ON_HOME = 5
_UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class NoticeRowView:
    """A notice: `who` is empty where it is not told; `title` leads to the item or its part, and has no address if it
    may not be opened; `quote` is the passage, `text` what was written; `reply` leads to the form that answers it,
    `like` is where the button for the part `part_id` is sent, `history` leads to the changes of the item
    `changed_item`; `reason` is that of a moderator, `correct` leads to the form that corrects a hidden text, and
    `correction` is what became of a correction: `waiting` or `refused`.
    """

    key: str
    kind: str
    at: str
    is_unread: bool
    who: str
    about_item: bool
    title: Link
    language: str | None
    quote: str
    style: str
    text: str
    others: int
    reply: str
    like: str
    part_id: str
    is_liked: bool
    changed_item: str
    history: Link | None
    reason: str
    correct: str
    correction: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request to join: `action` is where its form is sent."""

    who: str
    login: str
    group: Link
    message: str
    at: str
    action: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """Reported content: `author` is empty for a deleted account; `reporters` have reported it; `title` leads to it;
    `text` is empty for an item.
    """

    author: str
    reporters: int
    reasons: tuple[str, ...]
    title: Link
    language: str | None
    text: str
    at: str
    action: str
    item_id: str
    part_id: str


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A hidden text that its author has corrected: `action` is where the form with the `key` is sent."""

    author: str
    title: Link
    text: str
    reason: str
    at: str
    action: str
    key: str


@dataclass(frozen=True, slots=True)
class NoticesPage:
    requests: tuple[RequestRow, ...]
    reports: tuple[ReportRow, ...]
    corrections: tuple[CorrectionRow, ...]
    decisions: int
    more_decisions: int
    rows: tuple[NoticeRowView, ...]
    shown: tuple[Link, ...]
    kinds: tuple[Link, ...]
    unread: int
    newest: str
    is_filtered: bool
    pager: Pager
    settings: str
    here: str


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A kind of notice, and what its user has chosen."""

    kind: str
    label: str
    choice: str


@dataclass(frozen=True, slots=True)
class NoticeSettingsPage:
    """`can_send_email`: the site sends e-mail messages; `has_email`: the user has an address that is confirmed."""

    rows: tuple[ChoiceRow, ...]
    choices: tuple[Link, ...]
    can_send_email: bool
    has_email: bool


def notices_page(context: RequestContext) -> Response:
    """The notices of the logged-in user. Raises LoginNeeded."""
    require_signed_in(context.actor)
    kind = next((one for one in NoticeKind if one.value == context.param("kind")), None)
    unread = context.param("show") == _UNREAD
    number = requested_page(context.param("page"))
    found = notice_page(context.library, context.actor, kind, unread=unread, page=number)
    requests, reports = _decision_rows(context, found.decisions)
    corrections = tuple(_correction_row(context, group, view) for group, view in found.decisions.corrections)
    own = context.addresses.own
    kinds = _kind_names(context.translator)
    _ = context.translator.gettext
    page = NoticesPage(
        requests=() if kind else requests,
        reports=() if kind else reports,
        corrections=() if kind else corrections,
        decisions=found.decisions.total,
        more_decisions=found.decisions.total - len(requests) - len(reports) - len(corrections),
        rows=tuple(_row(context, notice) for notice in found.notices),
        shown=(
            _facet(_("All"), own(NOTICES), sum(found.counts.values()), current=not unread and kind is None),
            _facet(_("Unread"), own(NOTICES, (("show", _UNREAD),)), found.unread, current=unread),
        ),
        kinds=tuple(
            _facet(kinds[one], own(NOTICES, (("kind", one.value),)), count, current=one is kind)
            for one, count in found.counts.items()
        ),
        unread=found.unread,
        newest=found.newest,
        is_filtered=unread or kind is not None,
        pager=pager_of_address(context, number, page_count(found.total, PER_PAGE)),
        settings=own(SETTINGS),
        here=_here(context),
    )
    return render(context, "notices/notices.html", page)


def handle_notices_post(context: RequestContext) -> Response:
    """Mark a notice as read, or all."""
    require_signed_in(context.actor)
    here = _here(context)
    match context.form_value("act"):
        case "seen":
            mark_seen(context.library, context.actor, context.form_value("id"))
            return redirect_with_flash(here)
        case "all-seen":
            mark_all_seen(context.library, context.actor, context.form_value("until"))
            return redirect_with_flash(here, "all-seen")
        case _:
            raise Invalid("The request is not a form of this site.")


def _here(context: RequestContext) -> str:
    """The address of the page, with its filter and its number."""
    return context.addresses.own(NOTICES, tuple(pair for pair in context.params if pair[0] in {"kind", "show", "page"}))


def notice_settings_page(context: RequestContext) -> Response:
    """What the logged-in user wants to be told of by e-mail. Raises LoginNeeded."""
    require_signed_in(context.actor)
    _ = context.translator.gettext
    names = _kind_names(context.translator)
    chosen = mail_choices(context.library, context.actor)
    page = NoticeSettingsPage(
        rows=tuple(ChoiceRow(kind.value, names[kind], chosen[kind].value) for kind in NoticeKind),
        choices=(
            Link(_("right away"), MailChoice.NOW.value),
            Link(_("each morning"), MailChoice.DAY.value),
            Link(_("never"), MailChoice.NEVER.value),
        ),
        can_send_email=can_send_email(context.library.settings),
        has_email=own_account_details(context.library, context.actor).account.email is not None,
    )
    return render(context, "notices/notice_settings.html", page)


def handle_notice_settings_post(context: RequestContext) -> Response:
    """Store the choices."""
    require_signed_in(context.actor)
    known = {choice.value: choice for choice in MailChoice}
    choices = {kind: known[value] for kind in NoticeKind if (value := context.form_value(kind.value)) in known}
    choose_mails(context.library, context.actor, {**mail_choices(context.library, context.actor), **choices})
    return redirect_with_flash(context.addresses.own(SETTINGS), "kept")


def former_mentions(context: RequestContext) -> Response:
    """The address of the page of mentions, which earlier messages name."""
    return RedirectResponse(context.addresses.own(NOTICES), 301)


def header_count(context: RequestContext, _subject: str) -> Markup:
    """The link in the header, with the number of what waits; nothing for a visitor, or if nothing waits."""
    if context.actor.user_id is None or not (count := waiting_count(context.library, context.actor)):
        return Markup()
    number = f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
    link = Markup('<a href="{}" rel="nofollow">{} <b>{}</b></a>\n')
    return link.format(context.addresses.own(NOTICES), context.translator.gettext("To see"), number)


def home_lines(context: RequestContext, _subject: str) -> Markup:
    """The newest unread notices, as lines of the home page."""
    if context.actor.user_id is None:
        return Markup()
    notices = unread_notices(context.library, context.actor, MOST_ON_HOME)
    if not notices:
        return Markup()
    page = HomeNotices(tuple(_row(context, notice, LONGEST_HOME_TEXT) for notice in notices))
    return Markup(render_fragment(context.choice.language, "notices/home_notices.html", page))  # noqa: S704 - a template


@dataclass(frozen=True, slots=True)
class HomeNotices:
    """The lines of the home page."""

    rows: tuple[NoticeRowView, ...]


def seen(context: RequestContext, item_id: str, part_ids: Sequence[str]) -> None:
    """Mark notices as read about what the user sees on a page."""
    mark_item_seen(context.library, context.actor, item_id, part_ids)


def _kind_names(translator: Translator) -> dict[NoticeKind, str]:
    _ = translator.gettext
    return {
        NoticeKind.REPLY: _("Replies to me"),
        NoticeKind.MENTION: _("Mentions"),
        NoticeKind.NOTE: _("Notes and comments on what I saved"),
        NoticeKind.TITLE: _("Titles that others changed"),
        NoticeKind.PASSAGE: _("My passages whose words have changed in their pages"),
        NoticeKind.HIDDEN: _("My texts that were hidden"),
        NoticeKind.SHOWN: _("My corrected texts that are shown again"),
        NoticeKind.REQUEST: _("Requests to join my groups"),
        NoticeKind.REPORT: _("Reports in groups that I moderate"),
    }


def _facet(label: str, href: str, count: int, *, current: bool) -> Link:
    return Link(label, href, str(count or ""), current=current)


def _row(context: RequestContext, notice: Notice, longest: int = LONGEST_TEXT) -> NoticeRowView:
    row, item, addresses = notice.row, notice.item, context.addresses
    is_hidden = row.kind is NoticeKind.HIDDEN
    may_name = row.kind not in {NoticeKind.HIDDEN, NoticeKind.SHOWN} or role_of(context.actor, notice.group) is not None
    who = (notice.by.shown_name if notice.by else context.translator.gettext("A deleted account")) if may_name else ""
    part_id = row.part_id if row.part_id and not is_hidden else None
    href = addresses.annotation(item, part_id) if item else ""
    title = title_or_url(item) if item else notice.removal.title if notice.removal else ""
    return NoticeRowView(
        key=row.bundle_id,
        kind=row.kind.value,
        at=row.at,
        is_unread=notice.is_unread,
        who=who,
        about_item=is_hidden and notice.part is not None and notice.part.item is not None,
        title=Link(truncate(title, LONGEST_TITLE), href),
        language=foreign_language(item, context.translator) if item else None,
        quote=truncate(notice.annotation.quote or "", longest) if notice.annotation else "",
        style=highlight_style(notice.annotation) if notice.annotation else "",
        text=_text(notice, longest),
        others=notice.count - 1,
        reply=addresses.of_item(item.id, "reply", (("to", part_id),)) if item and part_id and notice.may_like else "",
        like=addresses.of_item(item.id, "like") if item and part_id and notice.may_like else "",
        part_id=part_id or "",
        is_liked=notice.is_liked,
        changed_item=item.id if item and row.kind is NoticeKind.TITLE else "",
        history=_history(context, notice) if row.kind is NoticeKind.TITLE else None,
        reason=truncate(notice.removal.reason or "", LONGEST_TEXT) if notice.removal else "",
        correct=addresses.own(f"{CORRECTIONS}/{notice.removal.id}") if notice.removal and notice.may_correct else "",
        correction=_correction_state(notice.part.correction if notice.part else None),
    )


def _text(notice: Notice, longest: int) -> str:
    """What was written; the passage of an annotation is its quote."""
    part = notice.part
    if part is None or part.item is not None or notice.row.kind is NoticeKind.PASSAGE:
        return ""
    own: Annotation | None = part.annotation
    whole = own is not None and notice.row.kind is not NoticeKind.HIDDEN
    return truncate((own.body or "") if whole and own else part_text(part), longest)


def _correction_state(correction: Correction | None) -> str:
    if correction is None:
        return ""
    return "refused" if correction.is_refused else "waiting"


def _history(context: RequestContext, notice: Notice) -> Link | None:
    """The page of what was changed in the item, if a feature has one."""
    link = next(iter(context.feature_links(LinkLocation.ITEM_CHANGES)), None)
    if link is None or notice.item is None:
        return None
    return Link(context.translator.gettext(link.label), context.addresses.of_item(notice.item.id, link.path))


def _correction_row(context: RequestContext, group: Group, view: RemovedContentView) -> CorrectionRow:
    author, correction, removal = part_author(view.part), waiting_correction(view.part), view.removal
    return CorrectionRow(
        author.shown_name if author else "",
        Link(truncate(removal.title, LONGEST_TITLE), context.addresses.item(removal.item_id) if view.has_item else ""),
        truncate(correction.text, LONGEST_TEXT) if correction else "",
        truncate(removal.reason or "", LONGEST_TEXT),
        correction.at if correction else removal.at,
        context.addresses.group(group.slug, "moderation"),
        removal.id,
    )


def _decision_rows(
    context: RequestContext, decisions: Decisions
) -> tuple[tuple[RequestRow, ...], tuple[ReportRow, ...]]:
    addresses = context.addresses
    requests = tuple(
        RequestRow(
            request.user.name,
            request.user.login,
            Link(group.name, addresses.group(group.slug)),
            request.message or "",
            request.created_at,
            addresses.group(group.slug, "members"),
        )
        for group, request in decisions.requests
    )
    reports = []
    for group, content in decisions.reports:
        author, newest = part_author(content.part), content.reports[-1][0]
        text = truncate(part_text(content.part), LONGEST_TEXT) if content.part_id else ""
        reasons = tuple(report.reason for report, _ in content.reports if report.reason)
        title = Link(
            truncate(title_or_url(content.item), LONGEST_TITLE), addresses.annotation(content.item, content.part_id)
        )
        reports.append(
            ReportRow(
                author.shown_name if author else "", len(content.reports), reasons, title,
                foreign_language(content.item, context.translator), text, newest.created_at,
                addresses.group(group.slug, "moderation"), content.item.id, content.part_id or "",
            )
        )  # fmt: skip
    return requests, tuple(reports)
