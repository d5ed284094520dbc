"""The page of an issue for those who make it: its texts, what it will have, how it looks, and its sending."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from kb.errors import Invalid
from kb.features.newsletters.issue_mail import preview_mail
from kb.features.newsletters.issues import (
    LONGEST_INTRODUCTION,
    LONGEST_SUBJECT,
    IssueText,
    IssueView,
    cancel_issue,
    change_issue,
    group_lists,
    issue_view,
    remove_issue,
    schedule_issue,
)
from kb.features.newsletters.letter_page import (
    LetterLinks,
    issue_line,
    letter_header,
    name_in,
)
from kb.features.newsletters.logos import inline_pictures
from kb.features.newsletters.messages import send_test_mail
from kb.features.newsletters.newsletters import read_newsletter
from kb.features.newsletters.records.newsletter_records import Issue, IssueState, RecipientState
from kb.press_review.review import split_lines
from kb.services.email.outbox import can_send_email
from kb.store.database.clock import timestamp_in, timestamp_of
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import GroupHeader
from kb.web.ui.local_time import day_and_time, local_moment, site_time_zone
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

_PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""The preview is a page of its own, with the styles of a mail inside: it runs no script and loads nothing."""


@dataclass(frozen=True, slots=True)
class DraftPage:
    """An issue. `line` is its number and day, `state` says where its sending is, `counts` how far it is.

    `is_running`: its sending begins or goes on, and the page follows it. `text` is the text part of the mail, and
    `left_out` the number of entries for which it has no room; `moment` the proposed date and hour of a scheduled
    sending, in `zone`.
    """

    head: GroupHeader
    issue: Issue
    line: str
    state: str
    counts: tuple[tuple[str, int], ...]
    total: int
    view: IssueView
    introduction: tuple[str, ...]
    lists: tuple[FormOption, ...]
    edit_list: str
    preview: str
    archive: Link | None
    manage: Link
    text: str
    left_out: int
    subject: str
    moment: str
    zone: str
    can_send: bool
    own_address: str
    is_draft: bool
    is_scheduled: bool
    is_running: bool
    longest_subject: int = LONGEST_SUBJECT
    longest_introduction: int = LONGEST_INTRODUCTION


def draft_page(context: RequestContext) -> Response:
    """An issue for those who make it. Raises NotFound, LoginNeeded, Forbidden."""
    view, translator, settings = _view(context), context.translator, context.library.settings
    issue, links, _ = view.issue, LetterLinks.of(context, view.view), translator.gettext
    list_id = context.typed_value("list", issue.item_list)
    mail = preview_mail(context.library, view)
    page = DraftPage(
        head=letter_header(context, view.view, issue.subject),
        issue=issue,
        line=issue_line(issue, translator, settings),
        state=_state(context, issue),
        counts=_counts(context, view),
        total=sum(view.recipients.values()),
        view=view,
        introduction=split_lines(issue.introduction),
        lists=tuple(
            FormOption(item_list.id, f"{item_list.name} ({translator.number(count)})", selected=item_list.id == list_id)
            for item_list, count in group_lists(context.library, context.actor, view.view.group.slug)
        ),
        edit_list=context.addresses.item_list(issue.item_list, "edit"),
        preview=links.preview(issue.id),
        archive=Link(issue.subject, links.issue(issue.number)) if issue.number is not None else None,
        manage=Link(view.view.newsletter.name, links.manage),
        text=mail.text,
        left_out=mail.left_out,
        subject=mail.subject,
        moment=context.typed_value("moment", _proposed_moment(context)),
        zone=site_time_zone(settings)[1],
        can_send=can_send_email(settings),
        own_address=view.own_address,
        is_draft=issue.state is IssueState.DRAFT,
        is_scheduled=issue.state is IssueState.SCHEDULED,
        is_running=issue.state is IssueState.SENDING
        or (issue.state is IssueState.SCHEDULED and (issue.scheduled_at or "") <= timestamp_in()),
    )
    return render(context, "newsletters/draft.html", page)


def _view(context: RequestContext) -> IssueView:
    return issue_view(context.library, context.actor, name_in(context), context.path_params["issue"])


