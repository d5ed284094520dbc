"""One imported author of the site, for an administrator: what they did, and whose it may be."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.user import User
from kb.services.admin.site_author_links import AuthorView, author_view, merge_author, merge_of
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.admin.overview import AUTHORS, FORGET, AdminHead, admin_head, administered, did_facts
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AuthorPage:
    """`groups` lead to the author's page in each; `sure` says what would happen, before it does."""

    title: str
    form_token: str
    action: str
    head: AdminHead
    facts: str
    wrong: str
    groups: tuple[Link, ...]
    login: str
    sure: str
    forget: str


@administered
def author_page(context: Context) -> Response:
    """What an imported author did, group by group."""
    return _answer(context, author_view(context.library, context.actor, context.path_params["login"]))


@administered
def act_on_author(context: Context) -> Response:
    """Make all that they did somebody's, once that is confirmed."""
    author, login = context.path_params["login"], context.form_value("login")
    view = author_view(context.library, context.actor, author)
    if context.form_value("act") != "merge":
        raise Invalid("What was sent is not a form of this site.")
    try:
        if not context.form_value("sure"):
            _, to = merge_of(context.library, context.actor, author, login)
            return _answer(context, view, to=to)
        merge_author(context.library, context.actor, author, login)
    except (Invalid, NotFound, Conflict) as error:
        return _answer(context, view, error=error)
    return moved(context.addresses.admin(AUTHORS), "attributed")


def _answer(
    context: Context, view: AuthorView, *, error: FlorilegeError | None = None, to: User | None = None
) -> Response:
    words, addresses, user = context.words, context.addresses, view.user
    did = did_facts(sum(part[1] for part in view.parts), sum(part[2] for part in view.parts), words)
    sure = words.say(
        "In all the groups named here, what “%(author)s” did (%(did)s) becomes that of %(name)s, for good.",
        author=user.name,
        did=did,
        name=f"{to.name} ({to.login})" if to else "",
    )
    page = AuthorPage(
        title=f"{user.name} – {words.say('Administration')}",
        form_token=context.form_token,
        action=addresses.admin(AUTHORS, user.login),
        head=admin_head(context, AUTHORS, user.name),
        facts=" · ".join((user.login, did)),
        wrong=words.sentence(error) if error else "",
        groups=tuple(
            Link(group.name, addresses.group(group.slug, f"members/{user.login}"), did_facts(shared, annotated, words))
            for group, shared, annotated in view.parts
        ),
        login=to.login if to else context.form_value("login")[:100],
        sure=sure if to else "",
        forget=addresses.admin(FORGET, user.login),
    )
    return render(
        context, "admin/site_author_links.html", page, 409 if isinstance(error, Conflict) else 400 if error else 200
    )
