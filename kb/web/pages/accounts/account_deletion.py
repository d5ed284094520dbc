"""The page on which users delete their own account."""

from collections.abc import Iterator
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
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import DATA, account_breadcrumb, require_browser
from kb.web.ui.display_text import Link
from kb.web.ui.forms import handle_form
from kb.web.ui.group_choices import FormOption
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AccountDeletionPage:
    """The effects of the deletion, and the chosen options. `obstacles` are links to required earlier steps: then there
    is no form.

    `by_login`: the account has no password, so the user types the login instead.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    data: str
    obstacles: tuple[Link, ...]
    deleted_parts: tuple[str, ...]
    remaining_parts: tuple[str, ...]
    words: tuple[FormOption, ...]
    alone: str
    alone_chosen: bool
    login: str
    by_login: bool


def account_deletion_page(context: RequestContext) -> Response:
    """The effects of deleting the own account, before it is deleted. Raises LoginNeeded, Forbidden for a program."""
    require_browser(context)
    preview, words = account_deletion_preview(context.library, context.actor), context.words
    page = AccountDeletionPage(
        title=words.say("Delete my account"),
        breadcrumb=account_breadcrumb(context, DATA),
        data=context.addresses.own(DATA),
        obstacles=tuple(_obstacles(preview, context)),
        deleted_parts=tuple(_deleted_parts(preview, words)),
        remaining_parts=tuple(_remaining_parts(preview, words)),
        words=text_handling_choices(context.form_value("words"), words),
        alone=_alone(preview, words),
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


def _obstacles(preview: AccountDeletionPreview, context: RequestContext) -> Iterator[Link]:
    words, addresses = context.words, context.addresses
    if preview.last:
        yield Link(
            words.say("You are the only administrator of this site: give this right to another user first."),
            addresses.own("admin"),
            words.say("Administration"),
        )
    for group in preview.groups_to_hand_over:
        yield Link(
            words.say("You are the only owner of “%(group)s”, which has other members.", group=group.name),
            addresses.group(group.slug, "members"),
            words.say("Hand it over"),
        )


def _deleted_parts(preview: AccountDeletionPreview, words: Translator) -> Iterator[str]:
    yield words.say("Your name, your login and your e-mail address: nothing here names you any more.")
    yield words.plural(
        "Your own library, with %(count)s item in it.",
        "Your own library, with %(count)s items in it.",
        preview.own_items,
    )
    if preview.groups:
        names = ", ".join(group.name for group in preview.groups)
        yield words.say("Your place in these groups: %(names)s.", names=names)
    yield words.say(
        "Your sessions, tokens, keys of feeds, invitations and requests; in the log, what you did stays, without you."
    )


def _remaining_parts(preview: AccountDeletionPreview, words: Translator) -> Iterator[str]:
    if preview.shared:
        yield words.plural(
            "%(count)s item that you shared in a group: it belongs to the group, and will be nobody’s.",
            "%(count)s items that you shared in groups: they belong to the groups, and will be nobody’s.",
            preview.shared,
        )
    for group in preview.orphaned_groups:
        yield words.say(
            "The group “%(group)s”, to which nobody else belongs: the administrators look after it.", group=group.name
        )
    yield words.say("What others have written of you in their own words: ask them, or the moderators of the group.")
    yield words.say("Backups that were made before, until they are replaced by newer ones.")


def text_handling_choices(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    """The choices for annotations and replies."""
    said = {
        AnnotationHandling.REMOVED: (
            words.say("they are removed"),
            words.say("where others have answered, the passage stays, without its words"),
        ),
        AnnotationHandling.KEEP: (
            words.say("they stay, without a name"),
            words.say("conversations remain whole for those who read"),
        ),
    }
    return tuple(
        FormOption(one.value, *said[one], one.value == chosen)
        for one in (AnnotationHandling.REMOVED, AnnotationHandling.KEEP)
    )


def _alone(preview: AccountDeletionPreview, words: Translator) -> str:
    """The label of the checkbox that also deletes shared items; empty if there are none."""
    if not preview.alone:
        return ""
    return words.plural(
        "Remove too the %(count)s item that I shared in a group and nobody else has annotated",
        "Remove too the %(count)s items that I shared in groups and nobody else has annotated",
        preview.alone,
    )
