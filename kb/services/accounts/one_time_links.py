"""One-time links: for the first administrator, for invitations, and to set a new password."""

from dataclasses import dataclass
from hashlib import sha256

from kb.access.actor import ANONYMOUS, Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict, InvalidLink, RateLimited
from kb.model.people.account import FOR_ACCOUNTS, Account, Invitation, LinkPurpose
from kb.model.people.group import Group
from kb.model.people.network_address import network_of
from kb.model.people.secret import secret_hash
from kb.model.people.user import User
from kb.services.accounts.account_lifecycle import NewAccount, create_account, required_account
from kb.services.accounts.own_account import send_confirmation_link
from kb.services.authentication.authentication import account_by_login_or_email, check_rate_limits, start_session
from kb.services.authentication.passwords import hash_password
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter, count_within_mail_quota
from kb.services.rights.invitation_rights import replace_one_time_link, usable_invitation
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in

FIRST_LINK_DAYS = 7
LINK_HOURS = 72
"""For a link that an administrator passes on by hand."""
RESET_LINK_HOURS = 1
"""For a link that any visitor can request by typing a login."""
_ADDRESS_RATE = Rate(burst=20, every=180)
"""Links requested from one network address, for any login: a whole office may share it."""
_ACCOUNT_RATE = Rate(burst=3, every=1200)
"""Links sent to one user, by any requesters."""
_INVALID_LINK = "This link no longer works: it was used already, or is too old."


def first_administrator_link(library: Library) -> str | None:
    """Create a link for the first administrator: its secret, or None if there is one. Earlier links become invalid."""
    with library.store.write() as writing:
        if writing.accounts.administrators():
            return None
        return replace_one_time_link(writing, LinkPurpose.ADMINISTRATOR, timestamp_in(days=FIRST_LINK_DAYS))


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """The purpose of a one-time link: the group to join, if any, and the user who offers it, if known."""

    invitation: Invitation
    group: Group | None = None
    by: User | None = None


def one_time_link(library: Library, secret: str) -> OneTimeLink:
    """The purpose of a one-time link. Raises NotFound for a link that was used, has expired or never existed."""
    with library.store.read() as reading:
        invitation = _valid_invitation(reading, secret)
        group = reading.groups.by_id(invitation.group_id)
        by = reading.users.by_id(invitation.made_by)
    return OneTimeLink(invitation, group, by)


def create_account_from_link(library: Library, secret: str, new: NewAccount, agent: str) -> tuple[Account, str]:
    """Create the account of a one-time link: the account, and the secret of its first session.

    Raises NotFound for an invalid link; Invalid and Conflict for the typed values, and the link stays valid. If there
    is no password, the caller must make sure that the user can log in some other way.
    """
    one_time_link(library, secret)
    password = None if new.password is None else hash_password(new.password)
    with library.store.write() as writing:
        invitation = _valid_invitation(writing, secret)
        account = create_invited_account(writing, invitation, new, password)
        # Otherwise an inviter could make the site send messages to any address, through accounts that the inviter
        # creates.
        if invitation.made_by is None or count_within_mail_quota(writing, invitation.made_by):
            send_confirmation_link(library, writing, account)
        return account, start_session(writing, account, agent, library.settings.session_days)


def join_from_link(library: Library, actor: Actor, secret: str) -> Group:
    """Join the group of a one-time link with the actor's existing account. Raises LoginNeeded, Forbidden.

    Raises NotFound for an invalid link or one with another purpose; Conflict for a link that only creates an account,
    and the link stays valid.
    """
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        invitation = _valid_invitation(writing, secret)
        account = writing.accounts.by_id(user_id)
        if invitation.purpose is not LinkPurpose.ACCOUNT or account is None or account.closed_at is not None:
            raise InvalidLink(_INVALID_LINK)
        group = writing.groups.by_id(invitation.group_id)
        if group is None:
            raise Conflict("You have an account already: this link is for a person who has none.")
        give_invited_role(writing, account, invitation)
        writing.invitations.remove([invitation.id])
        writing.invitations.withdraw(user_id, group.id)
    return group


