"""The newsletters of a group, the archive of one, its feed, and the issues in it."""

from dataclasses import dataclass
from html import escape

from starlette.responses import RedirectResponse, Response

from kb.access.actor import ANONYMOUS, Action
from kb.errors import Invalid, NotFound
from kb.features.newsletters.issue_content import Sections, is_public
from kb.features.newsletters.issues import PublishedIssue, archive, archive_of_feed, published_issue, withdraw_issue
from kb.features.newsletters.letter_page import (
    LetterLinks,
    ShownLogo,
    issue_line,
    letter_header,
    name_in,
    shown_logo,
)
from kb.features.newsletters.logos import logo_png
from kb.features.newsletters.newsletters import (
    ACCENTS,
    ISSUE_GONE,
    LETTERS,
    NewsletterText,
    archive_path,
    create_newsletter,
    newsletters_of_group,
    read_newsletter,
)
from kb.features.newsletters.records.newsletter_records import Issue, SubscriberState
from kb.features.newsletters.subscribers import (
    CONSENT,
    AddressRequest,
    ask_for_newsletter,
    subscribe,
    subscription_state,
    unsubscribe,
)
from kb.feeds.atom import MEDIA_TYPE, write_atom
from kb.feeds.feed import BEGINNING, Feed, FeedEntry
from kb.model.dates import stored_instant
from kb.press_review.review import split_lines
from kb.services.accounts.feed_keys import FollowedFeed, create_feed_key
from kb.services.core.pagination import page_count
from kb.services.email.outbox import can_send_email
from kb.services.groups.group_views import allowed_actions
from kb.translation import Translator
from kb.web.feeds.feed_pages import feed_notice
from kb.web.http.conditional_requests import weak_etag
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.request_actor import with_feed_key_owner
from kb.web.http.urls.feed_urls import KEY_PARAMETER, feed_address, with_feed_key
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import GroupHeader, header_of_group
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

_PER_PAGE = 50
_IN_FEED = 20


@dataclass(frozen=True, slots=True)
class LettersPage:
    """The newsletters, each with what it is about and its latest issue, and the form for a new one, for those who may
    make one.
    """

    head: GroupHeader
    rows: tuple[tuple[Link, str, Link | None], ...]
    may_publish: bool
    accents: tuple[FormOption, ...]
    letter: NewsletterText


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """The archive of a newsletter. `subscription`: whether the actor receives it; None for one who cannot say so.

    `is_refused`: a mail server refused the address of the actor. `issues` are the links to the issues, with their day
    as hint; `manage` leads to those who make it. `consent` is the sentence for readers without an account; empty if
    they cannot receive it. `feed` is for everyone; with `has_private_feed`, the actor may
    make a key for it.
    """

    head: GroupHeader
    logo: ShownLogo | None
    description: tuple[str, ...]
    issues: tuple[Link, ...]
    pager: Pager
    subscription: bool | None
    is_refused: bool
    can_send: bool
    sign_in: str
    feed: str
    has_private_feed: bool
    manage: str
    consent: str


@dataclass(frozen=True, slots=True)
class IssuePage:
    """An issue of the archive, as far as the actor may read it."""

    head: GroupHeader
    logo: ShownLogo | None
    name: str
    line: str
    subject: str
    introduction: tuple[str, ...]
    sections: Sections
    has_left_out: bool
    may_withdraw: bool
    previous: Link | None
    following: Link | None


