"""The long lists of the administration: all accounts, all shared groups, all imported authors."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from kb.model.people.account import Account
from kb.model.people.user import Contribution
from kb.services.admin.account_administration import find_accounts
from kb.services.admin.site_overview import SharedGroupView, find_shared_groups
from kb.services.core.pagination import PaginatedRows, Row
from kb.services.groups.author_links import find_imported_authors
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_layout import ACCOUNTS, AUTHORS, GROUPS, AdminHeader, admin_header, administrators_only
from kb.web.pages.groups.group_deletion import deleted_group_links
from kb.web.ui.display_text import Link, archived_mark, facts_line
from kb.web.ui.form_options import visibility_name
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

_LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class AdminListPage:
    """A long list: `rows` with facts about each. `q` is the filter, `label` the label of its field; `empty` is the text
    of an empty list, `new` the link that adds to the list.
    """

    head: AdminHeader
    q: str
    label: str
    summary: str
    rows: tuple[Link, ...]
    pager: Pager
    empty: str
    new: Link | None


@administrators_only
def accounts_page(context: RequestContext) -> Response:
    translator, (q, number) = context.translator, _query_and_page(context)
    paginated_rows = find_accounts(context.library, context.actor, q, number)
    rows = (
        Link(row.user.name, context.addresses.admin(ACCOUNTS, row.user.login), account_facts(row, translator))
        for row in paginated_rows.rows
    )
    summary = translator.ngettext("%(count)s account", "%(count)s accounts", paginated_rows.total)
    label = translator.gettext("Login, name or address")
    return _list_response(context, ACCOUNTS, paginated_rows, rows, summary=summary, label=label)


@administrators_only
def groups_page(context: RequestContext) -> Response:
    """The shared groups, first those that are deleted and can be restored; users' own libraries are private."""
    translator, (q, number) = context.translator, _query_and_page(context)
    paginated_rows = find_shared_groups(context.library, context.actor, q, number)
    deleted = deleted_group_links(context) if number == 1 and not q else ()
    rows = (
        *deleted,
        *(
            Link(row.view.group.name, context.addresses.group(row.view.group.slug), _group_facts(row, translator))
            for row in paginated_rows.rows
        ),
    )
    summary = facts_line(
        translator.ngettext("%(count)s group", "%(count)s groups", paginated_rows.total),
        translator.ngettext("%(count)s deleted group", "%(count)s deleted groups", len(deleted)) if deleted else "",
    )
    return _list_response(
        context, GROUPS, paginated_rows, rows, summary=summary, label=translator.gettext("Name or address")
    )


@administrators_only
def authors_page(context: RequestContext) -> Response:
    """The imported authors, who have no account."""
    translator, (q, number) = context.translator, _query_and_page(context)
    paginated_rows = find_imported_authors(context.library, context.actor, q, number)
    rows = (
        Link(row.user.name, context.addresses.admin(AUTHORS, row.user.login), _author_facts(row, translator))
        for row in paginated_rows.rows
    )
    summary = translator.ngettext(
        "%(count)s author without account", "%(count)s authors without account", paginated_rows.total
    )
    return _list_response(
        context, AUTHORS, paginated_rows, rows, summary=summary, label=translator.gettext("Login or name")
    )


def account_facts(account: Account, translator: Translator) -> str:
    """The facts about an account, in a line."""
    _ = translator.gettext
    return facts_line(
        account.user.login,
        account.email or "",
        _("%(email)s (not confirmed)", email=account.unverified_email) if account.unverified_email else "",
        _("administrator") if account.administrator else "",
        _("closed") if account.closed_at else "",
        "" if account.has_password else _("no password"),
    )


def activity_facts(shared: int, annotated: int, translator: Translator) -> str:
    """The contributions of a user, in a line."""
    return facts_line(
        translator.ngettext("%(count)s item", "%(count)s items", shared) if shared else "",
        translator.ngettext("%(count)s annotation", "%(count)s annotations", annotated) if annotated else "",
    )


def _query_and_page(context: RequestContext) -> tuple[str, int]:
    """The filter, and the number of the page."""
    return context.param("q").strip()[:_LONGEST_QUERY], requested_page(context.param("page"))


def _list_response(
    context: RequestContext,
    part: str,
    paginated_rows: PaginatedRows[Row],
    rows: Iterable[Link],
    *,
    summary: str,
    label: str,
) -> Response:
    translator, (q, _) = context.translator, _query_and_page(context)

    def address(number: int) -> str:
        pairs = (("q", q), ("page", str(number) if number > 1 else ""))
        return context.addresses.admin(part, pairs=tuple(pair for pair in pairs if pair[1]))

    page = AdminListPage(
        head=admin_header(context, part),
        q=q,
        label=label,
        summary=summary,
        rows=tuple(rows),
        pager=list_pager(paginated_rows.page, paginated_rows.last, address, translator),
        empty=translator.gettext("Nothing contains these letters") if q else translator.gettext("There is none yet"),
        new=Link(translator.gettext("Create a group"), context.addresses.own("groups/new")) if part == GROUPS else None,
    )
    return render(context, "admin/accounts_and_groups.html", page)


def _group_facts(shared_group_view: SharedGroupView, translator: Translator) -> str:
    group = shared_group_view.view.group
    return facts_line(
        archived_mark(group, translator),
        translator.gettext("seen by: %(who)s", who=visibility_name(group.visible, translator)),
        translator.ngettext("%(count)s member", "%(count)s members", shared_group_view.members),
        translator.ngettext("%(count)s item", "%(count)s items", shared_group_view.view.items),
        "" if shared_group_view.has_owner else translator.gettext("no owner"),
    )


def _author_facts(contribution: Contribution, translator: Translator) -> str:
    return facts_line(contribution.user.login, activity_facts(contribution.shared, contribution.annotated, translator))
