"""Groups: the contents of their libraries, and the users who contribute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kb.access.actor import Action, Actor, ReadableGroups
from kb.access.permissions import is_allowed, require_operator, require_permission, role_of
from kb.errors import Invalid, NotFound
from kb.model.ids import new_id
from kb.model.people.account import Invitation
from kb.model.people.delivery import Delivery
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.people.user import User
from kb.model.search_request import SearchRequest, View
from kb.model.slugs import is_slug
from kb.search.index_search import label_sort_key
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups
from kb.services.groups.group_languages import checked_languages
from kb.services.groups.group_settings import check_join_policy
from kb.services.groups.membership import MembershipStatus, membership_status_of, role_in_group
from kb.services.rights.invitation_rights import grantable_roles_of
from kb.store import AuthorClaim, JoinRequest
from kb.store.database.clock import timestamp_now


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group, with the counts of items and annotations (no replies) that a search finds; `role` is the actor's."""

    group: Group
    items: int
    annotations: int
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Contributor:
    """A user's contribution to a group. `role` is None for a user who is not a member, `imported` for an author without
    an account.

    `shared` counts items, `annotated` annotations and replies. `last` is the latest date of any of them, as it is
    stored (compared as text), or None if none has a date.
    """

    user: User
    role: Role | None
    shared: int
    annotated: int
    last: str | None
    imported: bool = False


def allowed_actions(actor: Actor, group: Group) -> frozenset[Action]:
    """All actions that the actor may do in a group."""
    return frozenset(action for action in Action if is_allowed(actor, action, group))


def group_views(library: Library, actor: Actor) -> tuple[GroupView, ...]:
    """The groups that the actor may read, by folded name. Raises Unavailable, as a search does."""
    wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        readable = readable_groups(reading, actor).groups
    views = _with_index_counts(library, readable, actor)
    return tuple(sorted(views, key=lambda view: (label_sort_key(view.group.name), view.group.name, view.group.slug)))


def group_view(library: Library, actor: Actor, slug: str) -> GroupView:
    """One group. Raises NotFound, with the same message for a group that the actor may not read; Unavailable."""
    wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
    return _with_index_counts(library, [group], actor)[0]


def readable_group(library: Library, actor: Actor, slug: str) -> Group:
    """One group without its counts, which need searches. Raises NotFound, as `group_view` does."""
    with library.store.read() as reading:
        return require_permission(actor, Action.READ, reading.groups.by_slug(slug))


def groups_of_former_slugs(library: Library, slugs: Iterable[str]) -> dict[str, Group]:
    """The groups that formerly had these slugs, by former slug, without a check of read permission."""
    with library.store.read() as reading:
        by_slug = {slug: reading.groups.by_slug(slug) for slug in slugs}
    return {slug: group for slug, group in by_slug.items() if group is not None and group.slug != slug}


def require_group_permission(library: Library, actor: Actor, action: Action, slug: str) -> Group:
    """One group in which the actor may do the action. Raises as `require_permission` does."""
    with library.store.read() as reading:
        return require_permission(actor, action, reading.groups.by_slug(slug))


def add_group(
    library: Library,
    actor: Actor,
    slug: str,
    name: str | None = None,
    *,
    visible: Visibility = Visibility.EVERYONE,
    join: JoinPolicy = JoinPolicy.INVITE,
    languages: Sequence[str] = (),
) -> Group:
    """Create a group; its name defaults to its slug.

    Raises Forbidden, Invalid for an invalid slug, language or join policy, Conflict for a slug in use.
    """
    require_operator(actor)
    if not is_slug(slug):
        raise Invalid("“%(slug)s” cannot be the address of a group: a-z, 0-9, ~ and - only.", slug=slug)
    check_join_policy(visible, join)
    group = Group(
        new_id(), slug, (name or "").strip() or slug, visible=visible, join=join, languages=checked_languages(languages)
    )
    with library.store.write() as writing:
        writing.groups.add(group)
        write_audit_log(writing, actor, AuditEvent.GROUP_ADDED, group_id=group.id, subject=group.id, detail=group.slug)
    return group


