"""E-mail verification: unconfirmed addresses of accounts, and the link that confirms an address."""

from dataclasses import replace

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import Conflict, NotFound
from kb.model.ids import new_id
from kb.model.people.account import Account, Invitation, LinkPurpose
from kb.model.people.secret import new_secret, secret_hash
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter
from kb.services.email.outbox import can_send_email
from kb.services.rights.invitation_rights import usable_invitation
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

LINK_DAYS = 2
_INVALID_LINK = "This link works no more: it was used, or is too old. Ask for another one."


def send_confirmation_link(library: Library, writing: WriteTransaction, account: Account) -> bool:
    """Send the link that confirms an account's new address, in a transaction; return whether a message is sent.

    Earlier links become invalid. The result does not depend on whether another account has the address.
    """
    if account.unverified_email is None or not can_send_email(library.settings):
        return False
    secret = new_secret()
    writing.invitations.forget(LinkPurpose.EMAIL, account.user.id)
    link = Invitation(
        new_id(),
        LinkPurpose.EMAIL,
        timestamp_now(),
        timestamp_in(days=LINK_DAYS),
        user_id=account.user.id,
        email=account.unverified_email,
        sent=True,
    )
    writing.invitations.add(link, secret_hash(secret))
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
            writing.invitations.forget(purpose, user_id)
        write_audit_log(writing, actor, AuditEvent.ACCOUNT_CHANGED, subject=user_id, detail="email")
        MessageWriter(library, writing).send_email_changed(account)
    return address


def _account_to_confirm(reading: ReadSnapshot, user_id: str, secret: str) -> tuple[Account, str]:
    link = usable_invitation(reading, secret_hash(secret))
    account = reading.accounts.by_ids([user_id]).get(user_id)
    if link is None or link.purpose is not LinkPurpose.EMAIL or link.user_id != user_id or account is None:
        raise NotFound(_INVALID_LINK)
    if link.email is None or account.unverified_email != link.email:
        raise NotFound(_INVALID_LINK)
    return account, link.email
