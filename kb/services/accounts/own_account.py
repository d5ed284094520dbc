"""The user's own account: names, e-mail address and its confirmation, password and sessions."""

from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import Conflict, Forbidden, InvalidLink, NotFound
from kb.model.people.account import Account, LinkPurpose, Session, checked_email, checked_person_name
from kb.model.people.group import Group, Role
from kb.model.people.name_skeletons import require_free_name
from kb.model.people.secret import secret_hash
from kb.services.accounts.account_lifecycle import account_of_user, rename_user
from kb.services.authentication.authentication import check_rate_limits, reauthenticate
from kb.services.authentication.passwords import hash_password
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter, mail_quota_limit
from kb.services.email.outbox import can_send_email
from kb.services.rights.invitation_rights import replace_one_time_link, usable_invitation
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

_EMAIL_CHANGE_RATE = Rate(burst=10, every=600)
"""Addresses that one user enters: each gets a message."""
LINK_DAYS = 2
_INVALID_LINK = "This link no longer works: it was used already, or is too old."


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account as its user sees it: `groups` by slug, and the valid `sessions`, the latest first."""

    account: Account
    groups: tuple[tuple[Group, Role], ...]
    sessions: tuple[Session, ...]


def own_account_details(library: Library, actor: Actor) -> OwnAccount:
    """All details of the actor's own account. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        account = account_of_user(reading, user_id)
        roles = reading.groups.roles_of(user_id)
        groups = sorted(reading.groups.by_ids(roles).values(), key=lambda group: group.slug)
        now = timestamp_now()
        sessions = tuple(session for session in reading.credentials.sessions_of(user_id) if session.expires_at > now)
    return OwnAccount(account, tuple((group, roles[group.id]) for group in groups), sessions)


def change_name(library: Library, actor: Actor, name: str) -> None:
    """Change the actor's name beside all their items and texts.

    Raises LoginNeeded, Invalid; Conflict for a name that stands for those who run the site, or is that of one of them.
    """
    user_id, name = require_signed_in_user(actor), checked_person_name(name)
    with library.store.write() as writing:
        account = account_of_user(writing, user_id)
        if name == account.user.name:
            return
        if not account.administrator:
            require_free_name(name, writing.accounts.administrator_names())
        rename_user(writing, account, name)
        write_audit_log(writing, actor, AuditEvent.ACCOUNT_CHANGED, subject=user_id, detail="name")


def change_email(library: Library, actor: Actor, email: str, password: str, client: str) -> bool:
    """Change the actor's e-mail address, once it is confirmed, or remove it; return whether a confirmation link is
    sent.

    The old address stays until then. Password links sent before become invalid. The result does not depend on whether
    another account has the address: it reveals nothing. Raises LoginNeeded, Invalid; Forbidden and RateLimited for a
    wrong password.
    """
    user_id = require_signed_in_user(actor)
    address = checked_email(email) if email.strip() else None
    proven = _proven_password_hash(library, user_id, password, client)
    if address is not None:
        check_rate_limits(library, [(f"address of {user_id}", _EMAIL_CHANGE_RATE), mail_quota_limit(user_id)])
    with library.store.write() as writing:
        account = _account_with_same_password(writing, user_id, proven)
        if address is None or address == account.email:
            after = replace(account, email=address, unverified_email=None)
        else:
            after = replace(account, unverified_email=address)
        for purpose in (LinkPurpose.EMAIL, LinkPurpose.PASSWORD):
            writing.invitations.remove_for_purpose(purpose, user_id)
        if after != account:
            writing.accounts.update(after)
            write_audit_log(writing, actor, AuditEvent.ACCOUNT_CHANGED, subject=user_id, detail="email")
        if after.email != account.email:
            MessageWriter(library, writing).send_email_changed(account)
        return send_confirmation_link(library, writing, after)


