"""The table of the members and contributors of a group, one page of it."""

from dataclasses import dataclass

from kb.model.people.group import Role
from kb.model.search_request import SearchRequest, View
from kb.services.core.pagination import matching_rows, paginate
from kb.services.groups.group_views import Contributor, GroupPeople
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_options import FormOption, role_choices, role_name
from kb.web.ui.group_header import MEMBERS, list_filter
from kb.web.ui.pager import Pager, pager_of_address, requested_page

PEOPLE, ROW = "people", "m-"
"""The anchor of the table, and the beginning of that of a row, which the login follows."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person. `href` leads to the person's items, otherwise to their texts; `manage` to further actions on them.

    `roles` are those to choose from, of which one is the person's.
    """

    person: Contributor
    href: str
    roles: tuple[FormOption, ...]
    manage: Link | None


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """`total` people answer to the filter `q`; `may_manage`: the user may change roles."""

    rows: tuple[PersonRow, ...]
    total: int
    q: str
    may_manage: bool
    pager: Pager


def people_table(context: RequestContext, people: GroupPeople) -> PeopleTable:
    """The page of the table that the address names: members before other contributors, the most active people first."""
    q, number = list_filter(context), requested_page(context.param("page"))
    everyone = sorted(people.contributors, key=lambda contributor: contributor.role is None)
    paginated_rows = paginate(
        matching_rows(everyone, q, lambda contributor: f"{contributor.user.name} {contributor.user.login}"), number
    )
    return PeopleTable(
        rows=tuple(_row(row, people, context) for row in paginated_rows.rows),
        total=paginated_rows.total,
        q=q,
        may_manage=people.may_manage and not people.group.is_personal,
        pager=pager_of_address(context, paginated_rows.page, paginated_rows.last, "at", "done", "undo"),
    )


def member_address(context: RequestContext, slug: str, login: str) -> str:
    """The page of one person of a group."""
    return context.addresses.group(slug, f"{MEMBERS}/{login}")


def member_facts(contributor: Contributor, translator: Translator) -> str:
    """The role and the contributions of a person in a group, in a line."""
    return facts_line(
        role_name(contributor.role, translator) if contributor.role else "",
        translator.ngettext("%(count)s item", "%(count)s items", contributor.shared) if contributor.shared else "",
        translator.ngettext("%(count)s annotation", "%(count)s annotations", contributor.annotated)
        if contributor.annotated
        else "",
        translator.gettext("last on %(day)s", day=translator.instant(contributor.last)) if contributor.last else "",
    )


def _row(contributor: Contributor, people: GroupPeople, context: RequestContext) -> PersonRow:
    translator, scope = context.translator, ListingScope(people.group.slug)
    request = scope.cleared(SearchRequest(view=View.ITEMS if contributor.shared else View.PASSAGES))
    href = context.addresses.listing(scope, request.with_value("author", contributor.user.login))
    # Members change their own role on the page of further actions, because they may not be able to take it back.
    chooses = people.may_manage and contributor.role is not None and contributor.user.id != context.actor.user_id
    return PersonRow(
        contributor,
        href if contributor.shared or contributor.annotated else "",
        role_choices(Role, contributor.role, translator)
        if chooses and contributor.role and not people.group.is_personal
        else (),
        _manage(contributor, people, context),
    )


def _manage(contributor: Contributor, people: GroupPeople, context: RequestContext) -> Link | None:
    is_member = contributor.role is not None and not people.group.is_personal
    _ = context.translator.gettext
    if people.may_manage and is_member:
        is_self = contributor.user.id == context.actor.user_id
        label = _("change") if is_self else _("remove, hand over")
    elif people.may_manage and contributor.imported:
        label = _("attribute")
    elif people.may_claim and contributor.imported:
        label = _("that is me")
    else:
        return None
    return Link(label, member_address(context, people.group.slug, contributor.user.login), contributor.user.shown_name)
