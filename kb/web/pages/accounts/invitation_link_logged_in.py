"""An invitation link opened by a user who is logged in: the user joins the group with the existing account."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError
from kb.model.people.account import LinkPurpose
from kb.services.accounts.one_time_links import OneTimeLink, join_from_link
from kb.services.groups.membership import membership_status_of
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.ui.group_choices import role_name
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class InvitationLinkPage:
    """`can_join`: the page has a button to join; otherwise the link is of no use to this user. `others` logs the user
    out.
    """

    title: str
    form_token: str
    action: str
    lead: str
    facts: str
    can_join: bool
    button: str
    home: str
    others: str
    wrong: str


def is_opened_with_account(context: RequestContext, promise: OneTimeLink) -> bool:
    """Whether a user who is logged in opened an invitation link."""
    return context.actor.user_id is not None and promise.invitation.purpose is LinkPurpose.ACCOUNT


def invitation_link_page(
    context: RequestContext, promise: OneTimeLink, error: FlorilegeError | None = None
) -> Response:
    """The offer of the link; a user who already has the role is redirected to the group, and the link stays valid."""
    words, actor, group = context.words, context.actor, promise.group
    role, addresses = promise.invitation.role, context.addresses
    if (
        group is not None
        and role is not None
        and (membership_status_of(context.library, actor, group).role or 0) >= role
    ):
        return redirect_with_flash(addresses.group(group.slug))
    if group is None:
        title, facts = words.say("You have an account already"), ""
        lead = words.say("This link is for somebody who has none: pass it on to them, or leave it.")
    else:
        title = words.say("Join “%(group)s”", group=group.name)
        lead = words.say("You join this group as %(name)s (%(login)s).", name=actor.name, login=actor.login)
        offered = (
            words.say("invited by %(name)s", name=promise.by.name) if promise.by else "",
            words.say("as: %(role)s", role=role_name(role, words)) if role else "",
            words.say("until %(day)s", day=words.instant(promise.invitation.expires_at)),
        )
        facts = " · ".join(fact for fact in offered if fact)
    page = InvitationLinkPage(
        title=title,
        form_token=context.form_token,
        action=addresses.welcome(context.path_params["secret"]),
        lead=lead,
        facts=facts,
        can_join=group is not None,
        button=words.say("Join"),
        home=addresses.home(),
        others=addresses.own("logout"),
        wrong=words.sentence(error) if error else "",
    )
    return with_secret_headers(render(context, "accounts/invitation_link_logged_in.html", page, 409 if error else 200))


def handle_invitation_link_post(context: RequestContext, promise: OneTimeLink) -> Response:
    """Join the group."""
    try:
        group = join_from_link(context.library, context.actor, context.path_params["secret"])
    except Conflict as error:
        return invitation_link_page(context, promise, error)
    return redirect_with_flash(context.addresses.group(group.slug), "joined")
