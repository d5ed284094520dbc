"""Actions on the members page: answer requests to join, invite, withdraw invitations."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.group import Group, role_named
from kb.services.groups.author_links import decline_claim
from kb.services.groups.group_views import readable_group
from kb.services.groups.invitations import (
    answer_join_request,
    invite_account,
    invite_by_email,
    invite_by_link,
    revoke_invitation,
)
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.groups.members import members_response
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import MEMBERS
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OneTimeLinkPage:
    """A new one-time link, shown once."""

    title: str
    breadcrumb: tuple[Link, ...]
    link: str
    lead: str


def handle_members_post(context: RequestContext) -> Response:
    """Handle the form; an error is shown above the page, with the typed values."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    try:
        return _apply_form(context, group)
    except (Invalid, NotFound, Conflict) as error:
        return _page_with_error(context, error)


def _apply_form(context: RequestContext, group: Group) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "approve":
            answer_join_request(library, actor, group.slug, field("login"), role_named(field("role")))
            done = "approved"
        case "decline":
            answer_join_request(library, actor, group.slug, field("login"), None)
            done = "declined"
        case "decline-claim":
            author, _, login = field("login").partition(" ")
            decline_claim(library, actor, group.slug, author, login)
            done = "declined"
        case "revoke":
            revoke_invitation(library, actor, group.slug, field("id"))
            done = "invitation-revoked"
        case "invite":
            invite_account(library, actor, group.slug, field("login"), role_named(field("role")))
            done = "invited"
        case "link":
            _, secret = invite_by_link(library, actor, group.slug, role_named(field("role")))
            return _link_page(context, group, secret)
        case "email":
            _, unsent = invite_by_email(library, actor, group.slug, field("email"), role_named(field("role")))
            if unsent is not None:
                return _link_page(context, group, unsent)
            done = "letter-sent"
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS), done)


def _page_with_error(context: RequestContext, error: FlorilegeError) -> Response:
    return members_response(
        context,
        wrong=context.words.sentence(error),
        status=409 if isinstance(error, Conflict) else 400,
        login=context.form_value("login") if context.form_value("act") == "invite" else "",
        email=context.form_value("email"),
        role=context.form_value("role"),
    )


def _link_page(context: RequestContext, group: Group, secret: str) -> Response:
    words, addresses = context.words, context.addresses
    page = OneTimeLinkPage(
        title=words.say("A link to pass on"),
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(words.say("Members"), addresses.group(group.slug, MEMBERS)),
        ),
        link=context.library.settings.base_url + addresses.welcome(secret),
        lead=words.say(
            "Whoever opens this link first joins “%(group)s”. It works once, for two weeks, and is shown only now.",
            group=group.name,
        ),
    )
    return with_secret_headers(render(context, "groups/new_invitation_link.html", page))
