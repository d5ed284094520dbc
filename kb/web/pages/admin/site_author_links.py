"""The page of one imported author, for administrators: the author's contributions, and the account to link."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.user import User
from kb.services.groups.author_links import (
    ImportedAuthorView,
    imported_author_view,
    link_author_on_site,
    site_author_link_preview,
)
from kb.services.groups.known_people import known_people
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.admin.admin_layout import AUTHORS, AdminHeader, admin_header, administrators_only
from kb.web.ui.form_errors import handle_form
from kb.web.ui.person_field import PersonField, person_field, selected_login
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AuthorLinkPage:
    """`account` is the one to link, before it is confirmed; `person` is the field that asks for it."""

    head: AdminHeader
    view: ImportedAuthorView
    person: PersonField
    account: User | None


@administrators_only
def author_link_page(context: RequestContext) -> Response:
    """The contributions of an imported author, by group."""
    return _page_response(context)


@administrators_only
@handle_form(author_link_page, {NotFound: 400})
def handle_author_link_post(context: RequestContext) -> Response:
    """Link the author to an account, after confirmation."""
    author = context.path_params["login"]
    if context.form_value("act") != "merge":
        raise Invalid("The request is not a form of this site.")
    login = selected_login(context, known_people(context.library, context.actor))
    if not context.form_value("sure"):
        _, to = site_author_link_preview(context.library, context.actor, author, login)
        return _page_response(context, to)
    link_author_on_site(context.library, context.actor, author, login)
    return redirect_with_flash(context.addresses.admin(AUTHORS), "attributed")


def _page_response(context: RequestContext, to: User | None = None) -> Response:
    """The page; with an account, the confirmation that the author is linked to it."""
    view = imported_author_view(context.library, context.actor, context.path_params["login"])
    page = AuthorLinkPage(
        head=admin_header(context, AUTHORS, view.user.name),
        view=view,
        person=person_field(context, known_people(context.library, context.actor), context.form_value("login")[:200]),
        account=to,
    )
    return render(context, "admin/site_author_links.html", page)
