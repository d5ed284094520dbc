"""Account deletion: remove an account or an imported author, with the name, from the whole database."""

from dataclasses import dataclass
from enum import StrEnum

from kb.access.actor import Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.people.account import Account
from kb.model.people.group import Group, Role
from kb.model.people.user import User
from kb.services.accounts.accounts import require_other_administrator
from kb.services.accounts.erased_people import record_erased_person
from kb.services.authentication.authentication import reauthenticate
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import ERASED, ReadSnapshot, WriteTransaction


class AnnotationHandling(StrEnum):
    """What becomes of the annotations and replies of who goes."""

    KEEP = "keep"
    """They stay, and are nobody's."""
    REMOVED = "remove"


@dataclass(frozen=True, slots=True)
class AccountDeletionPreview:
    """What going away would do. `shared`, `alone` and `words` count what is in groups, not in one's own library.

    `alone` are the shared items that nobody else annotated. `groups` are those one belongs to; `orphans`, of these,
    those that nobody would own any more and that nobody else belongs to: they are left to the administrators. `stuck`
    are those that must be handed over first; `last`: nobody else administers the site.
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
    """What deleting one's own account would do. Raises SignInNeeded, Refused for a token."""
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        return _deletion_preview(reading, _user_with_account(reading, user_id))


def person_deletion_preview(library: Library, actor: Actor, login: str) -> AccountDeletionPreview:
    """What forgetting somebody would do. Raises Refused, but for an administrator; NotFound."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _deletion_preview(reading, _user_with_login(reading, actor, login))


def delete_account(
    library: Library, actor: Actor, words: AnnotationHandling, *, alone: bool, proof: str, client: str = ""
) -> None:
    """Take one's own account, library and name out of the base.

    `alone`: the items that nobody else annotated go too. `proof` is the password, or the login where there is none;
    `client` the address that asks.
    Raises SignInNeeded, Refused and TooOften for a wrong proof, Conflict for the last administrator and for who must
    hand over a group first.
    """
    user_id = require_signed_in_user(actor)
    _reauthenticate_with_proof(library, user_id, proof, client)
    with library.store.write() as writing:
        _erase(writing, actor, _user_with_account(writing, user_id), words, alone=alone)


def erase_person(library: Library, actor: Actor, login: str, words: AnnotationHandling, *, alone: bool = False) -> User:
    """Take a person out of the base, with an account or without, as `delete_account` does.

    Raises Refused, but for an administrator; NotFound; Conflict.
    """
    require_administrator(actor)
    with library.store.write() as writing:
        user = _user_with_login(writing, actor, login)
        _erase(writing, actor, user, words, alone=alone)
    return user


def _erase(writing: WriteTransaction, actor: Actor, user: User, words: AnnotationHandling, *, alone: bool) -> None:
    leaving = _deletion_preview(writing, user)
    account, removed = leaving.account, words is AnnotationHandling.REMOVED
    if account is not None:
        require_other_administrator(writing, account)
    if leaving.groups_to_hand_over:
        raise Conflict(
            "The group “%(group)s” has no other owner: hand it over first.", group=leaving.groups_to_hand_over[0].name
        )
    group_ids = {group.id for group in leaving.groups} | writing.contributions.of_person(user.id).keys()
    for own in _own_libraries(writing, user):
        writing.erasing.library(own.id)
    if alone:
        writing.erasing.items_alone(user.id)
    ids = writing.contributions.item_ids(user.id)
    if removed:
        writing.erasing.words(user.id)
    writing.contributions.attribute(user.id, None)
    writing.contributions.touch(ids)
    by_themselves = actor.user_id == user.id
    names = writing.persons.attributed_names(user.id) if by_themselves else None
    record_erased_person(writing, user, words=removed, names=names)
    if not by_themselves:
        write_audit_log(writing, actor, AuditEvent.ACCOUNT_DELETED)
    else:
        # Before the person goes, so that the line is of somebody, and then of a former member.
        write_audit_log(writing, actor, AuditEvent.ACCOUNT_DELETED, subject=user.id)
    writing.erasing.person(user, account, group_ids)
    writing.meta.set(ERASED, str(writing.changes.newest()))


def _deletion_preview(reading: ReadSnapshot, user: User) -> AccountDeletionPreview:
    account = reading.accounts.by_ids([user.id]).get(user.id)
    roles = {one.group_id: one.role for one in reading.groups.memberships(user.id)}
    groups = sorted(reading.groups.by_ids(roles).values(), key=lambda group: group.slug)
    shared_groups = tuple(group for group in groups if not group.is_personal)
    lonely = [
        group for group in shared_groups if roles[group.id] is Role.OWNER and not _has_other_owner(reading, group, user)
    ]
    stuck = tuple(group for group in lonely if len(reading.groups.members(group.id)) > 1)
    shared, alone, words = reading.persons.counts(user.id)
    own = [one.id for one in _own_libraries(reading, user)]
    inside = [reading.persons.counts(user.id, one) for one in own]
    return AccountDeletionPreview(
        user,
        account,
        own_items=sum(map(reading.persons.items_in, own)),
        shared=shared - sum(counted[0] for counted in inside),
        alone=alone - sum(counted[1] for counted in inside),
        words=words - sum(counted[2] for counted in inside),
        groups=shared_groups,
        orphaned_groups=tuple(group for group in lonely if group not in stuck),
        groups_to_hand_over=stuck,
        last=_is_last_administrator(reading, account),
    )


def _own_libraries(reading: ReadSnapshot, user: User) -> tuple[Group, ...]:
    """The libraries that are somebody's alone."""
    owned = [one.group_id for one in reading.groups.memberships(user.id) if one.role is Role.OWNER]
    return tuple(group for group in reading.groups.by_ids(owned).values() if group.is_personal)


def _has_other_owner(reading: ReadSnapshot, group: Group, but: User) -> bool:
    """Whether somebody else owns a group who can sign in."""
    others = [user.id for user, role in reading.groups.members(group.id) if role is Role.OWNER and user.id != but.id]
    return any(one.closed_at is None for one in reading.accounts.by_ids(others).values())


def _is_last_administrator(reading: ReadSnapshot, account: Account | None) -> bool:
    if account is None or not account.administrator or account.closed_at is not None:
        return False
    return reading.accounts.administrators() <= 1


def _user_with_account(reading: ReadSnapshot, user_id: str) -> User:
    account = reading.accounts.by_ids([user_id]).get(user_id)
    if account is None:
        raise NotFound("This account does not exist.")
    return account.user


def _user_with_login(reading: ReadSnapshot, actor: Actor, login: str) -> User:
    """Somebody with a login; for an administrator, nobody who is known in people's own libraries alone."""
    user = reading.users.by_login(login.strip())
    if user is not None and not actor.operator and not reading.users.has_account(user.id):
        groups = reading.groups.by_ids(reading.contributions.of_person(user.id)).values()
        user = user if any(not group.is_personal for group in groups) else None
    if user is None:
        raise NotFound("Nobody here has the login “%(login)s”.", login=login[:100])
    return user


def _reauthenticate_with_proof(library: Library, user_id: str, proof: str, client: str) -> None:
    """Return for who knows the password; where there is none, for who types the login."""
    with library.store.read() as reading:
        account = reading.accounts.by_ids([user_id]).get(user_id)
    if account is None:
        raise NotFound("This account does not exist.")
    if account.has_password:
        reauthenticate(library, account, proof, client)
    elif proof.strip().casefold() != account.user.login:
        raise Forbidden("This is not your login.")
