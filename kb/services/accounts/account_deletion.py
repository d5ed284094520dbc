"""Account deletion: remove an account or an imported author, with the name, from the whole database."""

from dataclasses import dataclass
from enum import StrEnum

from kb.access.actor import Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.people.account import Account
from kb.model.people.group import Group, GroupState, Role
from kb.model.people.user import User
from kb.services.accounts.account_lifecycle import (
    account_of_user,
    has_other_owner,
    is_last_administrator,
    require_other_administrator,
)
from kb.services.accounts.erased_author_hashes import record_erased_person
from kb.services.authentication.authentication import reauthenticate
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import ERASED, ReadSnapshot, WriteTransaction


class AnnotationHandling(StrEnum):
    """What happens to the annotations and replies of a deleted user."""

    KEEP = "keep"
    """They stay, without an author."""
    REMOVED = "remove"


@dataclass(frozen=True, slots=True)
class AccountDeletionPreview:
    """The effects of a deletion. `shared`, `alone` and `words` count content in groups, not in the user's own library.

    `alone` counts the shared items that no other user annotated. `groups` are the user's groups; of these,
    `orphaned_groups` have no other owner and no other member, and are left to the administrators, and the user must
    first hand over `groups_to_hand_over`. `last`: the user is the only administrator of the site.
    """

    user: User
    account: Account | None
    own_items: int
    shared: int
    alone: int
    words: int
    groups: tuple[Group, ...] = ()
    orphaned_groups: tuple[Group, ...] = ()
    groups_to_hand_over: tuple[Group, ...] = ()
    last: bool = False


def account_deletion_preview(library: Library, actor: Actor) -> AccountDeletionPreview:
    """The effects of deleting one's own account. Raises LoginNeeded, Forbidden for a token."""
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        return _deletion_preview(reading, account_of_user(reading, user_id).user)


def person_deletion_preview(library: Library, actor: Actor, login: str) -> AccountDeletionPreview:
    """The effects of erasing a user. Raises Forbidden unless the actor is an administrator; NotFound."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _deletion_preview(reading, _user_with_login(reading, actor, login))


def delete_account(
    library: Library, actor: Actor, words: AnnotationHandling, *, alone: bool, proof: str, client: str = ""
) -> None:
    """Delete the actor's own account, library and name from the database.

    `alone`: also delete the items that no other user annotated. `proof` is the password or, for an account without one,
    the login; `client` is the network address of the request. Raises LoginNeeded, Forbidden and RateLimited for a wrong
    proof, Conflict for the last administrator and for an owner who must hand over a group first.
    """
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        account = account_of_user(reading, user_id)
    if account.has_password:
        reauthenticate(library, account, proof, client)
    elif proof.strip().casefold() != account.user.login:
        raise Forbidden("This is not your login.")
    with library.store.write() as writing:
        library.store.require_complete_erasure(writing)
        _erase(writing, actor, account_of_user(writing, user_id).user, words, alone=alone)


def erase_person(library: Library, actor: Actor, login: str, words: AnnotationHandling, *, alone: bool = False) -> User:
    """As `delete_account`, for any user, with or without account. Raises Forbidden, NotFound, Conflict."""
    require_administrator(actor)
    with library.store.write() as writing:
        user = _user_with_login(writing, actor, login)
        library.store.require_complete_erasure(writing)
        _erase(writing, actor, user, words, alone=alone)
    return user


def _erase(writing: WriteTransaction, actor: Actor, user: User, words: AnnotationHandling, *, alone: bool) -> None:
    preview = _deletion_preview(writing, user)
    account, removed = preview.account, words is AnnotationHandling.REMOVED
    if account is not None:
        require_other_administrator(writing, account)
    if preview.groups_to_hand_over:
        raise Conflict(
            "The group “%(group)s” has no other owner: hand it over first.", group=preview.groups_to_hand_over[0].name
        )
    group_ids = {group.id for group in preview.groups} | writing.contributions.of_person(user.id).keys()
    for own in _own_libraries(writing, user):
        writing.erasure.library(own.id)
    if alone:
        writing.erasure.items_alone(user.id)
    ids = writing.contributions.item_ids(user.id)
    if removed:
        writing.erasure.words(user.id)
    writing.contributions.attribute(user.id, None)
    writing.contributions.mark_changed(ids)
    by_themselves = actor.user_id == user.id
    names = writing.person_data.attributed_names(user.id) if by_themselves else None
    record_erased_person(writing, user, words=removed, names=names)
    # Before the deletion, so that the entry has a user, who is then shown as a former member.
    write_audit_log(writing, actor, AuditEvent.ACCOUNT_DELETED, subject=user.id if by_themselves else None)
    writing.erasure.person(user, account, group_ids)
    writing.meta.set(ERASED, str(writing.changes.newest()))


def _deletion_preview(reading: ReadSnapshot, user: User) -> AccountDeletionPreview:
    account = reading.accounts.by_id(user.id)
    roles = reading.groups.roles_of(user.id)
    groups = sorted(reading.groups.by_ids(roles).values(), key=lambda group: group.slug)
    shared_groups = tuple(group for group in groups if not group.is_personal)
    owned = (group for group in shared_groups if roles[group.id] is Role.OWNER)
    active = (group for group in owned if group.state is GroupState.ACTIVE)
    left_without_owner = [group for group in active if not has_other_owner(reading, group, user.id)]
    to_hand_over = tuple(group for group in left_without_owner if len(reading.groups.members(group.id)) > 1)
    shared, alone, words = reading.person_data.counts(user.id)
    own = [library.id for library in _own_libraries(reading, user)]
    inside = [reading.person_data.counts(user.id, group_id) for group_id in own]
    return AccountDeletionPreview(
        user,
        account,
        own_items=sum(map(reading.person_data.items_in, own)),
        shared=shared - sum(counted[0] for counted in inside),
        alone=alone - sum(counted[1] for counted in inside),
        words=words - sum(counted[2] for counted in inside),
        groups=shared_groups,
        orphaned_groups=tuple(group for group in left_without_owner if group not in to_hand_over),
        groups_to_hand_over=to_hand_over,
        last=is_last_administrator(reading, account),
    )


def _own_libraries(reading: ReadSnapshot, user: User) -> tuple[Group, ...]:
    owned = [membership.group_id for membership in reading.groups.memberships(user.id) if membership.role is Role.OWNER]
    return tuple(group for group in reading.groups.by_ids(owned).values() if group.is_personal)


def _user_with_login(reading: ReadSnapshot, actor: Actor, login: str) -> User:
    """The user with a login. For an administrator, not a user known only in other users' own libraries."""
    user = reading.users.by_login(login.strip())
    if user is not None and not actor.operator and not reading.users.has_account(user.id):
        groups = reading.groups.by_ids(reading.contributions.of_person(user.id)).values()
        user = user if any(not group.is_personal for group in groups) else None
    if user is None:
        raise NotFound("Nobody here has the login “%(login)s”.", login=login[:100])
    return user
