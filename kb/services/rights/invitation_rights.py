"""The right to invite: checked when a link is created, and again for its creator when the link is used."""

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.model.ids import new_id
from kb.model.people.account import Account, Invitation, LinkPurpose
from kb.model.people.group import Group, Role
from kb.model.people.secret import new_secret, secret_hash
from kb.services.authentication.authentication import actor_of_user
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now


def grantable_roles_of(actor: Actor, group: Group) -> tuple[Role, ...]:
    """The roles that the actor may give by invitations or accepted requests, from the lowest."""
    if not is_allowed(actor, Action.INVITE, group):
        return ()
    manages = is_allowed(actor, Action.MANAGE, group)
    return tuple(role for role in Role if manages or role < Role.MODERATOR)


def replace_one_time_link(
    writing: WriteTransaction,
    purpose: LinkPurpose,
    expires_at: str,
    account: Account | None = None,
    *,
    email: str | None = None,
    made_by: str | None = None,
) -> str:
    """Create a one-time link and return its secret, which is not stored; `email` is the address it is sent to.

    Earlier links with this purpose for the same account become invalid.
    """
    secret, user_id = new_secret(), account.user.id if account else None
    writing.invitations.remove_for_purpose(purpose, user_id)
    link = Invitation(
        new_id(),
        purpose,
        timestamp_now(),
        expires_at,
        user_id,
        email=email,
        made_by=made_by,
        sent_by_email=email is not None,
    )
    writing.invitations.add(link, secret_hash(secret))
    return secret


def usable_invitation(reading: ReadSnapshot, hash_: str) -> Invitation | None:
    """The invitation with this hash; None if it has expired, or if its creator no longer has the right to make it."""
    invitation = reading.invitations.by_hash(hash_)
    if invitation is None or invitation.expires_at <= timestamp_now():
        return None
    return invitation if maker_may_invite(reading, invitation) else None


def maker_may_invite(reading: ReadSnapshot, invitation: Invitation) -> bool:
    """Whether the creator of an invitation still has an open account and the right to make it.

    True without a creator: the operator made it, or it is a link that a user requested to reset their own password.
    """
    if invitation.made_by is None:
        return True
    maker = actor_of_user(reading, invitation.made_by)
    if invitation.purpose is not LinkPurpose.ACCOUNT or invitation.group_id is None:
        return maker.administrator
    group = reading.groups.by_id(invitation.group_id)
    return group is not None and (invitation.role or Role.READER) in grantable_roles_of(maker, group)


def revoke_invitations_by(writing: WriteTransaction, user_id: str) -> None:
    """Remove the invitations whose creator has lost the right to make them, after a change of that user's rights."""
    invitations = writing.invitations.made_by(user_id)
    writing.invitations.remove([invite.id for invite in invitations if not maker_may_invite(writing, invite)])
