"""The lists of the logged-in user, of all groups, and the form that creates one."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.services.lists.list_windows import OwnList, list_groups, own_lists
from kb.services.lists.lists import create_list
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import group_name
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import list_filter
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OwnListsPage:
    """`q` are the letters of the filter; `groups` those in which the user can create a list."""

    rows: tuple[OwnList, ...]
    pager: Pager
    q: str
    groups: tuple[FormOption, ...]


def own_lists_page(context: RequestContext) -> Response:
    """The lists that the user may change or has made. Raises LoginNeeded."""
    q = list_filter(context)
    lists = own_lists(context.library, context.actor, q, requested_page(context.param("page")))
    selected = context.form_value("group")
    page = OwnListsPage(
        rows=lists.rows,
        pager=pager_of_address(context, lists.page, lists.last),
        q=q,
        groups=tuple(
            FormOption(group.slug, group_name(group, context.translator), selected=group.slug == selected)
            for group in list_groups(context.library, context.actor)
        ),
    )
    return render(context, "lists/own_lists.html", page)


@handle_form(own_lists_page)
@once
def handle_own_lists_post(context: RequestContext) -> Response:
    """Create a list in one of the user's groups, and redirect to the page that edits it."""
    field = context.form_value
    private = field("private") == "on"
    new = create_list(context.library, context.actor, field("group"), field("name"), private=private)
    return redirect_with_flash(context.addresses.item_list(new.id, "edit"), "list-begun")
