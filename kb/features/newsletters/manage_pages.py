"""The page of those who make a newsletter: its issues that are not sent, its subscribers, its settings."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid
from kb.features.newsletters.archive_pages import accent_options, text_of_form
from kb.features.newsletters.issues import (
    MOST_ENTRIES,
    draft_issue,
    found_items,
    group_lists,
    issues_in_progress,
    items_since_last_issue,
)
from kb.features.newsletters.letter_page import LetterLinks, ShownLogo, letter_header, name_in, shown_logo
from kb.features.newsletters.logos import LARGEST_UPLOAD, set_logo
from kb.features.newsletters.newsletters import (
    LETTERS,
    LetterName,
    change_newsletter,
    remove_newsletter,
)
from kb.features.newsletters.records.newsletter_records import Issue, IssueState, Newsletter
from kb.features.newsletters.subscribers import (
    MOST_ADDRESSES,
    SubscribersView,
    add_addresses,
    remove_address,
    subscribers_view,
)
from kb.model.items.item_list import ItemPart
from kb.model.search_request import SearchRequest
from kb.services.email.outbox import can_send_email
from kb.services.groups.group_views import allowed_actions
from kb.services.search.saved_searches import readable_saved_search
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import MAX_PARAMETERS, ListingScope
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import GroupHeader
from kb.web.ui.local_time import day_and_time
from kb.web.ui.rendering import render

LARGEST_FORM = 2 * LARGEST_UPLOAD
"""Bytes: more than the limits of a logo and of addresses, so that larger ones get a clear message."""
SINCE, SEARCH, LIST = "since", "search", "list"
"""From what an issue is drafted."""


@dataclass(frozen=True, slots=True)
class ManagePage:
    """`drafts` are the issues that are not sent, with their state as hint. `sources` are the ways to draft an issue, of
    which those with a list have `lists`. `may_own`: the actor may enter addresses, and delete the newsletter.
    """

    head: GroupHeader
    logo: ShownLogo | None
    newsletter: Newsletter
    drafts: tuple[Link, ...]
    sources: tuple[FormOption, ...]
    lists: tuple[FormOption, ...]
    accents: tuple[FormOption, ...]
    subscribers: SubscribersView
    archive: Link
    may_own: bool
    can_send: bool
    most_addresses: int
    most_entries: int
    largest_logo: int


def manage_page(context: RequestContext) -> Response:
    """The page of a newsletter for those who make it. Raises NotFound, LoginNeeded, Forbidden."""
    library, actor, translator = context.library, context.actor, context.translator
    name = name_in(context)
    view, issues = issues_in_progress(library, actor, name)
    links, _ = LetterLinks.of(context, view), translator.gettext
    lists = tuple(
        FormOption(item_list.id, f"{item_list.name} ({translator.number(count)})", selected=index == 0)
        for index, (item_list, count) in enumerate(group_lists(library, actor, name.group))
    )
    selected = context.typed_value("source", SINCE)
    page = ManagePage(
        letter_header(context, view, _("Issues and settings")),
        shown_logo(context, view),
        view.newsletter,
        tuple(Link(issue.subject, links.draft(issue.id), _state(context, issue)) for issue in issues),
        tuple(
            FormOption(value, label, hint, selected=value == selected)
            for value, label, hint in (
                (SINCE, _("What was saved since the last issue"), _("in the last 30 days before the first issue")),
                (SEARCH, _("What a search finds"), _("the address of its page, below")),
                *(((LIST, _("A list of the group"), _("chosen below")),) if lists else ()),
            )
        ),
        lists,
        accent_options(context.typed_value("accent", view.newsletter.accent), translator),
        subscribers_view(library, actor, name),
        Link(view.newsletter.name, links.archive),
        Action.MANAGE in allowed_actions(actor, view.group),
        can_send_email(library.settings),
        MOST_ADDRESSES,
        MOST_ENTRIES,
        LARGEST_UPLOAD // 1000,
    )
    return render(context, "newsletters/manage.html", page)


def _state(context: RequestContext, issue: Issue) -> str:
    _ = context.translator.gettext
    match issue.state:
        case IssueState.SCHEDULED:
            moment = day_and_time(context.library.settings, context.translator, issue.scheduled_at or "")
            return _("to be sent on %(moment)s", moment=moment)
        case IssueState.SENDING:
            return _("being sent")
        case _:
            return _("draft, not sent when it was due") if issue.scheduled_at else _("draft")


@handle_form(manage_page)
def handle_manage_post(context: RequestContext) -> Response:
    """Draft an issue, change the settings or the logo, add or delete an address, or delete the newsletter."""
    name, library, actor = name_in(context), context.library, context.actor
    here = context.addresses.group(name.group, f"{LETTERS}/{name.letter}/manage")
    match context.form_value("act"):
        case "draft":
            return _draft(context, name)
        case "settings":
            change_newsletter(library, actor, name, text_of_form(context))
        case "logo":
            set_logo(library, actor, name, _uploaded_logo(context))
        case "no-logo":
            set_logo(library, actor, name, b"")
        case "addresses":
            vouches = context.form_value("vouches") == "on"
            add_addresses(library, actor, name, context.form_value("addresses"), vouches=vouches)
        case "remove-address":
            remove_address(library, actor, name, context.form_value("id"))
        case "remove" if context.form_value("sure") == "on":
            group = remove_newsletter(library, actor, name)
            return redirect_with_flash(context.addresses.group(group.slug, LETTERS), "kept")
        case "remove":
            raise Invalid("Tick that you want to delete it with its archive.")
        case _:
            raise Invalid("The request is not a form of this site.")
    return redirect_with_flash(here, "kept")


def _uploaded_logo(context: RequestContext) -> bytes:
    upload = context.file("logo")
    if upload is None or not upload.size:
        raise Invalid("Choose an image first.")
    if upload.size > LARGEST_UPLOAD:
        raise Invalid("The logo of a newsletter has at most %(limit)s kB.", limit=LARGEST_UPLOAD // 1000)
    return upload.content


def _draft(context: RequestContext, name: LetterName) -> Response:
    """Draft an issue. The search, if it needs one, is run before the transaction."""
    parts: tuple[ItemPart, ...] = ()
    list_id = ""
    match context.form_value("source"):
        case "since":
            parts = items_since_last_issue(context.library, context.actor, name)
        case "search":
            issues_in_progress(context.library, context.actor, name)
            parts = found_items(context.library, context.actor, _search_of(context))
        case "list":
            list_id = context.form_value("list")
        case _:
            raise Invalid("The request is not a form of this site.")

    @once
    def draft(within: RequestContext) -> Response:
        subject = within.form_value("subject")
        issue = draft_issue(within.library, within.actor, name, subject, list_id=list_id, parts=parts)
        return redirect_with_flash(within.addresses.group(name.group, f"{LETTERS}/{name.letter}/drafts/{issue.id}"))

    return draft(context)


def _search_of(context: RequestContext) -> SearchRequest:
    """The search of the address that was typed: a page of results, a group, one of its tags, or a saved search.

    Raises Invalid, NotFound.
    """
    try:
        parts = urlsplit(context.form_value("url").strip())
        pairs = tuple(parse_qsl(parts.query, max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise Invalid("This is not the address of a search of this site.") from None
    match parts.path.strip("/").split("/"):
        case ["search"] | [""]:
            return ListingScope().request_of(pairs)
        case ["g", group]:
            return ListingScope(unquote(group)).request_of(pairs)
        case ["g", group, "tag", *tag] if tag:
            return ListingScope(unquote(group), unquote("/".join(tag))).request_of(pairs)
        case ["saved", saved]:
            view = readable_saved_search(context.library, context.actor, unquote(saved))
            return ListingScope(saved=view.search).request_of(pairs)
        case _:
            raise Invalid("This is not the address of a search of this site.")
