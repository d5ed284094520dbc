"""OIDC sign-up: a user with an identity unknown here proves that an account is theirs, or creates a new account."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace

from kb.access.actor import ANONYMOUS, Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.people.account import FOR_ACCOUNTS, LONGEST_NAME, Identity, Invitation, PendingOidcLogin, checked_email
from kb.services.accounts.account_lifecycle import NewAccount, create_account, free_login, required_account
from kb.services.accounts.oidc_login import LOGIN_MINUTES, OidcBrowser, add_identity, pending_signup_key
from kb.services.accounts.one_time_links import create_invited_account
from kb.services.authentication.authentication import actor_of_session, sign_in, sign_out, start_session
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.rights.invitation_rights import usable_invitation
from kb.settings import EVERYONE
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_in, timestamp_now

_EXPIRED_SIGNUP = "This login is too old, or was finished already: begin again."


@dataclass(frozen=True, slots=True)
class PendingSignup:
    """A pending sign-up. `email` is verified by the provider; `may_sign_up`: the user may create an account."""

    identity: Identity
    name: str
    login: str
    email: str
    onward: str
    may_sign_up: bool


def pending_signup(library: Library, browser: OidcBrowser) -> PendingSignup:
    """The pending sign-up of a browser. Raises Conflict if there is none, or if it has expired."""
    with library.store.read() as reading:
        return _pending_signup(library, reading, reading.accounts.pending_login(pending_signup_key(browser.binding)))


def link_existing_account(library: Library, browser: OidcBrowser, typed: str, password: str) -> tuple[str, str]:
    """Add the identity to an account, given its password: the next address, and a session. Raises as `sign_in`."""
    pending_signup(library, browser)
    session = sign_in(library, typed, password, browser.client, browser.agent, device=browser.device)
    actor = actor_of_session(library, session)
    try:
        with library.store.write() as writing:
            pending_login = writing.accounts.take_pending_login(pending_signup_key(browser.binding))
            pending = _pending_signup(library, writing, pending_login)
            add_identity(library, writing, actor, replace(pending.identity, user_id=actor.user_id or ""))
    except BaseException:
        sign_out(library, actor)
        raise
    return pending.onward, session


def sign_up(library: Library, browser: OidcBrowser, login: str, name: str) -> tuple[str, str]:
    """Create an account for a pending sign-up: the address to continue at, and the secret of the first session.

    Raises Forbidden if the user may not create one; Invalid and Conflict for the typed values, and the user may try
    again.
    """
    with library.store.write() as writing:
        pending_login = writing.accounts.take_pending_login(pending_signup_key(browser.binding))
        pending = _pending_signup(library, writing, pending_login)
        if pending_login is None or not pending.may_sign_up:
            raise Forbidden("An account here is made by invitation only.")
        new = NewAccount(login, name, pending.email)
        invitation = _usable_account_invitation(writing, pending_login)
        if invitation is not None:
            account = create_invited_account(writing, invitation, new, None, verified=True)
        else:
            account = create_account(writing, ANONYMOUS, new, None, verified=True)
        add_identity(
            library, writing, Actor(account.user.id), replace(pending.identity, user_id=account.user.id), is_new=True
        )
        return pending.onward, start_session(writing, account, browser.agent, library.settings.session_days)


def own_identities(library: Library, actor: Actor) -> tuple[tuple[Identity, ...], bool]:
    """The actor's OIDC identities, and whether the account also has a password. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        account = reading.accounts.by_ids([user_id])[user_id]
        return reading.accounts.identities_of(user_id), account.has_password


def remove_identity(library: Library, actor: Actor, issuer: str, subject: str) -> None:
    """Remove one of the actor's identities. Raises LoginNeeded, NotFound; Conflict if it is the only way to log in."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        account, identities = writing.accounts.by_ids([user_id])[user_id], writing.accounts.identities_of(user_id)
        identity = next((known for known in identities if (known.issuer, known.subject) == (issuer, subject)), None)
        if identity is None:
            raise NotFound("This identity is not one of your account.")
        if not account.has_password and len(identities) == 1:
            raise Conflict("This is the only way into your account: set a password first.")
        writing.accounts.remove_identity(identity)
        write_audit_log(writing, actor, AuditEvent.IDENTITY_REMOVED, subject=user_id)


def account_identities(library: Library, actor: Actor, login: str) -> tuple[Identity, ...]:
    """The OIDC identities of an account. Raises Forbidden unless the actor is an administrator; NotFound."""
    require_administrator(actor)
    with library.store.read() as reading:
        return reading.accounts.identities_of(required_account(reading, login).user.id)


def set_identity(library: Library, actor: Actor, login: str, subject: str, *, removed: bool = False) -> None:
    """Add or remove an account's identity at the provider. Raises Forbidden, NotFound, Conflict, Invalid."""
    require_administrator(actor)
    issuer = library.settings.oidc_issuer
    if not issuer:
        raise Invalid("This site has no provider of identities: set %(name)s.", name="KB_OIDC_ISSUER")
    if not subject.isprintable() or not 0 < len(subject) < 256:
        raise Invalid("A subject has 1 to %(count)s characters, on one line.", count=255)
    with library.store.write() as writing:
        account = required_account(writing, login)
        identity = Identity(issuer, subject, account.user.id, timestamp_now())
        if not removed:
            add_identity(library, writing, actor, identity)
            return
        existing = {(identity.issuer, identity.subject) for identity in writing.accounts.identities_of(account.user.id)}
        if (issuer, subject) not in existing:
            raise NotFound("This identity is not one of the account “%(login)s”.", login=login)
        writing.accounts.remove_identity(identity)
        write_audit_log(writing, actor, AuditEvent.IDENTITY_REMOVED, subject=account.user.id)


def _pending_signup(library: Library, reading: ReadSnapshot, pending_login: PendingOidcLogin | None) -> PendingSignup:
    if (
        pending_login is None
        or pending_login.identity_claims is None
        or pending_login.created_at < timestamp_in(seconds=-60 * LOGIN_MINUTES)
    ):
        raise Conflict(_EXPIRED_SIGNUP)
    claims: dict[str, str] = json.loads(pending_login.identity_claims)
    email = ""
    with suppress(Invalid):
        email = checked_email(claims["email"])
    name = "".join(letter for letter in claims["name"] if letter.isprintable()).strip()[:LONGEST_NAME]
    proposed = claims["login"].partition("@")[0] or email.partition("@")[0] or name
    identity = Identity(claims["issuer"], claims["subject"], "", timestamp_now())
    # If the site's provider has changed meanwhile, the identity belongs to another one.
    if identity.issuer != library.settings.oidc_issuer:
        raise Conflict(_EXPIRED_SIGNUP)
    sign_up = library.settings.oidc_sign_up
    is_open = sign_up == EVERYONE or email.rpartition("@")[2] in sign_up.split()
    may_sign_up = is_open or _usable_account_invitation(reading, pending_login) is not None
    # Only a user who may have an account learns which logins are taken.
    login = free_login(reading, proposed) if may_sign_up else ""
    return PendingSignup(identity, name, login, email, pending_login.next, may_sign_up)


def _usable_account_invitation(reading: ReadSnapshot, pending_login: PendingOidcLogin) -> Invitation | None:
    """The invitation that the user opened before the login, if it is still valid."""
    invitation = usable_invitation(reading, pending_login.invitation) if pending_login.invitation else None
    return invitation if invitation is not None and invitation.purpose in FOR_ACCOUNTS else None
