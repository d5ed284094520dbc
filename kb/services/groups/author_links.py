"""Author links in a group: give the items and texts of an imported author to a member's account."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission, require_signed_in_user
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.people.account import Account
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.accounts.accounts import require_open_account, required_account
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.groups.membership import role_in_group
from kb.store import Contribution, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now


def claim_author(library: Library, actor: Actor, slug: str, author: str) -> None:
    """Claim that an imported author of a group is the actor; an owner answers.

    Raises NotFound, LoginNeeded, Forbidden unless the actor is a member, Conflict for an author with an account.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.READ, writing.groups.by_slug(slug))
        user_id = require_signed_in_user(actor)
        if role_in_group(writing, user_id, group.id) is None:
            raise Forbidden("Only a member of the group can say so.")
        found = imported_author(writing, group, author).user
        writing.invitations.claim(user_id, found.id, group.id, timestamp_now())
        write_audit_log(writing, actor, AuditEvent.CLAIMED, group_id=group.id, subject=found.id)


def decline_claim(library: Library, actor: Actor, slug: str, author: str, login: str) -> None:
    """Decline a claim to an imported author. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug))
        for claim in writing.invitations.claims_of(group.id):
            if (claim.author.login, claim.user.login) == (author, login):
                writing.invitations.settle_claim(claim.user.id, claim.author.id, group.id)
                author_id = claim.author.id
                write_audit_log(
                    writing, actor, AuditEvent.DECLINED, group_id=group.id, subject=claim.user.id, person_id=author_id
                )
                return
        raise NotFound("This request was answered or taken back already.")


@dataclass(frozen=True, slots=True)
class AuthorLinkPreview:
    """The author, the account, and the author's `contribution` in the group that the account would get."""

    group: Group
    contribution: Contribution
    to: User


def group_author_link_preview(library: Library, actor: Actor, slug: str, author: str, login: str) -> AuthorLinkPreview:
    """The effect of `link_author_in_group`, without doing it. Raises the same errors."""
    with library.store.read() as reading:
        return _author_link_preview(reading, actor, slug, author, login)


def link_author_in_group(library: Library, actor: Actor, slug: str, author: str, login: str) -> AuthorLinkPreview:
    """Give an imported author's items and texts in a group to an account.

    An author without any content left is deleted. Raises NotFound, Forbidden, Conflict for an author with an account,
    or for an account that is not a member.
    """
    with library.store.write() as writing:
        done = _author_link_preview(writing, actor, slug, author, login)
        reassign_contributions(writing, actor, done.group, done.contribution.user, done.to)
        drop_unused_author(writing, done.contribution.user)
    return done


def reassign_contributions(writing: WriteTransaction, actor: Actor, group: Group, author: User, to: User) -> None:
    """Give an imported author's content in a group to an account, in a transaction; claims to it are answered."""
    writing.contributions.attribute(author.id, to.id, group.id)
    for claim in writing.invitations.claims_of(group.id):
        if claim.author.id == author.id:
            writing.invitations.settle_claim(claim.user.id, author.id, group.id)
    write_audit_log(
        writing, actor, AuditEvent.ATTRIBUTED, group_id=group.id, subject=to.id, detail=author.name, person_id=author.id
    )


def _author_link_preview(reading: ReadSnapshot, actor: Actor, slug: str, author: str, login: str) -> AuthorLinkPreview:
    group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
    contribution = imported_author(reading, group, author)
    account = account_to_link(reading, login)
    # An owner must not attribute texts to users outside the group.
    if role_in_group(reading, account.user.id, group.id) is None and not (actor.operator or actor.administrator):
        raise Conflict("“%(name)s” is not a member of this group: invite them first.", name=account.user.name)
    return AuthorLinkPreview(group, contribution, account.user)


def account_to_link(reading: ReadSnapshot, typed: str) -> Account:
    """The account with a typed login. Raises NotFound, Conflict for a closed account."""
    return require_open_account(required_account(reading, typed.strip().casefold()))


def imported_author(reading: ReadSnapshot, group: Group, login: str) -> Contribution:
    """What an author without an account did in a group. Raises NotFound, Conflict for an author with an account."""
    found = next((one for one in reading.contributions.of_group(group.id) if one.user.login == login), None)
    if found is None:
        raise NotFound("Nobody of this name shared or wrote anything in this group.")
    if reading.users.has_account(found.user.id):
        raise Conflict("“%(name)s” has an account: what they did is theirs.", name=found.user.name)
    return found


def drop_unused_author(writing: WriteTransaction, author: User) -> None:
    """Delete an imported author without any content left."""
    if writing.contributions.item_ids(author.id) or writing.groups.memberships(author.id):
        return
    # Hidden and removed content can be restored, with its author.
    if writing.contributions.is_aside(author.id):
        return
    writing.invitations.forget_person(author.id)
    writing.users.remove(author.id)
