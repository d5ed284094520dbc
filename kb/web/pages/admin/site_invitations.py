"""Invitations to the site, for administrators."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.account import checked_email
from kb.services.admin.site_invitations import invite_to_site, pending_site_invitations, revoke_site_invitation
from kb.services.email.outbox import can_send_email
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.admin.overview import INVITATIONS, AdminHeader, admin_header, administrators_only
from kb.web.pages.groups.member_actions import OneTimeLinkPage
from kb.web.pages.groups.members import PendingRow
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class SiteInvitationsPage:
    """`can_send_email`: the site sends e-mail messages; `email` is the typed address after an error. `rows` are open
    invitations.
    """

    title: str
    form_token: str
    action: str
    head: AdminHeader
    wrong: str
    can_send_email: bool
    email: str
    rows: tuple[PendingRow, ...]


@administrators_only
def site_invitations_page(context: RequestContext) -> Response:
    """The forms to invite, and the unused invitations."""
    return _page_response(context)


@administrators_only
def handle_site_invitations_post(context: RequestContext) -> Response:
    """Invite a person, or withdraw an invitation."""
    try:
        return _apply_form(context)
    except (Invalid, NotFound, Conflict) as error:
        return _page_response(context, error)


def _apply_form(context: RequestContext) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "link":
            secret = invite_to_site(library, actor)
        case "email":
            secret = invite_to_site(library, actor, checked_email(field("email")))
        case "revoke":
            revoke_site_invitation(library, actor, field("id"))
            return redirect_with_flash(context.addresses.admin(INVITATIONS), "invitation-revoked")
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return (
        redirect_with_flash(context.addresses.admin(INVITATIONS), "letter-sent")
        if secret is None
        else _link_page(context, secret)
    )


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, head = context.words, admin_header(context, INVITATIONS)
    rows = []
    for invitation, by in pending_site_invitations(context.library, context.actor):
        facts = (
            words.say("invited by %(name)s", name=by.name) if by else "",
            words.say("until %(day)s", day=words.instant(invitation.expires_at)),
        )
        name = invitation.email or words.say("A link to pass on")
        rows.append(PendingRow(invitation.id, name, " · ".join(filter(None, facts))))
    page = SiteInvitationsPage(
        title=f"{head.title} – {words.say('Administration')}",
        form_token=context.form_token,
        action=context.addresses.admin(INVITATIONS),
        head=head,
        wrong=words.sentence(error) if error else "",
        can_send_email=can_send_email(context.library.settings),
        email=context.form_value("email")[:254],
        rows=tuple(rows),
    )
    status = 409 if isinstance(error, Conflict) else 400 if error else 200
    return render(context, "admin/site_invitations.html", page, status)


def _link_page(context: RequestContext, secret: str) -> Response:
    words = context.words
    page = OneTimeLinkPage(
        title=words.say("A link to pass on"),
        breadcrumb=admin_header(context, INVITATIONS, words.say("A link to pass on")).breadcrumb,
        link=context.library.settings.base_url + context.addresses.welcome(secret),
        lead=words.say(
            "Whoever opens this link first makes an account. It works once, for two weeks, and is shown only now."
        ),
    )
    return with_secret_headers(render(context, "groups/new_invitation_link.html", page))
