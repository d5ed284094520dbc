"""Invitations to the site, for an administrator."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.account import email_of
from kb.services.admin.site_invitations import invite_to_site, revoke_site_invitation, site_invitations
from kb.services.email.outbox import can_write
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.admin.overview import INVITATIONS, AdminHead, admin_head, administered
from kb.web.pages.groups.member_actions import LinkPage
from kb.web.pages.groups.members import WaitingRow
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class SiteInvitationsPage:
    """`by_mail`: the site can send letters; `email` is what was typed in vain. `rows` wait for somebody."""

    title: str
    form_token: str
    action: str
    head: AdminHead
    wrong: str
    by_mail: bool
    email: str
    rows: tuple[WaitingRow, ...]


@administered
def invitations_page(context: Context) -> Response:
    """The forms to invite, and the invitations that nobody has used yet."""
    return _answer(context)


@administered
def act_on_invitations(context: Context) -> Response:
    """Invite somebody, or take an invitation back."""
    try:
        return _done(context)
    except (Invalid, NotFound, Conflict) as error:
        return _answer(context, error)


def _done(context: Context) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "link":
            secret = invite_to_site(library, actor)
        case "email":
            secret = invite_to_site(library, actor, email_of(field("email")))
        case "revoke":
            revoke_site_invitation(library, actor, field("id"))
            return moved(context.addresses.admin(INVITATIONS), "invitation-revoked")
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return moved(context.addresses.admin(INVITATIONS), "letter-sent") if secret is None else _link(context, secret)


def _answer(context: Context, error: FlorilegeError | None = None) -> Response:
    words, head = context.words, admin_head(context, INVITATIONS)
    rows = []
    for invitation, by in site_invitations(context.library, context.actor):
        facts = (
            words.say("invited by %(name)s", name=by.name) if by else "",
            words.say("until %(day)s", day=words.instant(invitation.expires_at)),
        )
        name = invitation.email or words.say("A link to pass on")
        rows.append(WaitingRow(invitation.id, name, " · ".join(filter(None, facts))))
    page = SiteInvitationsPage(
        title=f"{head.title} – {words.say('Administration')}",
        form_token=context.form_token,
        action=context.addresses.admin(INVITATIONS),
        head=head,
        wrong=words.sentence(error) if error else "",
        by_mail=can_write(context.library.settings),
        email=context.form_value("email")[:254],
        rows=tuple(rows),
    )
    status = 409 if isinstance(error, Conflict) else 400 if error else 200
    return render(context, "admin/site_invitations.html", page, status)


def _link(context: Context, secret: str) -> Response:
    words = context.words
    page = LinkPage(
        title=words.say("A link to pass on"),
        trail=admin_head(context, INVITATIONS, words.say("A link to pass on")).trail,
        link=context.library.settings.base_url + context.addresses.welcome(secret),
        lead=words.say(
            "Whoever opens this link first makes an account. It works once, for two weeks, and is shown only now."
        ),
    )
    return private(render(context, "groups/new_invitation_link.html", page))
