"""Erase a person on request, for administrators: an account or an imported author."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.services.accounts.account_deletion import AccountDeletionPreview, erase_person, person_deletion_preview
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_deletion import selected_text_handling
from kb.web.pages.admin.admin_layout import ACCOUNTS, AUTHORS, AdminHeader, admin_header, administrators_only
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """The effects of the erasure. The administrator types the login to confirm."""

    head: AdminHeader
    preview: AccountDeletionPreview


@administrators_only
def erasure_page(context: RequestContext) -> Response:
    """The effects of erasing a person, before it is done."""
    preview = _preview(context)
    title = context.translator.gettext("Erase %(name)s", name=preview.user.name)
    page = ErasurePage(admin_header(context, _part(preview), title), preview)
    return with_secret_headers(render(context, "admin/erasure.html", page))


@administrators_only
@handle_form(erasure_page)
def handle_erasure_post(context: RequestContext) -> Response:
    """Erase a person, after the login was typed to confirm."""
    login, preview = context.path_params["login"], _preview(context)
    handling = selected_text_handling(context)
    if context.form_value("sure").strip().casefold() != preview.user.login:
        raise Invalid("Type the login “%(login)s” to say that you are sure.", login=preview.user.login)
    erase_person(context.library, context.actor, login, handling, alone=bool(context.form_value("alone")))
    if preview.user.id == context.actor.user_id:
        return redirect_with_flash(context.addresses.home(), "account-deleted")
    return redirect_with_flash(context.addresses.admin(_part(preview)), "forgotten")


def _preview(context: RequestContext) -> AccountDeletionPreview:
    return person_deletion_preview(context.library, context.actor, context.path_params["login"])


def _part(preview: AccountDeletionPreview) -> str:
    return AUTHORS if preview.account is None else ACCOUNTS
