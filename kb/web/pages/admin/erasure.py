"""Erase a person on request, for administrators: an account or an imported author."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.services.accounts.account_deletion import AccountDeletionPreview, erase_person, person_deletion_preview
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.account_deletion import chosen_text_handling, text_handling_choices
from kb.web.pages.accounts.account_layout import form_error_status
from kb.web.pages.admin.overview import ACCOUNTS, AUTHORS, ERASURE, AdminHeader, admin_header, administrators_only
from kb.web.ui.group_choices import FormOption
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """`obstacles` are required earlier steps: then there is no form. The administrator types `login` to confirm."""

    title: str
    form_token: str
    action: str
    head: AdminHeader
    wrong: str
    obstacles: tuple[str, ...]
    means: tuple[str, ...]
    words: tuple[FormOption, ...]
    alone: str
    alone_chosen: bool
    login: str


@administrators_only
def erasure_page(context: RequestContext) -> Response:
    """The effects of erasing a person, before it is done."""
    return _page_response(context)


@administrators_only
def handle_erasure_post(context: RequestContext) -> Response:
    """Erase a person, after the login was typed to confirm."""
    login = context.path_params["login"]
    leaving = person_deletion_preview(context.library, context.actor, login)
    try:
        words = chosen_text_handling(context)
        _check_confirmation(context, leaving)
        erase_person(context.library, context.actor, login, words, alone=bool(context.form_value("alone")))
    except (Invalid, Conflict) as error:
        return _page_response(context, error)
    if leaving.user.id == context.actor.user_id:
        return redirect_with_flash(context.addresses.home(), "account-deleted")
    return redirect_with_flash(context.addresses.admin(_part(leaving)), "forgotten")


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, leaving = (
        context.words,
        person_deletion_preview(context.library, context.actor, context.path_params["login"]),
    )
    title = words.say("Forget %(name)s", name=leaving.user.name)
    page = ErasurePage(
        title=f"{title} – {words.say('Administration')}",
        form_token=context.form_token,
        action=context.addresses.admin(ERASURE, leaving.user.login),
        head=admin_header(context, _part(leaving), title),
        wrong=words.sentence(error) if error else "",
        obstacles=tuple(_obstacles(leaving, words)),
        means=tuple(_means(leaving, words)),
        words=text_handling_choices(context.form_value("words"), words),
        alone=_alone(leaving, words),
        alone_chosen=bool(context.form_value("alone")),
        login=leaving.user.login,
    )
    return with_secret_headers(render(context, "admin/erasure.html", page, form_error_status(error)))


def _check_confirmation(context: RequestContext, leaving: AccountDeletionPreview) -> None:
    if context.form_value("sure").strip().casefold() != leaving.user.login:
        raise Invalid("Type the login “%(login)s” to say that you are sure.", login=leaving.user.login)


def _part(leaving: AccountDeletionPreview) -> str:
    return AUTHORS if leaving.account is None else ACCOUNTS


def _obstacles(leaving: AccountDeletionPreview, words: Translator) -> Iterator[str]:
    if leaving.last:
        yield words.say("This is the only administrator: make somebody else one first.")
    for group in leaving.groups_to_hand_over:
        yield words.say("The group “%(group)s” has no other owner: hand it over first.", group=group.name)


def _means(leaving: AccountDeletionPreview, words: Translator) -> Iterator[str]:
    """The content that is deleted, and the content that stays. The size of the person's own library is private."""
    yield words.say("Their name and login disappear from all that is kept here, from the log too.")
    if leaving.account is not None:
        yield words.say("Their account goes with all that belongs to it, and their own library with all that is in it.")
    if leaving.shared:
        yield words.plural(
            "%(count)s item that they shared stays in its group, without a name.",
            "%(count)s items that they shared stay in their groups, without a name.",
            leaving.shared,
        )
    if leaving.words:
        yield words.plural(
            "%(count)s annotation or reply is theirs.", "%(count)s annotations and replies are theirs.", leaving.words
        )
    yield words.say("A file that names them, imported later, does not bring them back. This cannot be undone.")


def _alone(leaving: AccountDeletionPreview, words: Translator) -> str:
    if not leaving.alone:
        return ""
    return words.plural(
        "Remove too the %(count)s item that nobody else has annotated",
        "Remove too the %(count)s items that nobody else has annotated",
        leaving.alone,
    )
