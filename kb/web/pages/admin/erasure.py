"""Erase a person on request, for administrators: an account or an imported author."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.services.accounts.account_deletion import AccountDeletionPreview, erase_person, person_deletion_preview
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_deletion import chosen_text_handling
from kb.web.pages.admin.admin_layout import ACCOUNTS, AUTHORS, AdminHeader, admin_header, administrators_only
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """`is_last`: this is the only administrator. Then, and with groups to hand over, there is no form. The
    administrator types `login` to confirm.
    """

    head: AdminHeader
    is_last: bool
    groups_to_hand_over: tuple[str, ...]
    means: tuple[str, ...]
    words: str
    alone: str
    alone_chosen: bool
    login: str


@administrators_only
def erasure_page(context: RequestContext) -> Response:
    """The effects of erasing a person, before it is done."""
    translator, preview = context.translator, _preview(context)
    title = translator.gettext("Erase %(name)s", name=preview.user.name)
    page = ErasurePage(
        head=admin_header(context, _part(preview), title),
        is_last=preview.last,
        groups_to_hand_over=tuple(group.name for group in preview.groups_to_hand_over),
        means=tuple(_means(preview, translator)),
        words=context.form_value("words"),
        alone=_alone(preview, translator),
        alone_chosen=bool(context.form_value("alone")),
        login=preview.user.login,
    )
    return with_secret_headers(render(context, "admin/erasure.html", page))


@administrators_only
@handle_form(erasure_page)
def handle_erasure_post(context: RequestContext) -> Response:
    """Erase a person, after the login was typed to confirm."""
    login, preview = context.path_params["login"], _preview(context)
    handling = chosen_text_handling(context)
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


def _means(preview: AccountDeletionPreview, translator: Translator) -> Iterator[str]:
    """The content that is deleted, and the content that stays. The size of the person's own library is private."""
    _ = translator.gettext
    yield _("Their name and login disappear from all that is kept here, from the log too.")
    if preview.account is not None:
        yield _("Their account goes with all that belongs to it, and their own library with all that is in it.")
    if preview.shared:
        yield translator.ngettext(
            "%(count)s item that they shared stays in its group, without a name.",
            "%(count)s items that they shared stay in their groups, without a name.",
            preview.shared,
        )
    if preview.words:
        yield translator.ngettext(
            "%(count)s annotation or reply is theirs.", "%(count)s annotations and replies are theirs.", preview.words
        )
    yield _("A file that names them, imported later, does not bring them back. This cannot be undone.")


def _alone(preview: AccountDeletionPreview, translator: Translator) -> str:
    if not preview.alone:
        return ""
    return translator.ngettext(
        "Remove too the %(count)s item that nobody else has annotated",
        "Remove too the %(count)s items that nobody else has annotated",
        preview.alone,
    )
