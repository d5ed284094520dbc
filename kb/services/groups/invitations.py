"""Invitations to a group or to the site, and answers to requests to join."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.ids import new_id
from kb.model.people.account import Account, Invitation, LinkPurpose, checked_email
from kb.model.people.delivery import Delivery
from kb.model.people.group import Group, Role
from kb.model.people.secret import new_secret, secret_hash
from kb.model.people.user import User
from kb.services.accounts.one_time_links import give_invited_role
from kb.services.authentication.authentication import check_rate_limits
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name
from kb.services.email.messages import MessageWriter, mail_quota_limit
from kb.services.email.outbox import can_send_email
from kb.services.groups.membership import require_shared_group, role_in_group
from kb.services.rights.invitation_rights import grantable_roles_of, maker_may_invite
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

INVITATION_DAYS = 14
MOST_INVITATIONS = 200
"""Open invitations of one group."""
INVITATIONS_AT_ONCE = 100
"""Lines of one form."""
_INVITER_RATE = Rate(burst=INVITATIONS_AT_ONCE + 20, every=180)
"""Invitations that one user creates: a whole list and its corrections at once, then twenty an hour, because by inviting
logins a user can find out which logins exist.

How many of them go out by e-mail is limited by `kb.services.email.messages.MAIL_A_DAY`.
"""

_NO_INVITATION = "This invitation was already used or withdrawn."


@dataclass(frozen=True, slots=True)
class ReceivedInvitation:
    """An invitation to the actor: the group, and the user who created it, if still known."""

    invitation: Invitation
    group: Group
    by: User | None


def new_account_invitation(
    actor: Actor,
    group: Group | None = None,
    role: Role | None = None,
    *,
    user_id: str | None = None,
    email: str | None = None,
) -> Invitation:
    """An invitation by the actor to a role in a group or, without one, to the site; it is not stored yet."""
    group_id, until = group.id if group else None, timestamp_in(days=INVITATION_DAYS)
    return Invitation(
        new_id(), LinkPurpose.ACCOUNT, timestamp_now(), until, user_id, group_id, role, email, made_by=actor.user_id
    )


def invite_by_link(library: Library, actor: Actor, slug: str, role: Role) -> tuple[Group, str]:
    """Create a one-time link that gives a role in the group: the group, and the secret, which is not stored.

    Raises NotFound, Forbidden, RateLimited, Conflict for too many open invitations.
    """
    _check_invitation_rate(library, actor)
    secret = new_secret()
    with library.store.write() as writing:
        group = _group_to_invite_to(writing, actor, slug, role)
        _add_invitation(writing, actor, group, new_account_invitation(actor, group, role), secret)
    return group, secret


def invite_by_email(
    library: Library, actor: Actor, slug: str, email: str, role: Role, *, may_send: bool = True
) -> tuple[Group, str | None]:
    """Send a link as by `invite_by_link` to an address: the group, and the secret if no message is sent.

    `may_send` is false for an inviter who passes the link on. The result does not reveal whether an account has this
    address: its user joins with the existing account. Raises Invalid too.
    """
    recipient = checked_email(email)
    may_send = may_send and can_send_email(library.settings)
    _check_invitation_rate(library, actor, by_email=may_send)
    secret = new_secret()
    with library.store.write() as writing:
        group = _group_to_invite_to(writing, actor, slug, role)
        invitation = new_account_invitation(actor, group, role, email=recipient)
        messages, by = MessageWriter(library, writing), actor.name or group.name
        is_sent = may_send and messages.send_invitation(invitation, group, by, secret)
        _add_invitation(writing, actor, group, replace(invitation, sent_by_email=is_sent), secret)
    return group, None if is_sent else secret


def invite_account(library: Library, actor: Actor, slug: str, login: str, role: Role) -> Account:
    """Invite a user with an account, who accepts or declines on their own pages.

    Raises NotFound for a login without an account, Conflict for a member; otherwise as `invite_by_link`.
    """
    _check_invitation_rate(library, actor)
    with library.store.write() as writing:
        group = _group_to_invite_to(writing, actor, slug, role)
        account = writing.accounts.by_login(login.strip().casefold())
        if account is None or account.closed_at is not None:
            raise NotFound("There is no account “%(login)s”.", login=login.strip()[:100])
        if role_in_group(writing, account.user.id, group.id) is not None:
            raise Conflict("“%(name)s” is a member already.", name=account.user.name)
        if writing.invitations.has_asked(account.user.id, group.id):
            raise Conflict("“%(name)s” asks to join: answer the request.", name=account.user.name)
        writing.invitations.withdraw(account.user.id, group.id)
        # The secret is discarded: the invited user logs in instead.
        invitation = new_account_invitation(actor, group, role, user_id=account.user.id)
        _add_invitation(writing, actor, group, invitation, new_secret())
    return account


def revoke_invitation(library: Library, actor: Actor, slug: str | None, invitation_id: str) -> None:
    """Withdraw an invitation to a group, or to the site (None). Raises as `replace_invitation_link`."""
    with library.store.write() as writing:
        group, invitation = _unused_invitation(writing, actor, slug, invitation_id)
        writing.invitations.remove([invitation.id])
        _log_invitation(writing, actor, AuditEvent.INVITATION_REVOKED, group, invitation)


def replace_invitation_link(
    library: Library, actor: Actor, slug: str | None, invitation_id: str
) -> tuple[Invitation, str]:
    """Replace the link of an invitation to a group, or to the site (None), which becomes one of the actor: the new
    invitation, and the secret, which is not stored. The earlier link becomes invalid.

    Raises NotFound, Forbidden, also for a role that the actor may not give; RateLimited.
    """
    _check_invitation_rate(library, actor)
    secret = new_secret()
    with library.store.write() as writing:
        group, earlier = _unused_invitation(writing, actor, slug, invitation_id)
        if earlier.user_id is not None:
            raise NotFound(_NO_INVITATION)
        writing.invitations.remove([earlier.id])
        invitation = new_account_invitation(actor, group, earlier.role, email=earlier.email)
        _add_invitation(writing, actor, group, invitation, secret)
    return invitation, secret


def resend_invitation(
    library: Library, actor: Actor, slug: str | None, invitation_id: str, email: str
) -> tuple[Invitation, str | None]:
    """Replace an invitation by e-mail, as by `replace_invitation_link`, and send the new link to an address: the new
    invitation, and the secret if no message is sent. Raises Invalid, and Conflict for the address of an account, too.
    """
    recipient = checked_email(email)
    _check_invitation_rate(library, actor, by_email=can_send_email(library.settings))
    secret = new_secret()
    with library.store.write() as writing:
        group, earlier = _unused_invitation(writing, actor, slug, invitation_id)
        if earlier.email is None:
            raise NotFound(_NO_INVITATION)
        if group is None:
            _require_new_address(writing, recipient)
        writing.invitations.remove([earlier.id])
        invitation = new_account_invitation(actor, group, earlier.role, email=recipient)
        by = actor.name or (group.name if group else site_name(writing, library.settings))
        is_sent = MessageWriter(library, writing).send_invitation(invitation, group, by, secret)
        _add_invitation(writing, actor, group, replace(invitation, sent_by_email=is_sent), secret)
    return invitation, None if is_sent else secret


def answer_join_request(library: Library, actor: Actor, slug: str, login: str, role: Role | None) -> None:
    """Accept a request to join, with a role, or decline it. Raises NotFound, Forbidden for too high a role."""
    with library.store.write() as writing:
        group = require_shared_group(actor, Action.INVITE, writing.groups.by_slug(slug))
        requests = writing.invitations.requests_of(group.id)
        request = next((request for request in requests if request.user.login == login), None)
        if request is None:
            raise NotFound("This request was already answered or withdrawn.")
        if role is not None:
            _check_grantable_role(actor, group, role)
            account = writing.accounts.by_id(request.user.id)
            if account is None or account.closed_at is not None:
                raise Conflict("The account “%(login)s” is closed.", login=request.user.login)
            writing.groups.set_role(request.user.id, group.id, role)
        writing.invitations.remove_request(request.user.id, group.id)
        done = AuditEvent.DECLINED if role is None else AuditEvent.APPROVED
        detail = None if role is None else role.key
        write_audit_log(writing, actor, done, group_id=group.id, subject=request.user.id, detail=detail)
        MessageWriter(library, writing).send_join_answer(group, request.user, let_in=role is not None)


def own_invitations(library: Library, actor: Actor) -> tuple[ReceivedInvitation, ...]:
    """The actor's own invitations, the latest first. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    now = timestamp_now()
    with library.store.read() as reading:
        addressed = [invite for invite in reading.invitations.addressed_to(user_id) if invite.expires_at > now]
        own = [invitation for invitation in addressed if maker_may_invite(reading, invitation)]
        groups = reading.groups.by_ids(invitation.group_id for invitation in own if invitation.group_id)
        people = reading.users.by_ids(invitation.made_by for invitation in own if invitation.made_by)
        return tuple(
            ReceivedInvitation(invitation, groups[invitation.group_id], people.get(invitation.made_by or ""))
            for invitation in own
            if invitation.group_id in groups
        )