def change_password(library: Library, actor: Actor, present: str, password: str, client: str) -> None:
    """Set a new password, end other sessions and password links. Raises Invalid; as `reauthenticate`."""
    user_id = require_signed_in_user(actor)
    proven = _proven_password_hash(library, user_id, present, client)
    password_hash = hash_password(password)
    with library.store.write() as writing:
        account = _account_with_same_password(writing, user_id, proven)
        writing.accounts.set_password(user_id, password_hash)
        writing.credentials.revoke_sessions(user_id, but=actor.credential)
        writing.invitations.remove_for_purpose(LinkPurpose.PASSWORD, user_id)
        write_audit_log(writing, actor, AuditEvent.PASSWORD_SET, subject=user_id)
        MessageWriter(library, writing).send_password_changed(account)


def end_session(library: Library, actor: Actor, session_id: str) -> None:
    """End one of the actor's sessions. Raises LoginNeeded; NotFound for a session of another user."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        if not writing.credentials.revoke_sessions(user_id, ids=[session_id]):
            raise NotFound("There is no such session.")


def end_other_sessions(library: Library, actor: Actor) -> None:
    """End all sessions of the actor except the current one. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        writing.credentials.revoke_sessions(user_id, but=actor.credential)


def _proven_password_hash(library: Library, user_id: str, password: str, client: str) -> str | None:
    """The stored hash of the present password, after checking it; None for an account without a password."""
    with library.store.read() as reading:
        account, password_hash = account_of_user(reading, user_id), reading.accounts.password_of(user_id)
    reauthenticate(library, account, password, client)
    return password_hash


def _account_with_same_password(writing: WriteTransaction, user_id: str, proven: str | None) -> Account:
    """The account, if its password is still the one checked before: another request may have changed it meanwhile."""
    if writing.accounts.password_of(user_id) != proven:
        raise Forbidden("The present password is not right.")
    return account_of_user(writing, user_id)


def send_confirmation_link(library: Library, writing: WriteTransaction, account: Account) -> bool:
    """Send the link that confirms an account's new address, in a transaction; return whether a message is sent.

    Earlier links become invalid. The result does not depend on whether another account has the address.
    """
    if account.unverified_email is None or not can_send_email(library.settings):
        return False
    until, address = timestamp_in(days=LINK_DAYS), account.unverified_email
    secret = replace_one_time_link(writing, LinkPurpose.EMAIL, until, account, email=address)
    return MessageWriter(library, writing).send_email_confirmation(account, secret)


def email_of_link(library: Library, actor: Actor, secret: str) -> str:
    """The address that a link confirms. Raises LoginNeeded; NotFound for a link of another account."""
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        return _account_to_confirm(reading, user_id, secret)[1]


def confirm_email(library: Library, actor: Actor, secret: str) -> str:
    """Set the account's address to the one that the link confirms, and invalidate its password links. Returns the
    address.

    Only the account that entered the address can confirm it: a person who gets the message by mistake cannot use it.
    Raises LoginNeeded; NotFound for a link of another account; Conflict for an address that another account has
    confirmed.
    """
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        account, address = _account_to_confirm(writing, user_id, secret)
        if writing.accounts.by_email(address) is not None:
            raise Conflict("Another account has this e-mail address.")
        writing.accounts.update(replace(account, email=address, unverified_email=None))
        for purpose in (LinkPurpose.EMAIL, LinkPurpose.PASSWORD):
            writing.invitations.remove_for_purpose(purpose, user_id)
        write_audit_log(writing, actor, AuditEvent.ACCOUNT_CHANGED, subject=user_id, detail="email")
        MessageWriter(library, writing).send_email_changed(account)
    return address


def _account_to_confirm(reading: ReadSnapshot, user_id: str, secret: str) -> tuple[Account, str]:
    link = usable_invitation(reading, secret_hash(secret))
    account = reading.accounts.by_id(user_id)
    if link is None or link.purpose is not LinkPurpose.EMAIL or link.user_id != user_id or account is None:
        raise InvalidLink(_INVALID_LINK)
    if link.email is None or account.unverified_email != link.email:
        raise InvalidLink(_INVALID_LINK)
    return account, link.email
