"""Invitations to the site, for administrators."""

from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.account import checked_email
from kb.services.email.outbox import can_send_email
from kb.services.groups.bulk_invitations import invite_list_to_site, typed_addresses
from kb.services.groups.invitations import (
    invite_to_site,
    pending_site_invitations,
    revoke_invitation,
    site_invitation_deliveries,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.admin.admin_layout import INVITATIONS, AdminHeader, admin_header, administrators_only
from kb.web.ui.display_text import facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.invitation_result_pages import (
    EARLIER_LINKS,
    invitation_link_page,
    invitation_results_page,
    renewed_invitation,
    with_delivery,
)
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class SiteInvitationsPage:
    """`can_send_email`: the site sends e-mail messages; `rows` are open invitations."""

    head: AdminHeader
    can_send_email: bool
    rows: tuple[FormRow, ...]


@administrators_only
def site_invitations_page(context: RequestContext) -> Response:
    """The forms to invite, and the unused invitations."""
    translator = context.translator
    rows = []
    pending = pending_site_invitations(context.library, context.actor)
    deliveries = site_invitation_deliveries(
        context.library, context.actor, [invitation.id for invitation, _ in pending]
    )
    for invitation, by in pending:
        facts = facts_line(
            translator.gettext("invited by %(name)s", name=by.name) if by else "",
            translator.gettext("until %(day)s", day=translator.instant(invitation.expires_at)),
        )
        name = invitation.email or translator.gettext("A link to pass on")
        row = FormRow(invitation.id, name, facts, has_link=True)
        rows.append(with_delivery(row, invitation, deliveries.get(invitation.id), translator))
    page = SiteInvitationsPage(
        head=admin_header(context, INVITATIONS),
        can_send_email=can_send_email(context.library.settings),
        rows=tuple(rows),
    )
    return render(context, "admin/site_invitations.html", page)


@administrators_only
@handle_form(site_invitations_page, {NotFound: 400})
def handle_site_invitations_post(context: RequestContext) -> Response:
    """Invite a person, or replace the link of an invitation, or withdraw it."""
    match context.form_value("act"):
        case "link" | "email" | "replace" | "resend":
            return _invite(context)
        case "revoke":
            revoke_invitation(context.library, context.actor, None, context.form_value("id"))
            return redirect_with_flash(context.addresses.admin(INVITATIONS), "invitation-revoked")
        case _:
            raise Invalid("The request is not a form of this site.")


@once
def _invite(context: RequestContext) -> Response:
    """Invite by a link, or the typed addresses: several are answered by a page with the outcome of each."""
    library, actor, translator = context.library, context.actor, context.translator
    if context.form_value("act") == "link":
        return _link_page(context, invite_to_site(library, actor) or "")
    here = context.addresses.admin(INVITATIONS)
    if renewed := renewed_invitation(context, None, partial(_link_page, context), here):
        return renewed
    entries = typed_addresses(context.form_value("email"))
    if len(entries) > 1 or (entries and context.form_value(EARLIER_LINKS)):
        results = invite_list_to_site(library, actor, entries)
        title = translator.gettext("Invitations")
        return invitation_results_page(context, admin_header(context, INVITATIONS, title).breadcrumb, results)
    address = checked_email(entries[0].address if entries else "")
    secret = invite_to_site(library, actor, address)
    if secret is None:
        return redirect_with_flash(here, "letter-sent")
    return _link_page(context, secret, address)


def _link_page(context: RequestContext, secret: str, address: str | None = None) -> Response:
    translator = context.translator
    lead = translator.gettext(
        "The first person who opens this link makes an account. It works once, for two weeks, and is shown only now."
    )
    breadcrumb = admin_header(context, INVITATIONS, translator.gettext("A link to pass on")).breadcrumb
    return invitation_link_page(context, breadcrumb, lead, secret, address)
