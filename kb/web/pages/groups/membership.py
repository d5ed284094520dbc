"""Coming into a group and leaving it, and the invitations that one has."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, NotFound, Refused
from kb.model.people.group import Group, Joining, Visibility
from kb.services.groups.groups import readable_group
from kb.services.groups.invitations import Invited, answer_invitation, my_invitations
from kb.services.groups.membership import (
    LONGEST_MESSAGE,
    join_group,
    leave_group,
    require_signed_in,
    take_back,
    tie_of,
)
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.ui.form_choices import role_name
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class JoinPage:
    """One act to confirm. `asks`: with a message to who answers; `grave`: one cannot simply come back."""

    title: str
    form_token: str
    action: str
    trail: tuple[Link, ...]
    lead: str
    wrong: str
    asks: bool
    message: str
    longest: int
    act: str
    button: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class InvitationRow:
    id: str
    group: str
    description: str
    facts: str


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    title: str
    form_token: str
    action: str
    wrong: str
    rows: tuple[InvitationRow, ...]


def join_page(context: Context) -> Response:
    """How one joins a group: at once, on request, or what became of the request. Raises SignInNeeded."""
    return _join(context, _shown(context))


def join(context: Context) -> Response:
    """Join a group, ask to, or take the request back."""
    group, slug = _shown(context), context.path_params["group"]
    home = context.addresses.group(slug)
    if context.form_value("act") == "take-back":
        take_back(context.library, context.actor, slug)
        return moved(home, "taken-back")
    is_in = join_group(context.library, context.actor, group.slug, context.form_value("message"))
    return moved(home, "joined" if is_in else "asked")


def leave_page(context: Context) -> Response:
    """What leaving means, before one does. Raises SignInNeeded, Refused for who is no member."""
    return _leave(context, _shown(context))


def leave(context: Context) -> Response:
    """Be a member no more; the group may not be there for them any more."""
    group = _shown(context)
    try:
        leave_group(context.library, context.actor, group.slug)
    except Conflict as error:
        return _leave(context, group, error)
    home = context.addresses.home() if group.visible is Visibility.MEMBERS else context.addresses.group(group.slug)
    return moved(home, "left")


def invitations_page(context: Context) -> Response:
    """The groups that one is invited to. Raises SignInNeeded."""
    return _invitations(context)


def answer(context: Context) -> Response:
    """Accept an invitation, or decline."""
    accept = context.form_value("act") == "accept"
    try:
        group = answer_invitation(context.library, context.actor, context.form_value("id"), accept=accept)
    except NotFound as error:
        return _invitations(context, error)
    if accept:
        return moved(context.addresses.group(group.slug), "joined")
    return moved(context.addresses.own("invitations"), "invitation-declined")


def _shown(context: Context) -> Group:
    """The group of the address, for who is signed in: one that is hidden is not there, signed in or not."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    require_signed_in(context.actor)
    return group


def _join(context: Context, group: Group) -> Response:
    words, tie = context.words, tie_of(context.library, context.actor, group)
    if tie.role is not None:
        return moved(context.addresses.group(group.slug))
    if tie.join is None:
        raise Refused("One is invited to the group “%(group)s”: ask one of its members.", group=group.name)
    asks = tie.join is Joining.REQUEST and not tie.asked
    if tie.asked:
        title, act = words.say("Your request waits for an answer"), "take-back"
        lead = words.say("Whoever looks after the group “%(group)s” will answer it.", group=group.name)
        button = words.say("Take the request back")
    elif asks:
        title, act, button = words.say("Ask to join this group"), "join", words.say("Send the request")
        lead = words.say("Whoever looks after the group “%(group)s” answers each request.", group=group.name)
    else:
        title, act, button = words.say("Join this group"), "join", words.say("Join")
        lead = words.say(
            "As a member of “%(group)s” you can add to its library; others see your name.", group=group.name
        )
    return _confirming(context, group, title=title, lead=lead, act=act, button=button, asks=asks)


def _leave(context: Context, group: Group, error: FlorilegeError | None = None) -> Response:
    words, tie = context.words, tie_of(context.library, context.actor, group)
    if tie.role is None:
        return moved(context.addresses.group(group.slug))
    if group.visible is Visibility.MEMBERS:
        lead = words.say(
            "You will not see “%(group)s” any more, unless you are invited again. What you added to it stays there.",
            group=group.name,
        )
    else:
        lead = words.say(
            "You will not add to “%(group)s” any more. What you added to it stays there.", group=group.name
        )
    title, button = words.say("Leave this group"), words.say("Leave the group")
    return _confirming(context, group, title=title, lead=lead, act="leave", button=button, error=error, grave=True)


def _confirming(
    context: Context,
    group: Group,
    *,
    title: str,
    lead: str,
    act: str,
    button: str,
    asks: bool = False,
    error: FlorilegeError | None = None,
    grave: bool = False,
) -> Response:
    words, addresses = context.words, context.addresses
    page = JoinPage(
        title=title,
        form_token=context.form_token,
        action=addresses.group(group.slug, "leave" if grave else "join"),
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
        ),
        lead=lead,
        wrong=words.sentence(error) if error else "",
        asks=asks,
        message="",
        longest=LONGEST_MESSAGE,
        act=act,
        button=button,
        grave=grave,
    )
    return render(context, "groups/membership.html", page, 409 if error else 200)


def _invitations(context: Context, error: FlorilegeError | None = None) -> Response:
    words = context.words
    page = InvitationsPage(
        title=words.say("Invitations"),
        form_token=context.form_token,
        action=context.addresses.own("invitations"),
        wrong=words.sentence(error) if error else "",
        rows=tuple(_row(one, context) for one in my_invitations(context.library, context.actor)),
    )
    return render(context, "groups/my_invitations.html", page, 404 if error else 200)


def _row(one: Invited, context: Context) -> InvitationRow:
    words, role = context.words, one.invitation.role
    facts = (
        words.say("invited by %(name)s", name=one.by.name) if one.by else "",
        words.say("as: %(role)s", role=role_name(role, words)) if role else "",
        words.say("until %(day)s", day=words.instant(one.invitation.expires_at)),
    )
    return InvitationRow(
        one.invitation.id, one.group.name, one.group.description or "", " · ".join(fact for fact in facts if fact)
    )
