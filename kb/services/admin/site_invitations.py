"""Invitations to the site: one-time links that give an account, passed on by hand or sent by e-mail."""

from dataclasses import replace

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.errors import Conflict, NotFound
from kb.model.people.account import Invitation, LinkPurpose, checked_email
from kb.model.people.secret import new_secret, secret_hash
from kb.model.people.user import User
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter
from kb.services.groups.invitations import new_account_invitation
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now

MOST_PENDING_INVITATIONS = 1_000


def pending_site_invitations(library: Library, actor: Actor) -> tuple[tuple[Invitation, User | None], ...]:
    """The unused invitations, the latest first, each with the user who created it. Raises Forbidden."""
    require_administrator(actor)
    with library.store.read() as reading:
        waiting = _pending_invitations(reading)
        people = reading.users.by_ids(one.made_by for one in waiting if one.made_by)
    return tuple((one, people.get(one.made_by or "")) for one in waiting)


def invite_to_site(library: Library, actor: Actor, email: str = "") -> str | None:
    """Create a one-time link that gives an account: its secret, or None if it was sent to an address by e-mail.

    Raises Forbidden unless the actor is an administrator; Invalid, Conflict for the address of an account, or for too
    many.
    """
    require_administrator(actor)
    address = checked_email(email) if email.strip() else None
    secret = new_secret()
    invitation = new_account_invitation(actor, email=address)
    with library.store.write() as writing:
        # Administrators know all accounts: the error may say that one exists.
        if address and writing.accounts.by_email(address):
            raise Conflict("Another account has this e-mail address.")
        if len(_pending_invitations(writing)) >= MOST_PENDING_INVITATIONS:
            raise Conflict("Too many invitations wait: take some back first.")
        by = actor.name or library.settings.site_name
        is_sent = address is not None and MessageWriter(library, writing).invited(invitation, None, by, secret)
        writing.invitations.add(replace(invitation, sent=is_sent), secret_hash(secret))
        write_audit_log(writing, actor, AuditEvent.INVITED, detail=address)
    return None if is_sent else secret


def revoke_site_invitation(library: Library, actor: Actor, invitation_id: str) -> None:
    """Withdraw an invitation. Raises Forbidden, NotFound."""
    require_administrator(actor)
    with library.store.write() as writing:
        found = next((one for one in _pending_invitations(writing) if one.id == invitation_id), None)
        if found is None:
            raise NotFound("This invitation was used or taken back already.")
        writing.invitations.remove([found.id])
        write_audit_log(writing, actor, AuditEvent.INVITATION_REVOKED, detail=found.email)


def _pending_invitations(reading: ReadSnapshot) -> list[Invitation]:
    now = timestamp_now()
    return [one for one in reading.invitations.without_group(LinkPurpose.ACCOUNT) if one.expires_at > now]