def accent_options(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    """The accent colours to choose from."""
    return tuple(
        FormOption(value, translator.gettext(name), selected=value == selected) for value, (name, _) in ACCENTS.items()
    )


def letters_page(context: RequestContext) -> Response:
    """The newsletters of a group. Raises NotFound."""
    group, found, may_publish = newsletters_of_group(context.library, context.actor, context.path_params["group"])
    rows = []
    for newsletter, latest in found:
        links = LetterLinks(context, group, newsletter.slug)
        line = latest and issue_line(latest, context.translator, context.library.settings)
        latest_link = Link(latest.subject, links.issue(latest.number), line or "") if latest else None
        rows.append((Link(newsletter.name, links.archive), newsletter.description, latest_link))
    page = LettersPage(
        header_of_group(context, group, LETTERS),
        tuple(rows),
        may_publish,
        accent_options(context.typed_value("accent", "green"), context.translator),
        NewsletterText(""),
    )
    return render(context, "newsletters/letters.html", page)


@handle_form(letters_page)
@once
def handle_letters_post(context: RequestContext) -> Response:
    """Create a newsletter, and lead to the page of those who make it."""
    slug = context.path_params["group"]
    newsletter = create_newsletter(context.library, context.actor, slug, text_of_form(context))
    address = context.addresses.group(slug, f"{LETTERS}/{newsletter.slug}/manage")
    return redirect_with_flash(address, "kept")


def text_of_form(context: RequestContext) -> NewsletterText:
    """What the form says of a newsletter."""
    names = ("name", "slug", "description", "accent", "sender", "postal")
    return NewsletterText(**{name: context.form_value(name) for name in names})


def archive_without_slash(context: RequestContext) -> Response:
    """The redirect to the archive, for an address without its last slash. Raises NotFound."""
    view, _, _ = archive(context.library, context.actor, name_in(context), 1)
    return RedirectResponse(LetterLinks.of(context, view).archive, 308, headers={"Cache-Control": "no-store"})


def archive_page(context: RequestContext) -> Response:
    """The archive of a newsletter. Raises NotFound."""
    number = requested_page(context.param("page"))
    offset = (number - 1) * _PER_PAGE
    view, issues, count = archive(context.library, context.actor, name_in(context), _PER_PAGE, offset=offset)
    links, settings = LetterLinks.of(context, view), context.library.settings
    is_user = context.actor.user_id is not None
    state = subscription_state(context.library, context.actor, view.newsletter)
    page = ArchivePage(
        letter_header(context, view),
        shown_logo(context, view),
        split_lines(view.newsletter.description),
        tuple(
            Link(issue.subject, links.issue(issue.number), issue_line(issue, context.translator, settings))
            for issue in issues
        ),
        pager_of_address(context, number, page_count(count, _PER_PAGE)),
        state is SubscriberState.ACTIVE if is_user else None,
        state is SubscriberState.REFUSED,
        can_send_email(settings),
        context.addresses.login(links.archive),
        links.feed if view.group.feeds and is_public(view.group) else "",
        view.group.feeds and is_user and not is_public(view.group),
        links.manage if view.may_publish else "",
        context.translator.gettext(CONSENT)
        if is_public(view.group) and not is_user and can_send_email(settings)
        else "",
    )
    return render(context, "newsletters/archive.html", page)


@handle_form(archive_page)
def handle_archive_post(context: RequestContext) -> Response:
    """Subscribe the actor, or stop the subscription; ask the owner of an address; make a feed key."""
    name = name_in(context)
    here = context.addresses.group(name.group, f"{LETTERS}/{name.letter}/")
    if context.form_value("act") == "feed":
        return _private_feed(context)
    if context.form_value("act") == "ask":
        if context.form_value("agrees") != "on":
            raise Invalid("Tick that you agree.")
        consent = context.translator.gettext(CONSENT)
        request = AddressRequest(context.form_value("email"), consent, context.client)
        ask_for_newsletter(context.library, context.actor, name, request)
        return redirect_with_flash(here, "email-sent")
    act = unsubscribe if context.form_value("act") == "stop" else subscribe
    act(context.library, context.actor, name)
    return redirect_with_flash(here, "kept")


@once
def _private_feed(context: RequestContext) -> Response:
    """The address of the feed with a key of the actor, which is shown once."""
    with context.library.store.read() as reading:
        view = read_newsletter(reading, context.actor, name_in(context))
    links, _ = LetterLinks.of(context, view), context.translator.gettext
    path = feed_address(f"{archive_path(view.group, view.newsletter.slug)[:-1]}.atom", ())
    secret = create_feed_key(context.library, context.actor, FollowedFeed(path, view.group.slug))
    lead = _(
        "Give this address to your feed reader now: it is not shown again. Anyone who has it reads this feed as you "
        "do: keep it to yourself."
    )
    trail = (Link(view.newsletter.name, links.archive),)
    return new_secret_page(context, _("Your private feed"), trail, lead, address=with_feed_key(path, secret))


def issue_page(context: RequestContext) -> Response:
    """An issue of the archive. Raises NotFound."""
    found = _issue_of_address(context)
    view, issue = found.view, found.issue
    links, _ = LetterLinks.of(context, view), context.translator.gettext
    page = IssuePage(
        letter_header(context, view, issue.subject),
        shown_logo(context, view),
        view.newsletter.name,
        issue_line(issue, context.translator, context.library.settings),
        issue.subject,
        split_lines(issue.introduction),
        found.sections,
        found.has_left_out,
        Action.MODERATE in allowed_actions(context.actor, view.group),
        *(
            Link(_("Issue %(number)s", number=str(other)), links.issue(other)) if other is not None else None
            for other in (found.previous, found.following)
        ),
    )
    return render(context, "newsletters/issue.html", page)


@handle_form(issue_page)
def handle_issue_post(context: RequestContext) -> Response:
    """Withdraw an issue from the archive."""
    found = _issue_of_address(context)
    withdraw_issue(context.library, context.actor, name_in(context), found.issue.number or 0)
    return redirect_with_flash(LetterLinks.of(context, found.view).archive, "kept")


def _issue_of_address(context: RequestContext) -> PublishedIssue:
    number = parse_whole_number(context.path_params["number"], None)
    if number is None:
        raise NotFound(ISSUE_GONE)
    return published_issue(context.library, context.actor, name_in(context), number)


def get_logo(context: RequestContext) -> Response:
    """The logo of a newsletter, to its readers. Raises NotFound, also without one."""
    png = logo_png(context.library, context.actor, name_in(context))
    if not png:
        raise NotFound("There is nothing at this address.")
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


def archive_feed(context: RequestContext) -> Response:
    """The feed of a newsletter (Atom), in the language of the site, also with a feed key.

    Raises NotFound, also for a group without feeds.
    """
    context = with_feed_key_owner(context)
    view, issues, authority = archive_of_feed(context.library, context.actor, name_in(context), _IN_FEED)
    settings = context.library.settings
    translator = Translator(settings.language)
    base, path = settings.base_url, archive_path(view.group, view.newsletter.slug)
    own, key = feed_address(f"{path[:-1]}.atom", ()), context.param(KEY_PARAMETER)
    feed = Feed(
        id=f"tag:{authority},2026:newsletter/{view.newsletter.id}",
        title=f"{view.newsletter.name} – {view.group.name}",
        page_url=base + path,
        self_url=base + (with_feed_key(own, key) if key else own),
        author=view.newsletter.sender or view.group.name,
        language=settings.language,
        entries=tuple(_feed_entry(issue, f"{base}{path}{issue.number}", authority, translator) for issue in issues),
        subtitle=view.newsletter.description,
        since=stored_instant(view.newsletter.created_at) or BEGINNING,
        notice=feed_notice(translator),
    )
    body = write_atom(feed)
    tag = weak_etag(body)
    headers = {"Cache-Control": "public, no-cache", "Vary": "Accept-Encoding, Cookie", "ETag": tag}
    if context.actor != ANONYMOUS:
        # The address may contain a key: send it to no other site.
        headers |= {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
    if context.conditions.holds(tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _feed_entry(issue: Issue, address: str, authority: str, translator: Translator) -> FeedEntry:
    """An issue, whose introduction is told; what its readers may read of it is on its page."""
    sent = stored_instant(issue.sent_at or issue.created_at) or BEGINNING
    introduction = split_lines(issue.introduction)
    html = "".join(f"<p>{escape(line)}</p>" for line in introduction)
    link = f'<p><a href="{escape(address)}">{escape(translator.gettext("Read this issue"))}</a></p>'
    text = "\n".join(introduction)
    return FeedEntry(
        id=f"tag:{authority},2026:newsletter-issue/{issue.id}",
        title=issue.subject,
        url=address,
        updated=sent,
        html=html + link,
        text=text,
        summary=text[:300],
        published=sent,
    )
