"""Links that work once: the first administrator's, invitations, another password."""

from kb.access.actor import ANONYMOUS, Actor
from kb.errors import Conflict, NotFound
from kb.library.accounts import NewAccount, made_account
from kb.library.acts import Done, note
from kb.library.opening import Library
from kb.library.passwords import hashed
from kb.library.signing_in import begun_session
from kb.model.account import Account, Invitation, Purpose
from kb.model.ids import new_id
from kb.model.secret import hash_of, new_secret
from kb.store import Reading, Writing
from kb.store.instants import instant_in, this_instant

FIRST_LINK_DAYS = 7


def first_link(library: Library) -> str | None:
    """The secret of a new link for the first administrator; None when there is one. Links given before are void."""
    with library.store.write() as writing:
        if writing.accounts.administrators():
            return None
        secret = new_secret()
        writing.invitations.forget(Purpose.ADMINISTRATOR)
        invitation = Invitation(new_id(), Purpose.ADMINISTRATOR, this_instant(), instant_in(days=FIRST_LINK_DAYS))
        writing.invitations.add(invitation, hash_of(secret))
    return secret


def invitation_of(library: Library, secret: str) -> Invitation:
    """What a link that works once is for. Raises NotFound for one that was used, has expired or never was."""
    with library.store.read() as reading:
        return _valid(reading, secret)


def accept_account(library: Library, secret: str, new: NewAccount, agent: str) -> tuple[Account, str]:
    """Make the account that a link promises: the account, and the secret of its first session.

    Raises NotFound for a link that works no more; Invalid and Conflict, and the link works still, for what is typed.
    """
    invitation_of(library, secret)
    password = hashed(new.password or "")
    with library.store.write() as writing:
        invitation = _valid(writing, secret)
        if invitation.purpose is Purpose.PASSWORD:
            raise NotFound(_VOID)
        first = invitation.purpose is Purpose.ADMINISTRATOR
        if first and writing.accounts.administrators():
            raise Conflict("This site has an administrator already: ask them for an invitation.")
        account = made_account(writing, ANONYMOUS, new, password, administrator=first)
        joined(writing, account, invitation)
        writing.invitations.remove([invitation.id])
        return account, begun_session(writing, account, agent)


def joined(writing: Writing, account: Account, invitation: Invitation) -> None:
    """Give an account the role that an invitation promises; a higher one is kept."""
    if invitation.group_id is None or invitation.role is None:
        return
    held = {one.group_id: one.role for one in writing.groups.memberships(account.user.id)}
    if held.get(invitation.group_id, 0) < invitation.role:
        writing.groups.set_role(account.user.id, invitation.group_id, invitation.role)
        writing.invitations.settle(account.user.id, invitation.group_id)
        actor = Actor(account.user.id)
        note(writing, actor, Done.JOINED, group_id=invitation.group_id, subject=account.user.id)


_VOID = "This link works no more: it was used, or is too old. Ask for another one."


def _valid(reading: Reading, secret: str) -> Invitation:
    invitation = reading.invitations.by_hash(hash_of(secret))
    if invitation is None or invitation.expires_at <= this_instant():
        raise NotFound(_VOID)
    return invitation