def create_invited_account(
    writing: WriteTransaction, invitation: Invitation, new: NewAccount, password: str | None, *, verified: bool = False
) -> Account:
    """Create the account of an invitation, in a transaction, and mark the invitation as used. Raises as above.

    `verified`: the e-mail address is known to belong to the user. So are the address to which the link was sent, and
    that of the first administrator, who has the link from the console.
    """
    if invitation.purpose not in FOR_ACCOUNTS:
        raise InvalidLink(_INVALID_LINK)
    first = invitation.purpose is LinkPurpose.ADMINISTRATOR
    if first and writing.accounts.administrators():
        raise Conflict("This site has an administrator already: ask them for an invitation.")
    verified = verified or first or (invitation.sent_by_email and invitation.email == new.email.strip().casefold())
    account = create_account(writing, ANONYMOUS, new, password, administrator=first, verified=verified)
    give_invited_role(writing, account, invitation)
    writing.invitations.remove([invitation.id])
    return account


def create_password_link(library: Library, actor: Actor, login: str) -> str:
    """Create a password link, in place of earlier ones: its secret. Raises Forbidden, NotFound."""
    require_administrator(actor)
    with library.store.write() as writing:
        account = required_account(writing, login)
        write_audit_log(writing, actor, AuditEvent.PASSWORD_LINK_MADE, subject=account.user.id)
        until = timestamp_in(seconds=LINK_HOURS * 3600)
        # The link is invalid once its creator is no longer an administrator.
        return replace_one_time_link(writing, LinkPurpose.PASSWORD, until, account, made_by=actor.user_id)


def account_of_password_link(library: Library, secret: str) -> Account:
    """The account of a password link. Raises NotFound for an invalid link, or one with another purpose."""
    with library.store.read() as reading:
        return _invited_account(reading, _valid_invitation(reading, secret))


def reset_password(library: Library, secret: str, password: str, agent: str) -> str:
    """Set the password of a link's account, and end all its sessions: the secret of a new session.

    Raises NotFound for an invalid link; Invalid, and the link stays valid; Forbidden for a closed account.
    """
    account_of_password_link(library, secret)
    password_hash = hash_password(password)
    with library.store.write() as writing:
        invitation = _valid_invitation(writing, secret)
        account = _invited_account(writing, invitation)
        writing.accounts.set_password(account.user.id, password_hash)
        writing.credentials.revoke_sessions(account.user.id)
        writing.invitations.remove([invitation.id])
        write_audit_log(writing, Actor(account.user.id), AuditEvent.PASSWORD_SET, subject=account.user.id)
        MessageWriter(library, writing).send_password_changed(account)
        return start_session(writing, account, agent, library.settings.session_days)


def give_invited_role(writing: WriteTransaction, account: Account, invitation: Invitation) -> None:
    """Give an account the role of an invitation; an account with a higher role keeps it."""
    if invitation.group_id is None or invitation.role is None:
        return
    role = writing.groups.roles_of(account.user.id).get(invitation.group_id)
    if role is None or role < invitation.role:
        writing.groups.set_role(account.user.id, invitation.group_id, invitation.role)
        writing.invitations.remove_request(account.user.id, invitation.group_id)
        actor = Actor(account.user.id)
        write_audit_log(writing, actor, AuditEvent.JOINED, group_id=invitation.group_id, subject=account.user.id)


def _invited_account(reading: ReadSnapshot, invitation: Invitation) -> Account:
    account = reading.accounts.by_id(invitation.user_id)
    if invitation.purpose is not LinkPurpose.PASSWORD or account is None:
        raise InvalidLink(_INVALID_LINK)
    return account


def _valid_invitation(reading: ReadSnapshot, secret: str) -> Invitation:
    invitation = usable_invitation(reading, secret_hash(secret))
    if invitation is None:
        raise InvalidLink(_INVALID_LINK)
    return invitation


def check_reset_rate(library: Library, client: str) -> None:
    """Count a request from a network, whether the account exists or not. Raises RateLimited."""
    network = network_of(client) or client
    check_rate_limits(library, [(sha256(f"reset from\0{network}".encode()).hexdigest(), _ADDRESS_RATE)])


def send_password_reset_link(library: Library, typed: str, language: str) -> None:
    """Send a password link to the account with this login or e-mail address, if there is one.

    Call it after the answer is sent: the answer's text and time must be the same whether the account exists or not.
    """
    with library.store.read() as reading:
        account = account_by_login_or_email(reading, typed)
    if account is None or account.email is None or account.closed_at is not None:
        return
    key = sha256(f"reset of\0{account.user.id}".encode()).hexdigest()
    try:
        check_rate_limits(library, [(key, _ACCOUNT_RATE)])
    except RateLimited:
        return
    with library.store.write() as writing:
        until = timestamp_in(seconds=RESET_LINK_HOURS * 3600)
        secret = replace_one_time_link(writing, LinkPurpose.PASSWORD, until, account)
        MessageWriter(library, writing, language).send_password_link(account, secret)
