"""Deleting one's account."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, Refused, TooOften
from kb.services.accounts.account_deletion import Leaving, Words, delete_account, leaving_of
from kb.translation import Translator
from kb.web.http.authentication import signed_out
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import DATA, patient, require_browser, status_of, trail_of
from kb.web.ui.form_choices import Alternative
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class DeletePage:
    """What goes, what stays, and what is chosen. `obstacles` are links to what must be done first: then no form.

    `by_login`: there is no password, the login is typed instead.
    """

    title: str
    form_token: str
    action: str
    trail: tuple[Link, ...]
    data: str
    wrong: str
    obstacles: tuple[Link, ...]
    goes: tuple[str, ...]
    stays: tuple[str, ...]
    words: tuple[Alternative, ...]
    alone: str
    alone_chosen: bool
    login: str
    by_login: bool


def delete_page(context: Context) -> Response:
    """What deleting one's account does, before it does. Raises SignInNeeded, Refused for a program."""
    require_browser(context)
    return _delete(context)


def delete(context: Context) -> Response:
    """Delete the account of who asks, once they have proved who they are."""
    require_browser(context)
    alone, proof = bool(context.form_value("alone")), context.form_value("proof")
    try:
        delete_account(
            context.library, context.actor, chosen_words(context), alone=alone, proof=proof, client=context.client
        )
    except (Invalid, Refused, Conflict, TooOften) as error:
        return _delete(context, error)
    return signed_out(moved(context.addresses.home(), "account-deleted"), context.library.settings)


def chosen_words(context: Context) -> Words:
    """What becomes of annotations and replies, as the form says. Raises Invalid."""
    try:
        return Words(context.form_value("words"))
    except ValueError:
        raise Invalid("Choose what becomes of annotations and replies.") from None


def _delete(context: Context, error: FlorilegeError | None = None) -> Response:
    leaving, words = leaving_of(context.library, context.actor), context.words
    page = DeletePage(
        title=words.say("Delete my account"),
        form_token=context.form_token,
        action=context.addresses.own("account/delete"),
        trail=trail_of(context, DATA),
        data=context.addresses.own(DATA),
        wrong=words.sentence(error) if error else "",
        obstacles=tuple(_obstacles(leaving, context)),
        goes=tuple(_goes(leaving, words)),
        stays=tuple(_stays(leaving, words)),
        words=alternatives(context.form_value("words"), words),
        alone=_alone(leaving, words),
        alone_chosen=bool(context.form_value("alone")),
        login=leaving.user.login,
        by_login=leaving.account is not None and not leaving.account.has_password,
    )
    return private(patient(render(context, "accounts/account_deletion.html", page, status_of(error)), error))


def _obstacles(leaving: Leaving, context: Context) -> Iterator[Link]:
    words, addresses = context.words, context.addresses
    if leaving.last:
        yield Link(
            words.say("You are the only administrator of this site: make somebody else one first."),
            addresses.own("admin"),
            words.say("Administration"),
        )
    for group in leaving.stuck:
        yield Link(
            words.say("You are the only owner of “%(group)s”, which has other members.", group=group.name),
            addresses.group(group.slug, "members"),
            words.say("Hand it over"),
        )


def _goes(leaving: Leaving, words: Translator) -> Iterator[str]:
    yield words.say("Your name, your login and your e-mail address: nothing here names you any more.")
    yield words.plural(
        "Your own library, with %(count)s item in it.",
        "Your own library, with %(count)s items in it.",
        leaving.own_items,
    )
    if leaving.groups:
        names = ", ".join(group.name for group in leaving.groups)
        yield words.say("Your place in these groups: %(names)s.", names=names)
    yield words.say(
        "Your sessions, tokens, keys of feeds, invitations and requests; in the log, what you did stays, without you."
    )


def _stays(leaving: Leaving, words: Translator) -> Iterator[str]:
    if leaving.shared:
        yield words.plural(
            "%(count)s item that you shared in a group: it belongs to the group, and will be nobody’s.",
            "%(count)s items that you shared in groups: they belong to the groups, and will be nobody’s.",
            leaving.shared,
        )
    for group in leaving.orphans:
        yield words.say(
            "The group “%(group)s”, to which nobody else belongs: the administrators look after it.", group=group.name
        )
    yield words.say("What others have written of you in their own words: ask them, or the moderators of the group.")
    yield words.say("Backups that were made before, until they are replaced by newer ones.")


def alternatives(chosen: str, words: Translator) -> tuple[Alternative, ...]:
    """What can become of annotations and replies."""
    said = {
        Words.REMOVED: (
            words.say("they are removed"),
            words.say("where others have answered, the passage stays, without its words"),
        ),
        Words.KEPT: (
            words.say("they stay, without a name"),
            words.say("conversations remain whole for those who read"),
        ),
    }
    return tuple(Alternative(one.value, *said[one], one.value == chosen) for one in (Words.REMOVED, Words.KEPT))


def _alone(leaving: Leaving, words: Translator) -> str:
    """What the box says by which shared items go too; nothing where there are none."""
    if not leaving.alone:
        return ""
    return words.plural(
        "Remove too the %(count)s item that I shared in a group and nobody else has annotated",
        "Remove too the %(count)s items that I shared in groups and nobody else has annotated",
        leaving.alone,
    )