def answer_invitation(library: Library, actor: Actor, invitation_id: str, *, accept: bool) -> Group:
    """Accept or decline one of the actor's invitations; returns the group. Raises NotFound, LoginNeeded."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        valid = [own for own in writing.invitations.addressed_to(user_id) if own.expires_at > timestamp_now()]
        invite = next((invitation for invitation in valid if invitation.id == invitation_id), None)
        account = writing.accounts.by_id(user_id)
        group = writing.groups.by_id(invite.group_id) if invite else None
        if invite is None or account is None or group is None or not maker_may_invite(writing, invite):
            raise NotFound(_NO_INVITATION)
        if accept:
            give_invited_role(writing, account, invite)
        writing.invitations.remove([invite.id])
    return group


def _group_to_invite_to(writing: WriteTransaction, actor: Actor, slug: str, role: Role) -> Group:
    group = require_shared_group(actor, Action.INVITE, writing.groups.by_slug(slug))
    _check_grantable_role(actor, group, role)
    if len(writing.invitations.of_group(group.id)) >= MOST_INVITATIONS:
        raise Conflict("Too many invitations are pending in this group: withdraw some first.")
    return group


def _check_grantable_role(actor: Actor, group: Group, role: Role) -> None:
    if role not in grantable_roles_of(actor, group):
        raise Forbidden("Only an owner of the group gives this role.")


def _check_invitation_rate(library: Library, actor: Actor, *, by_email: bool = False) -> None:
    if actor.user_id is not None:
        more = [mail_quota_limit(actor.user_id)] if by_email else []
        check_rate_limits(library, [(f"inviting {actor.user_id}", _INVITER_RATE), *more])


def _unused_invitation(
    reading: ReadSnapshot, actor: Actor, slug: str | None, invitation_id: str
) -> tuple[Group | None, Invitation]:
    """An invitation that the actor may replace or withdraw, and its group. Raises NotFound, Forbidden."""
    if slug is None:
        require_administrator(actor)
        group, invitations = None, _pending_invitations(reading)
    else:
        group = require_shared_group(actor, Action.INVITE, reading.groups.by_slug(slug))
        invitations = reading.invitations.of_group(group.id)
    invitation = next((invitation for invitation in invitations if invitation.id == invitation_id), None)
    if invitation is None:
        raise NotFound(_NO_INVITATION)
    if group is not None:
        _check_grantable_role(actor, group, invitation.role or Role.READER)
    return group, invitation


def _add_invitation(
    writing: WriteTransaction, actor: Actor, group: Group | None, invitation: Invitation, secret: str
) -> None:
    writing.invitations.add(invitation, secret_hash(secret))
    _log_invitation(writing, actor, AuditEvent.INVITED, group, invitation)


def _log_invitation(
    writing: WriteTransaction, actor: Actor, done: AuditEvent, group: Group | None, invitation: Invitation
) -> None:
    subject, group_id = invitation.user_id, group.id if group else None
    write_audit_log(writing, actor, done, group_id=group_id, subject=subject, detail=invitation.email)


MOST_PENDING_INVITATIONS = 1_000


def site_invitation_deliveries(library: Library, actor: Actor, ids: Iterable[str]) -> Mapping[str, Delivery]:
    """The deliveries of the messages that bring invitations to the site, by id, of those not yet accepted.

    Raises Forbidden.
    """
    require_administrator(actor)
    with library.store.read() as reading:
        return reading.outbox.deliveries(ids)


def pending_site_invitations(library: Library, actor: Actor) -> tuple[tuple[Invitation, User | None], ...]:
    """The unused invitations, the latest first, each with the user who created it. Raises Forbidden."""
    require_administrator(actor)
    with library.store.read() as reading:
        waiting = _pending_invitations(reading)
        people = reading.users.by_ids(invitation.made_by for invitation in waiting if invitation.made_by)
    return tuple((invitation, people.get(invitation.made_by or "")) for invitation in waiting)


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
        if address:
            _require_new_address(writing, address)
        if len(_pending_invitations(writing)) >= MOST_PENDING_INVITATIONS:
            raise Conflict("Too many invitations are pending: withdraw some first.")
        by = actor.name or site_name(writing, library.settings)
        is_sent = address is not None and MessageWriter(library, writing).send_invitation(invitation, None, by, secret)
        _add_invitation(writing, actor, None, replace(invitation, sent_by_email=is_sent), secret)
    return None if is_sent else secret


def _require_new_address(reading: ReadSnapshot, address: str) -> None:
    # Administrators know all accounts: the error may say that one exists.
    if reading.accounts.by_email(address):
        raise Conflict("Another account has this e-mail address.")


def _pending_invitations(reading: ReadSnapshot) -> tuple[Invitation, ...]:
    now = timestamp_now()
    unused = reading.invitations.without_group(LinkPurpose.ACCOUNT)
    return tuple(invite for invite in unused if invite.expires_at > now)
