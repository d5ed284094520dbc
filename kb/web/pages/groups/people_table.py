"""The table of the members and contributors of a group, one page of it."""

from dataclasses import dataclass

from kb.model.people.group import Role
from kb.model.search_request import SearchRequest, View
from kb.services.core.pagination import matching_rows, paginate
from kb.services.groups.group_views import Contributor, GroupPeople
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.listing_scope import ListingScope
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_options import FormOption, role_choices, role_name
from kb.web.ui.group_header import MEMBERS, list_filter
from kb.web.ui.pager import Pager, pager_of_address, requested_page

PEOPLE, ROW = "people", "m-"
"""The anchor of the table, and the beginning of that of a row, which the login follows."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person. `link` leads to the person's items, otherwise to their texts; `manage` to further actions on them.

    `roles` are those to choose from, of which one is the person's; without a choice, `role` is its name. `items` and
    `annotations` are numbers, and `last` is the day of the latest of them, empty without any.
    """

    login: str
    link: Link
    role: str
    roles: tuple[FormOption, ...]
    items: str
    annotations: str
    last: str
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
    everyone = sorted(people.contributors, key=lambda one: one.role is None)
    found = paginate(matching_rows(everyone, q, lambda one: f"{one.user.name} {one.user.login}"), number)
    return PeopleTable(
        rows=tuple(_row(one, people, context) for one in found.rows),
        total=found.total,
        q=q,
        may_manage=people.may_manage and not people.group.is_personal,
        pager=pager_of_address(context, found.page, found.last, "at", "done", "undo"),
    )


def member_address(context: RequestContext, slug: str, login: str) -> str:
    """The page of one person of a group."""
    return context.addresses.group(slug, f"{MEMBERS}/{login}")


def member_facts(one: Contributor, words: Translator) -> str:
    """The role and the contributions of a person in a group, in a line."""
    return facts_line(
        role_name(one.role, words) if one.role else "",
        words.plural("%(count)s item", "%(count)s items", one.shared) if one.shared else "",
        words.plural("%(count)s annotation", "%(count)s annotations", one.annotated) if one.annotated else "",
        words.say("last on %(day)s", day=words.instant(one.last)) if one.last else "",
    )


def _row(one: Contributor, people: GroupPeople, context: RequestContext) -> PersonRow:
    words, scope = context.words, ListingScope(people.group.slug)
    seen = scope.cleared(SearchRequest(view=View.ITEMS if one.shared else View.PASSAGES))
    href = context.addresses.listing(scope, seen.with_value("author", one.user.login))
    # Members change their own role on the page of further actions, because they may not be able to take it back.
    chooses = people.may_manage and one.role is not None and one.user.id != context.actor.user_id
    return PersonRow(
        login=one.user.login,
        link=Link(one.user.name, href if one.shared or one.annotated else ""),
        role=role_name(one.role, words) if one.role else words.say("imported") if one.imported else "",
        roles=role_choices(Role, one.role, words) if chooses and one.role and not people.group.is_personal else (),
        items=words.number(one.shared) if one.shared else "",
        annotations=words.number(one.annotated) if one.annotated else "",
        last=words.instant(one.last) if one.last else "",
        manage=_manage(one, people, context),
    )


def _manage(one: Contributor, people: GroupPeople, context: RequestContext) -> Link | None:
    words, is_member = context.words, one.role is not None and not people.group.is_personal
    if people.may_manage and is_member:
        is_self = one.user.id == context.actor.user_id
        label = words.say("change") if is_self else words.say("remove, hand over")
    elif people.may_manage and one.imported:
        label = words.say("attribute")
    elif people.may_claim and one.imported:
        label = words.say("that is me")
    else:
        return None
    return Link(label, member_address(context, people.group.slug, one.user.login), one.user.name)
