"""Forgetting somebody who asks for it, for an administrator: an account or an imported author."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.services.accounts.account_deletion import Leaving, forget_person, leaving_of_person
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_deletion import alternatives, chosen_words
from kb.web.pages.accounts.account_layout import status_of
from kb.web.pages.admin.overview import ACCOUNTS, AUTHORS, FORGET, AdminHead, admin_head, administered
from kb.web.ui.form_choices import Alternative
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ForgetPage:
    """`obstacles` must be done first: then there is no form. `login` is typed once more by who is sure."""

    title: str
    form_token: str
    action: str
    head: AdminHead
    wrong: str
    obstacles: tuple[str, ...]
    means: tuple[str, ...]
    words: tuple[Alternative, ...]
    alone: str
    alone_chosen: bool
    login: str


@administered
def forget_page(context: Context) -> Response:
    """What forgetting somebody would do, before it does."""
    return _answer(context)


@administered
def forget(context: Context) -> Response:
    """Forget somebody, once their login was typed."""
    login = context.path_params["login"]
    leaving = leaving_of_person(context.library, context.actor, login)
    try:
        words = chosen_words(context)
        _check_sure(context, leaving)
        forget_person(context.library, context.actor, login, words, alone=bool(context.form_value("alone")))
    except (Invalid, Conflict) as error:
        return _answer(context, error)
    if leaving.user.id == context.actor.user_id:
        return moved(context.addresses.home(), "account-deleted")
    return moved(context.addresses.admin(_part(leaving)), "forgotten")


def _answer(context: Context, error: FlorilegeError | None = None) -> Response:
    words, leaving = context.words, leaving_of_person(context.library, context.actor, context.path_params["login"])
    title = words.say("Forget %(name)s", name=leaving.user.name)
    page = ForgetPage(
        title=f"{title} – {words.say('Administration')}",
        form_token=context.form_token,
        action=context.addresses.admin(FORGET, leaving.user.login),
        head=admin_head(context, _part(leaving), title),
        wrong=words.sentence(error) if error else "",
        obstacles=tuple(_obstacles(leaving, words)),
        means=tuple(_means(leaving, words)),
        words=alternatives(context.form_value("words"), words),
        alone=_alone(leaving, words),
        alone_chosen=bool(context.form_value("alone")),
        login=leaving.user.login,
    )
    return private(render(context, "admin/erasure.html", page, status_of(error)))


def _check_sure(context: Context, leaving: Leaving) -> None:
    if context.form_value("sure").strip().casefold() != leaving.user.login:
        raise Invalid("Type the login “%(login)s” to say that you are sure.", login=leaving.user.login)


def _part(leaving: Leaving) -> str:
    return AUTHORS if leaving.account is None else ACCOUNTS


def _obstacles(leaving: Leaving, words: Translator) -> Iterator[str]:
    if leaving.last:
        yield words.say("This is the only administrator: make somebody else one first.")
    for group in leaving.stuck:
        yield words.say("The group “%(group)s” has no other owner: hand it over first.", group=group.name)


def _means(leaving: Leaving, words: Translator) -> Iterator[str]:
    """What goes and what stays. How much is in their own library is theirs to know."""
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


def _alone(leaving: Leaving, words: Translator) -> str:
    if not leaving.alone:
        return ""
    return words.plural(
        "Remove too the %(count)s item that nobody else has annotated",
        "Remove too the %(count)s items that nobody else has annotated",
        leaving.alone,
    )
