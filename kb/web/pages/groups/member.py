"""The page of one member: an owner changes the role, or links an imported author to an account."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.group import Role, role_named
from kb.services.groups.author_links import (
    AuthorLinkPreview,
    claim_author,
    group_author_link_preview,
    link_author_in_group,
)
from kb.services.groups.member_views import GroupPerson, person_of_group
from kb.services.groups.membership import remove_member, set_role, transfer_ownership
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.groups.members import member_address, member_facts
from kb.web.ui.display_text import Link
from kb.web.ui.group_choices import FormOption, role_choices
from kb.web.ui.group_header import MEMBERS
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class MemberPage:
    """`roles`, `removal_notice` and `handover_notice` are for a member; `attributes` and `claims` for an imported
    author.

    `sure` describes the effect of a requested author link, before it is confirmed; `login` is its account. `claimed`:
    the user has claimed this author already.
    """

    title: str
    form_token: str
    action: str
    breadcrumb: tuple[Link, ...]
    facts: str
    wrong: str
    roles: tuple[FormOption, ...]
    removal_notice: str
    handover_notice: str
    attributes: bool
    claims: bool
    claimed: bool
    login: str
    sure: str


def member_page(context: RequestContext) -> Response:
    """The actions on one person of a group. Raises NotFound if there are none."""
    return _page_response(context, _member_of_path(context))


def handle_member_post(context: RequestContext) -> Response:
    """Handle the form; an error is shown above the page."""
    one = _member_of_path(context)
    try:
        return _apply_form(context, one)
    except (Invalid, NotFound, Conflict) as error:
        return _page_response(context, one, error=error, login=context.form_value("login"))


def _apply_form(context: RequestContext, one: GroupPerson) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    slug, login = one.group.slug, one.person.user.login
    match field("act"):
        case "role":
            set_role(library, actor, slug, login, role_named(field("role")))
            done = "role-set"
        case "remove":
            remove_member(library, actor, slug, login)
            done = "member-removed"
        case "hand-over":
            transfer_ownership(library, actor, slug, login)
            done = "handed-over"
        case "claim":
            claim_author(library, actor, slug, login)
            done = "claimed"
        case "attribute" if not field("sure"):
            return _page_response(
                context, one, would=group_author_link_preview(library, actor, slug, login, field("login"))
            )
        case "attribute":
            link_author_in_group(library, actor, slug, login, field("login"))
            done = "attributed"
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return redirect_with_flash(context.addresses.group(slug, MEMBERS), done)


def _member_of_path(context: RequestContext) -> GroupPerson:
    params = context.path_params
    return person_of_group(context.library, context.actor, params["group"], params["login"])


def _page_response(
    context: RequestContext,
    one: GroupPerson,
    *,
    error: FlorilegeError | None = None,
    login: str = "",
    would: AuthorLinkPreview | None = None,
) -> Response:
    words, addresses, group, person = context.words, context.addresses, one.group, one.person
    manages_role = one.may_manage and person.role is not None and not group.is_personal and not person.imported
    page = MemberPage(
        title=person.user.name,
        form_token=context.form_token,
        action=member_address(context, group.slug, person.user.login),
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(words.say("Members"), addresses.group(group.slug, MEMBERS)),
        ),
        facts=member_facts(person, context),
        wrong=words.sentence(error) if error else "",
        roles=role_choices(Role, person.role or Role.MEMBER, words) if manages_role else (),
        removal_notice=words.say(
            "From their next click on, %(name)s is not a member any more. What they added stays.", name=person.user.name
        )
        if manages_role and not one.is_self
        else "",
        handover_notice=words.say(
            "%(name)s becomes the owner in your place, and you a moderator. Only they could change that.",
            name=person.user.name,
        )
        if one.may_hand_over
        else "",
        attributes=one.may_manage and person.imported,
        claims=not one.may_manage and person.imported,
        claimed=one.claimed,
        login=would.to.login if would else login,
        sure=_attribution_notice(would, context) if would else "",
    )
    return render(context, "groups/member.html", page, 409 if isinstance(error, Conflict) else 400 if error else 200)


def _attribution_notice(would: AuthorLinkPreview, context: RequestContext) -> str:
    """The effect of the author link, with its counts."""
    words, done = context.words, would.contribution
    return words.say(
        "In “%(group)s”, %(items)s and %(annotations)s of “%(author)s” become those of %(name)s, for good.",
        group=would.group.name,
        items=words.plural("%(count)s item", "%(count)s items", done.shared),
        annotations=words.plural("%(count)s annotation", "%(count)s annotations", done.annotated),
        author=done.user.name,
        name=f"{would.to.name} ({would.to.login})",
    )
