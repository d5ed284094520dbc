"""The user's own account: names, e-mail address, password and sessions."""

from dataclasses import dataclass, replace

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import Forbidden, NotFound
from kb.model.people.account import Account, LinkPurpose, Session, checked_email, checked_person_name
from kb.model.people.group import Group, Role
from kb.services.accounts.accounts import rename_user
from kb.services.accounts.email_verification import send_confirmation_link
from kb.services.authentication.authentication import check_rate_limits, reauthenticate
from kb.services.authentication.passwords import hash_password
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter, mail_quota_limit
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

_EMAIL_CHANGE_RATE = Rate(burst=10, every=600)
"""Addresses that one user enters: each gets a message."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account as its user sees it. `groups` are the user's groups, by slug; `sessions` the valid ones, the latest
    first.
    """

    account: Account
    groups: tuple[tuple[Group, Role], ...]
    sessions: tuple[Session, ...]


def own_account_details(library: Library, actor: Actor) -> OwnAccount:
    """All details of the actor's own account. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        account = _account_of_user(reading, user_id)
        roles = {one.group_id: one.role for one in reading.groups.memberships(user_id)}
        groups = sorted(reading.groups.by_ids(roles).values(), key=lambda group: group.slug)
        now = timestamp_now()
        sessions = tuple(one for one in reading.credentials.sessions_of(user_id) if one.expires_at > now)
    return OwnAccount(account, tuple((group, roles[group.id]) for group in groups), sessions)


def change_name(library: Library, actor: Actor, name: str) -> None:
    """Change the actor's name beside all their items and texts. Raises LoginNeeded, Invalid."""
    user_id, name = require_signed_in_user(actor), checked_person_name(name)
    with library.store.write() as writing:
        account = _account_of_user(writing, user_id)
        if name == account.user.name:
            return
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
            writing.invitations.forget(purpose, user_id)
        if after != account:
            writing.accounts.update(after)
            write_audit_log(writing, actor, AuditEvent.ACCOUNT_CHANGED, subject=user_id, detail="email")
        if after.email != account.email:
            MessageWriter(library, writing).send_email_changed(account)
        return send_confirmation_link(library, writing, after)


def change_password(library: Library, actor: Actor, present: str, password: str, client: str) -> None:
    """Set a new password, end all other sessions, and invalidate password links.

    Raises LoginNeeded, Invalid; Forbidden and RateLimited for a wrong present password.
    """
    user_id = require_signed_in_user(actor)
    proven = _proven_password_hash(library, user_id, present, client)
    kept = hash_password(password)
    with library.store.write() as writing:
        account = _account_with_same_password(writing, user_id, proven)
        writing.accounts.set_password(user_id, kept)
        writing.credentials.revoke_sessions(user_id, but=actor.credential)
        writing.invitations.forget(LinkPurpose.PASSWORD, user_id)
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
        account, kept = _account_of_user(reading, user_id), reading.accounts.password_of(user_id)
    reauthenticate(library, account, password, client)
    return kept


def _account_with_same_password(writing: WriteTransaction, user_id: str, proven: str | None) -> Account:
    """The account, if its password is still the one checked before: another request may have changed it meanwhile."""
    if writing.accounts.password_of(user_id) != proven:
        raise Forbidden("The present password is not right.")
    return _account_of_user(writing, user_id)


def _account_of_user(reading: ReadSnapshot | WriteTransaction, user_id: str) -> Account:
    account = reading.accounts.by_ids([user_id]).get(user_id)
    if account is None:
        raise NotFound("This account does not exist.")
    return account
