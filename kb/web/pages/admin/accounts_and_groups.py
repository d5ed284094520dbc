"""The long lists of the administration: all accounts, all shared groups, all imported authors."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Actor
from kb.model.people.account import Account
from kb.model.people.user import Contribution
from kb.services.admin.account_administration import find_accounts
from kb.services.admin.site_overview import SharedGroupView, find_shared_groups
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows
from kb.services.groups.author_links import find_imported_authors
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_layout import ACCOUNTS, AUTHORS, GROUPS, AdminHeader, admin_header, administrators_only
from kb.web.pages.groups.group_deletion import deleted_group_links
from kb.web.ui.display_text import Link
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

_LONGEST_QUERY = 200
_Found = PaginatedRows[Account] | PaginatedRows[SharedGroupView] | PaginatedRows[Contribution]


@dataclass(frozen=True, slots=True)
class AdminListPage:
    """A long list, filtered by `q`. `part` says of what; `deleted` are the groups that can be restored."""

    head: AdminHeader
    part: str
    q: str
    found: _Found
    deleted: tuple[Link, ...]
    pager: Pager


@administrators_only
def accounts_page(context: RequestContext) -> Response:
    return _list_response(context, ACCOUNTS, find_accounts)


@administrators_only
def groups_page(context: RequestContext) -> Response:
    """The shared groups, first those that are deleted and can be restored; users' own libraries are private."""
    return _list_response(context, GROUPS, find_shared_groups)


@administrators_only
def authors_page(context: RequestContext) -> Response:
    """The imported authors, who have no account."""
    return _list_response(context, AUTHORS, find_imported_authors)


def _list_response(context: RequestContext, part: str, find: Callable[[Library, Actor, str, int], _Found]) -> Response:
    q, number = context.param("q").strip()[:_LONGEST_QUERY], requested_page(context.param("page"))
    found = find(context.library, context.actor, q, number)

    def address(number: int) -> str:
        pairs = (("q", q), ("page", str(number) if number > 1 else ""))
        return context.addresses.admin(part, pairs=tuple(pair for pair in pairs if pair[1]))

    page = AdminListPage(
        head=admin_header(context, part),
        part=part,
        q=q,
        found=found,
        deleted=deleted_group_links(context) if part == GROUPS and number == 1 and not q else (),
        pager=list_pager(found.page, found.last, address, context.translator),
    )
    return render(context, "admin/accounts_and_groups.html", page)
