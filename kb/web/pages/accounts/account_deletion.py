"""The page on which users delete their own account."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, RateLimited
from kb.services.accounts.account_deletion import (
    AccountDeletionPreview,
    AnnotationHandling,
    account_deletion_preview,
    delete_account,
)
from kb.web.http.authentication import without_session_cookies
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import DATA, account_breadcrumb, require_browser
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AccountDeletionPage:
    """The effects of the deletion. Without a password, the user types the login to confirm."""

    breadcrumb: tuple[Link, ...]
    preview: AccountDeletionPreview


def account_deletion_page(context: RequestContext) -> Response:
    """The effects of deleting the own account, before it is deleted. Raises LoginNeeded, Forbidden for a program."""
    require_browser(context)
    preview = account_deletion_preview(context.library, context.actor)
    page = AccountDeletionPage(account_breadcrumb(context, DATA), preview)
    return with_secret_headers(render(context, "accounts/account_deletion.html", page))


@handle_form(account_deletion_page, {Forbidden: 403, RateLimited: 429})
def handle_account_deletion_post(context: RequestContext) -> Response:
    """Delete the user's account, after re-authentication."""
    require_browser(context)
    library, field = context.library, context.form_value
    handling, alone = selected_text_handling(context), bool(field("alone"))
    delete_account(library, context.actor, handling, alone=alone, proof=field("proof"), client=context.client)
    return without_session_cookies(redirect_with_flash(context.addresses.home(), "account-deleted"), library.settings)


def selected_text_handling(context: RequestContext) -> AnnotationHandling:
    """What happens to annotations and replies, as selected in the form. Raises Invalid."""
    try:
        return AnnotationHandling(context.form_value("words"))
    except ValueError:
        raise Invalid("Choose what becomes of annotations and replies.") from None
