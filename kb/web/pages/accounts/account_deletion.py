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
from kb.translation import Translator
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
    """The effects of the deletion, and the chosen options: `words` is that for annotations and replies. `is_last`: the
    only administrator. Then, and with groups to hand over, there is no form.

    `by_login`: the account has no password, so the user types the login instead.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    data: str
    is_last: bool
    groups_to_hand_over: tuple[Link, ...]
    own_items: str
    groups: str
    shared: str
    orphaned_groups: tuple[str, ...]
    words: str
    alone: str
    alone_chosen: bool
    login: str
    by_login: bool


def account_deletion_page(context: RequestContext) -> Response:
    """The effects of deleting the own account, before it is deleted. Raises LoginNeeded, Forbidden for a program."""
    require_browser(context)
    preview, translator = account_deletion_preview(context.library, context.actor), context.translator
    page = AccountDeletionPage(
        title=translator.gettext("Delete my account"),
        breadcrumb=account_breadcrumb(context, DATA),
        data=context.addresses.own(DATA),
        is_last=preview.last,
        groups_to_hand_over=tuple(
            Link(group.name, context.addresses.group(group.slug, "members")) for group in preview.groups_to_hand_over
        ),
        own_items=translator.ngettext(
            "Your own library, with %(count)s item in it.",
            "Your own library, with %(count)s items in it.",
            preview.own_items,
        ),
        groups=", ".join(group.name for group in preview.groups),
        shared=translator.ngettext(
            "%(count)s item that you shared in a group: it belongs to the group, and will be nobody’s.",
            "%(count)s items that you shared in groups: they belong to the groups, and will be nobody’s.",
            preview.shared,
        )
        if preview.shared
        else "",
        orphaned_groups=tuple(group.name for group in preview.orphaned_groups),
        words=context.form_value("words"),
        alone=_alone(preview, translator),
        alone_chosen=bool(context.form_value("alone")),
        login=preview.user.login,
        by_login=preview.account is not None and not preview.account.has_password,
    )
    return with_secret_headers(render(context, "accounts/account_deletion.html", page))


@handle_form(account_deletion_page, {Forbidden: 403, RateLimited: 429})
def handle_account_deletion_post(context: RequestContext) -> Response:
    """Delete the user's account, after re-authentication."""
    require_browser(context)
    library, field = context.library, context.form_value
    handling, alone = chosen_text_handling(context), bool(field("alone"))
    delete_account(library, context.actor, handling, alone=alone, proof=field("proof"), client=context.client)
    return without_session_cookies(redirect_with_flash(context.addresses.home(), "account-deleted"), library.settings)


def chosen_text_handling(context: RequestContext) -> AnnotationHandling:
    """What happens to annotations and replies, as chosen in the form. Raises Invalid."""
    try:
        return AnnotationHandling(context.form_value("words"))
    except ValueError:
        raise Invalid("Choose what becomes of annotations and replies.") from None


def _alone(preview: AccountDeletionPreview, translator: Translator) -> str:
    """The label of the checkbox that also deletes shared items; empty if there are none."""
    if not preview.alone:
        return ""
    return translator.ngettext(
        "Remove too the %(count)s item that I shared in a group and nobody else has annotated",
        "Remove too the %(count)s items that I shared in groups and nobody else has annotated",
        preview.alone,
    )
