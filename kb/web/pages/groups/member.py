"""One person of a group: their role, for an owner; whose is what an imported author did."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.group import Role, role_named
from kb.services.groups.author_links import Attribution, attribute_author, attribution_of, claim_author
from kb.services.groups.members import Somebody, somebody_of
from kb.services.groups.membership import hand_over, remove_member, set_role
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.groups.members import facts_of, person_address
from kb.web.ui.form_choices import Alternative, role_choices
from kb.web.ui.fragments import Link
from kb.web.ui.group_header import MEMBERS
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class MemberPage:
    """`roles`, `removes` and `hands_over` are for a member; `attributes` and `claims` for an imported author.

    `sure` says what would happen, before an attribution that was asked for; `login` is whose it would be. `claimed`:
    one has said so already.
    """

    title: str
    form_token: str
    action: str
    trail: tuple[Link, ...]
    facts: str
    wrong: str
    roles: tuple[Alternative, ...]
    removes: str
    hands_over: str
    attributes: bool
    claims: bool
    claimed: bool
    login: str
    sure: str


def member_page(context: Context) -> Response:
    """What can be done about one person of a group. Raises NotFound where there is nothing."""
    return _answer(context, _somebody(context))


def act_on_member(context: Context) -> Response:
    """Do what the form says; what cannot be done is told above the page."""
    one = _somebody(context)
    try:
        return _done(context, one)
    except (Invalid, NotFound, Conflict) as error:
        return _answer(context, one, error=error, login=context.form_value("login"))


def _done(context: Context, one: Somebody) -> Response:
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
            hand_over(library, actor, slug, login)
            done = "handed-over"
        case "claim":
            claim_author(library, actor, slug, login)
            done = "claimed"
        case "attribute" if not field("sure"):
            return _answer(context, one, would=attribution_of(library, actor, slug, login, field("login")))
        case "attribute":
            attribute_author(library, actor, slug, login, field("login"))
            done = "attributed"
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return moved(context.addresses.group(slug, MEMBERS), done)


def _somebody(context: Context) -> Somebody:
    params = context.path_params
    return somebody_of(context.library, context.actor, params["group"], params["login"])


def _answer(
    context: Context,
    one: Somebody,
    *,
    error: FlorilegeError | None = None,
    login: str = "",
    would: Attribution | None = None,
) -> Response:
    words, addresses, group, person = context.words, context.addresses, one.group, one.person
    manages_role = one.manages and person.role is not None and not group.is_personal and not person.imported
    page = MemberPage(
        title=person.user.name,
        form_token=context.form_token,
        action=person_address(context, group.slug, person.user.login),
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(words.say("Members"), addresses.group(group.slug, MEMBERS)),
        ),
        facts=facts_of(person, context),
        wrong=words.sentence(error) if error else "",
        roles=role_choices(Role, person.role or Role.MEMBER, words) if manages_role else (),
        removes=words.say(
            "From their next click on, %(name)s is not a member any more. What they added stays.", name=person.user.name
        )
        if manages_role and not one.is_self
        else "",
        hands_over=words.say(
            "%(name)s becomes the owner in your place, and you a moderator. Only they could change that.",
            name=person.user.name,
        )
        if one.may_hand_over
        else "",
        attributes=one.manages and person.imported,
        claims=not one.manages and person.imported,
        claimed=one.claimed,
        login=would.to.login if would else login,
        sure=_sure(would, context) if would else "",
    )
    return render(context, "groups/member.html", page, 409 if isinstance(error, Conflict) else 400 if error else 200)


def _sure(would: Attribution, context: Context) -> str:
    """What would happen, with what it would happen to."""
    words, done = context.words, would.contribution
    return words.say(
        "In “%(group)s”, %(items)s and %(annotations)s of “%(author)s” become those of %(name)s, for good.",
        group=would.group.name,
        items=words.plural("%(count)s item", "%(count)s items", done.shared),
        annotations=words.plural("%(count)s annotation", "%(count)s annotations", done.annotated),
        author=done.user.name,
        name=f"{would.to.name} ({would.to.login})",
    )