def _state(context: RequestContext, issue: Issue) -> str:
    _ = context.translator.gettext
    match issue.state:
        case IssueState.DRAFT if issue.scheduled_at:
            moment = day_and_time(context.library.settings, context.translator, issue.scheduled_at)
            return _(
                "It was not sent on %(moment)s: its readers may read nothing of its list, or who scheduled it may not "
                "send it any more. It is a draft again.",
                moment=moment,
            )
        case IssueState.DRAFT:
            return _("Draft: nobody but those who make this newsletter sees it.")
        case IssueState.SCHEDULED:
            moment = day_and_time(context.library.settings, context.translator, issue.scheduled_at or "")
            return _("It is sent on %(moment)s. Until then you can stop it.", moment=moment)
        case IssueState.SENDING:
            return _("It is being sent, and is in the archive already. This page shows how far it is.")
        case _:
            return _("It is sent, and is in the archive.")


def _counts(context: RequestContext, view: IssueView) -> tuple[tuple[str, int], ...]:
    _ = context.translator.gettext
    names = {
        RecipientState.SENT: _("Accepted by the mail server"),
        RecipientState.QUEUED: _("Waiting to be sent"),
        RecipientState.REFUSED: _("Address refused: the subscription is stopped"),
        RecipientState.FAILED: _("Perhaps not arrived, after several attempts"),
        RecipientState.LEFT_OUT: _("Left out: no address, stopped, or may not read the group any more"),
    }
    return tuple((name, view.recipients[state]) for state, name in names.items() if view.recipients.get(state))


def _proposed_moment(context: RequestContext) -> str:
    """Tomorrow at eight."""
    moment = local_moment(context.library.settings, timestamp_in(days=1))
    return f"{moment:%Y-%m-%d}T08:00"


@handle_form(draft_page)
def handle_draft_post(context: RequestContext) -> Response:
    """Save the texts of an issue, try it out, schedule or send it, stop or delete it; a second click on the buttons
    that send does nothing more.
    """
    return (once(_run_action) if context.form_value("act") in {"schedule", "send"} else _run_action)(context)


def _run_action(context: RequestContext) -> Response:
    library, actor = context.library, context.actor
    which = name_in(context), context.path_params["issue"]
    view = _view(context)
    links = LetterLinks.of(context, view.view)
    here, act = links.draft(view.issue.id), context.form_value("act")
    if act in {"save", "test", "schedule", "send"} and view.issue.state is IssueState.DRAFT:
        text = IssueText(*(context.form_value(field) for field in ("subject", "introduction", "list")))
        if text != IssueText(view.issue.subject, view.issue.introduction, view.issue.item_list):
            change_issue(library, actor, *which, text, version=parse_whole_number(context.form_value("version"), None))
    match act:
        case "save":
            return redirect_with_flash(here, "kept")
        case "test":
            send_test_mail(library, actor.user_id, _view(context))
            return redirect_with_flash(here, "test-mail-sent")
        case "schedule":
            schedule_issue(library, actor, *which, at=_instant(context))
        case "send":
            schedule_issue(library, actor, *which)
        case "cancel":
            cancel_issue(library, actor, *which)
        case "remove":
            remove_issue(library, actor, *which)
            return redirect_with_flash(links.manage, "kept")
        case _:
            raise Invalid("The request is not a form of this site.")
    return redirect_with_flash(here, "kept")


def _instant(context: RequestContext) -> str:
    """The date and the hour that were typed. Raises Invalid."""
    try:
        moment = datetime.strptime(context.form_value("moment").strip(), "%Y-%m-%dT%H:%M")
    except ValueError:
        raise Invalid("Choose a date and an hour to come, within a year.") from None
    return timestamp_of(moment.replace(tzinfo=site_time_zone(context.library.settings)[0]))


def preview_page(context: RequestContext) -> Response:
    """The HTML part of an issue as mail programs show it, as a page without rights (`sandbox`).

    Raises NotFound, LoginNeeded, Forbidden.
    """
    mail = preview_mail(context.library, _view(context))
    headers = {"Content-Security-Policy": _PREVIEW_POLICY, "Cache-Control": "private, no-store"}
    with context.library.store.read() as reading:
        newsletter = read_newsletter(reading, context.actor, name_in(context)).newsletter
        pictures = inline_pictures(context.library.settings, reading, newsletter.id)
    html = mail.html
    for picture in pictures:
        html = html.replace(f"cid:{picture.content_id}", f"data:image/png;base64,{b64encode(picture.png).decode()}")
    return Response(html, media_type="text/html", headers=headers)