def contributors(library: Library, actor: Actor, group_slug: str) -> tuple[Contributor, ...]:
    """The users who shared, annotated or replied in a group, and its members: the most active first, then by folded
    name.

    Members without contributions are shown to members only; owners and moderators are shown to every reader. Raises
    NotFound for a group that the actor may not read.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(group_slug))
        roles = dict(reading.groups.members(group.id))
        active = reading.contributions.of_group(group.id)
        known = reading.accounts.with_account([contributor.user.id for contributor in active])
    inside = actor.operator or actor.administrator or role_of(actor, group) is not None
    visible_roles = {user: role for user, role in roles.items() if inside or role >= Role.MODERATOR}
    everyone = {user: Contributor(user, role, 0, 0, None) for user, role in visible_roles.items()}
    for contribution in active:
        role, imported = visible_roles.get(contribution.user), contribution.user.id not in known
        everyone[contribution.user] = Contributor(
            contribution.user, role, contribution.shared, contribution.annotated, contribution.last, imported
        )

    def order(person: Contributor) -> tuple[int, str, str]:
        return -person.shared - person.annotated, label_sort_key(person.user.name), person.user.login

    return tuple(sorted(everyone.values(), key=order))


def _with_index_counts(library: Library, readable: Sequence[Group], actor: Actor) -> list[GroupView]:
    """Groups with the counts from the index, which agree with the counts of searches."""
    groups = ReadableGroups.of(readable)
    items, annotations = (
        dict(library.catalogue.search(SearchRequest(view=view), groups).values("group"))
        for view in (View.ITEMS, View.PASSAGES)
    )
    return [
        GroupView(group, items.get(group.id, 0), annotations.get(group.id, 0), role_of(actor, group))
        for group in readable
    ]


@dataclass(frozen=True, slots=True)
class GroupPeople:
    """`grantable_roles` are those that the actor may give; if there are none, the following lists are empty.
    `deliveries` are those of the e-mail messages that bring the invitations, by id, of those not yet accepted.

    `may_manage`: the actor may change roles and link imported authors; `may_claim`: the actor may claim to be one.
    """

    group: Group
    membership_status: MembershipStatus
    contributors: tuple[Contributor, ...]
    grantable_roles: tuple[Role, ...] = ()
    may_manage: bool = False
    may_claim: bool = False
    requests: tuple[JoinRequest, ...] = ()
    invitations: tuple[tuple[Invitation, User | None], ...] = ()
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    claims: tuple[AuthorClaim, ...] = ()


def people_of_group(library: Library, actor: Actor, slug: str) -> GroupPeople:
    """All members and contributors of a group, the most active first. Raises NotFound, as `readable_group` does."""
    group = readable_group(library, actor, slug)
    status = membership_status_of(library, actor, group)
    grantable, may_manage = grantable_roles_of(actor, group), is_allowed(actor, Action.MANAGE, group)
    everyone = contributors(library, actor, slug)
    with library.store.read() as reading:
        invitations = reading.invitations.of_group(group.id) if grantable else ()
        open_invitations = [invitation for invitation in invitations if invitation.expires_at > timestamp_now()]
        users = reading.users.by_ids(invitation.user_id for invitation in open_invitations if invitation.user_id)
        return GroupPeople(
            group,
            status,
            everyone,
            grantable,
            may_manage,
            may_claim=status.role is not None and not may_manage and not actor.read_only,
            requests=reading.invitations.requests_of(group.id) if grantable else (),
            invitations=tuple((invitation, users.get(invitation.user_id or "")) for invitation in open_invitations),
            deliveries=reading.outbox.deliveries(invitation.id for invitation in open_invitations),
            claims=reading.invitations.claims_of(group.id) if may_manage else (),
        )


@dataclass(frozen=True, slots=True)
class GroupPerson:
    """One member or contributor of a group, for an actor who may act on them.

    `may_manage`: as in `GroupPeople`. `may_hand_over`: the actor may make them the owner in the actor's place.
    `claimed`: the actor claims to be this imported author.
    """

    group: Group
    person: Contributor
    may_manage: bool
    may_hand_over: bool
    is_self: bool
    claimed: bool


def person_of_group(library: Library, actor: Actor, slug: str, login: str) -> GroupPerson:
    """One member or contributor of a group. Raises NotFound if there is none, or none that the actor may act on."""
    group = readable_group(library, actor, slug)
    may_manage = is_allowed(actor, Action.MANAGE, group)
    may_claim = membership_status_of(library, actor, group).role is not None
    contributor = next((claim for claim in contributors(library, actor, slug) if claim.user.login == login), None)
    is_member = contributor is not None and contributor.role is not None and not group.is_personal
    if contributor is None or not ((may_manage and is_member) or ((may_manage or may_claim) and contributor.imported)):
        raise NotFound("There is nothing at this address.")
    with library.store.read() as reading:
        own_role = role_in_group(reading, actor.user_id, group.id) if actor.user_id else None
        claims = {(claim.user.id, claim.author.id) for claim in reading.invitations.claims_of(group.id)}
    is_self, claimed = contributor.user.id == actor.user_id, (actor.user_id, contributor.user.id) in claims
    may_hand_over = own_role is Role.OWNER and is_member and not is_self and not contributor.imported
    return GroupPerson(group, contributor, may_manage, may_hand_over, is_self, claimed)
