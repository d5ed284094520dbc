"""The page of one member: an owner changes the role, or links an imported author to an account."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.group import Role, role_named
from kb.services.groups.author_links import (
    AuthorLinkPreview,
    claim_author,
    group_author_link_preview,
    link_author_in_group,
)
from kb.services.groups.group_views import GroupPerson, person_of_group
from kb.services.groups.known_people import people_to_name
from kb.services.groups.membership import remove_member, set_role, transfer_ownership
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.groups.people_table import PEOPLE, ROW, member_facts
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, role_choices
from kb.web.ui.group_header import MEMBERS
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.person_field import PersonField, person_field, selected_login
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class MemberPage:
    """`roles` and `may_remove` are for a member. `person` is the field that asks for the account of an imported author.

    `asks_to_hand_over`: the page asks before it hands the group over. `sure` is a requested author link, before it is
    confirmed.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    facts: str
    member: GroupPerson
    roles: tuple[FormOption, ...]
    may_remove: bool
    person: PersonField
    sure: AuthorLinkPreview | None
    asks_to_hand_over: bool


def member_page(
    context: RequestContext, preview: AuthorLinkPreview | None = None, *, hands_over: bool = False
) -> Response:
    """The actions on one person of a group; with the preview of an author link, or to hand the group over, its
    confirmation. Raises NotFound if there are none.
    """
    translator, member = context.translator, _person_of_path(context)
    group, person = member.group, member.person
    manages_role = member.may_manage and person.role is not None and not group.is_personal and not person.imported
    members = Link(translator.gettext("Members"), context.addresses.group(group.slug, MEMBERS))
    page = MemberPage(
        title=person.user.shown_name,
        breadcrumb=breadcrumb(context, group_link(context, group), members),
        facts=member_facts(person, translator),
        member=member,
        roles=role_choices(Role, person.role or Role.MEMBER, translator) if manages_role else (),
        may_remove=manages_role and not member.is_self,
        person=person_field(
            context,
            people_to_name(context.library, context.actor, group.slug) if member.may_manage and person.imported else (),
            context.typed_value("login")[:200],
        ),
        asks_to_hand_over=hands_over and member.may_hand_over,
        sure=preview,
    )
    return render(context, "groups/member.html", page)


@handle_form(member_page, {NotFound: 400})
def handle_member_post(context: RequestContext) -> Response:
    """Change the role of a member, or remove the member; claim an imported author, or link it to an account."""
    library, actor, field, person = context.library, context.actor, context.form_value, _person_of_path(context)
    slug, login = person.group.slug, person.person.user.login
    place, undo = ROW + login, None
    match field("act"):
        case "role":
            undo = set_role(library, actor, slug, login, role_named(field("role")))
            done = "role-set"
        case "remove":
            undo, place, done = remove_member(library, actor, slug, login), PEOPLE, "member-removed"
        case "hand-over" if not field("sure"):
            return member_page(context, hands_over=True)
        case "hand-over":
            transfer_ownership(library, actor, slug, login)
            done = "handed-over"
        case "claim":
            claim_author(library, actor, slug, login)
            done = "claimed"
        case "attribute" if not field("sure"):
            return member_page(
                context, group_author_link_preview(library, actor, slug, login, _selected_member(context, slug))
            )
        case "attribute":
            link_author_in_group(library, actor, slug, login, _selected_member(context, slug))
            done = "attributed"
        case _:
            raise Invalid("The request is not a form of this site.")
    members = context.addresses.group(slug, MEMBERS, (("at", place),))
    return redirect_with_flash(f"{members}#{place}", done, undo or "")


def _selected_member(context: RequestContext, slug: str) -> str:
    """The login of the member that the form means."""
    return selected_login(context, people_to_name(context.library, context.actor, slug))


def _person_of_path(context: RequestContext) -> GroupPerson:
    params = context.path_params
    return person_of_group(context.library, context.actor, params["group"], params["login"])
