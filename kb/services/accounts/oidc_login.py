"""OIDC login: send the user to the identity provider, and handle the answer that the user brings back."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import Conflict, Forbidden, NotFound, Unavailable
from kb.model.people.account import Account, Identity, LinkPurpose, PendingOidcLogin
from kb.model.people.secret import new_secret, secret_hash
from kb.oidc.metadata import OidcClient
from kb.oidc.provider_request import OidcError, OidcFailure
from kb.services.accounts.one_time_links import give_invited_role
from kb.services.authentication.authentication import check_rate_limits, reauthenticate, start_session
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter
from kb.services.rights.invitation_rights import usable_invitation
from kb.settings import Settings
from kb.slow_work_slots import Slots, SlotsTaken
from kb.store import Rate, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

if TYPE_CHECKING:
    from kb.oidc.provider import OidcProvider

CALLBACK_PATH, LOGGED_OUT_PATH = "/login/provider/back", "/logout"
"""The path of the callback under the site's address, registered at the provider."""
LOGIN_MINUTES = 15
"""How long a started login, and then a pending sign-up, may take."""
MOST_IDENTITIES = 10
_LOGIN_START_RATE = Rate(burst=60, every=10)
"""Logins started from one network address: each writes a row, and a whole office may log in at once in the morning."""

_SLOTS = Slots(total=8, each=8)
"""Requests to the provider at a time: while it hangs, each occupies a thread for seconds."""

_log = logging.getLogger(__name__)
_DENIED_ERRORS = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})
_STALE_LOGIN = "This login was begun in another browser, is too old, or was answered already: begin again."
_FAILURE_MESSAGES: Mapping[OidcFailure, str] = {
    OidcFailure.DOWN: "%(name)s does not answer at this moment: try again a little later, or log in with a password.",
    OidcFailure.REFUSED: "%(name)s does not take its own answer back, which is too old or was used already: "
    "begin again.",
    OidcFailure.UNTRUSTED: (
        "The answer of %(name)s could not be verified, and nobody was logged in: begin again. If it happens once "
        "more, tell an administrator."
    ),
    OidcFailure.CLOCK: "The clocks of %(name)s and of this site do not agree: tell an administrator.",
    OidcFailure.TOO_WEAK: "%(name)s is less sure of who you are than this site wants: log in there in a safer way.",
}


@dataclass(frozen=True, slots=True)
class OidcBrowser:
    """The browser of a login: `binding` is a secret that only it has, `client` its network address, `agent` its
    User-Agent, `device` its device cookie.
    """

    binding: str = field(repr=False)
    client: str = ""
    agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class OidcCallback:
    """The parameters of the callback's address, each empty if it is missing."""

    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class OidcLoginResult:
    """The result of a callback.

    `onward` is the address to continue at. `session` is the secret of a new session; if there is none, the user's login
    state has not changed: the user has `attached` an identity to the account, or must now link or create an account
    (`kb.services.accounts.oidc_signup`). `id_token` is needed to log out at the provider.
    """

    onward: str
    session: str = ""
    attached: bool = False
    id_token: str = ""


def provider_name(settings: Settings) -> str:
    """The provider's name on pages; empty if there is no provider."""
    return settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""


def start_oidc_login(library: Library, browser: OidcBrowser, onward: str, *, invitation: str = "") -> str:
    """The address at the provider where the user logs in; `invitation` is the secret of an invitation link opened
    before.

    Raises NotFound if there is no provider, RateLimited, Unavailable if it does not answer.
    """
    return _start(library, browser, onward, invitation=secret_hash(invitation) if invitation else None)


def start_identity_link(library: Library, actor: Actor, browser: OidcBrowser, password: str, onward: str) -> str:
    """As `start_oidc_login`, to add an identity to an account. Raises LoginNeeded; Forbidden for a wrong password."""
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        account = reading.accounts.by_ids([user_id])[user_id]
    _provider(library)
    reauthenticate(library, account, password, browser.client)
    return _start(library, browser, onward, user_id)


def finish_oidc_login(library: Library, actor: Actor, browser: OidcBrowser, answer: OidcCallback) -> OidcLoginResult:
    """Handle the callback: it is valid once, and only in the browser that started the login.

    Raises NotFound if there is no provider; Forbidden, Unavailable, Conflict, with advice for the user.
    """
    provider = _provider(library)
    key = _login_key(browser.binding, answer.state) if browser.binding and answer.state else ""
    with library.store.write() as writing:
        pending_login = writing.accounts.take_pending_login(key)
    if pending_login is None or pending_login.created_at < timestamp_in(seconds=-60 * LOGIN_MINUTES):
        raise Forbidden(_STALE_LOGIN)
    with _provider_errors(library):
        provider.check_origin(answer.issuer)
        if answer.error or not answer.code:
            _raise_callback_error(library, answer.error)
        verified = provider.exchange_code(answer.code, pending_login.verifier, pending_login.nonce)
    identity = Identity(library.settings.oidc_issuer, verified.subject, pending_login.user_id or "", timestamp_now())
    if pending_login.user_id is not None:
        if actor.user_id != pending_login.user_id:
            raise Forbidden("Somebody else is logged in now: log in again, then begin again.")
        with library.store.write() as writing:
            add_identity(library, writing, actor, identity)
        return OidcLoginResult(pending_login.next, attached=True, id_token=verified.id_token)
    with library.store.write() as writing:
        account = writing.accounts.by_identity(identity.issuer, identity.subject)
        if account is not None:
            _accept_group_invitation(writing, account, pending_login)
            session = start_session(writing, account, browser.agent, library.settings.session_days)
            return OidcLoginResult(pending_login.next, session, id_token=verified.id_token)
    with _provider_errors(library):
        claims = provider.userinfo(verified)
    with library.store.write() as writing:
        claims_text = json.dumps(_signup_claims(identity, claims))
        pending = replace(pending_login, created_at=timestamp_now(), identity_claims=claims_text)
        writing.accounts.put_pending_login(pending_signup_key(browser.binding), pending)
    return OidcLoginResult(pending_login.next, id_token=verified.id_token)


def oidc_logout_url(library: Library, id_token: str) -> str:
    """The address to log out at the provider; empty if the user did not log in there, or if it has no logout."""
    if not id_token or not library.settings.oidc_issuer:
        return ""
    with suppress(Unavailable, Forbidden), _provider_errors(library):
        return _provider(library).end_session_address(id_token, new_secret())
    return ""


def add_identity(
    library: Library, writing: WriteTransaction, actor: Actor, identity: Identity, *, is_new: bool = False
) -> None:
    """Add an identity to an account, in a transaction, and notify the user, unless the account is new.

    Raises Conflict if the identity belongs to another account.
    """
    existing = writing.accounts.by_identity(identity.issuer, identity.subject)
    if existing is not None and existing.user.id == identity.user_id:
        return
    if existing is not None:
        raise Conflict("Another account here is logged in with that identity already.")
    if len(writing.accounts.identities_of(identity.user_id)) >= MOST_IDENTITIES:
        raise Conflict("An account has at most %(count)s identities elsewhere.", count=MOST_IDENTITIES)
    writing.accounts.add_identity(identity)
    write_audit_log(writing, actor, AuditEvent.IDENTITY_ADDED, subject=identity.user_id)
    if not is_new:
        account = writing.accounts.by_ids([identity.user_id])[identity.user_id]
        MessageWriter(library, writing).send_identity_added(account, provider_name(library.settings))


def pending_signup_key(binding: str) -> str:
    """The key under which a browser's pending sign-up is stored."""
    return _login_key(binding, "arrived")


def _start(
    library: Library, browser: OidcBrowser, onward: str, user_id: str | None = None, *, invitation: str | None = None
) -> str:
    provider = _provider(library)
    check_rate_limits(library, [(secret_hash(f"provider from\0{browser.client}"), _LOGIN_START_RATE)])
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    with _provider_errors(library):
        address = provider.authorization_address(state, nonce, verifier)
    pending_login = PendingOidcLogin(nonce, verifier, onward, user_id, timestamp_now(), invitation=invitation)
    with library.store.write() as writing:
        writing.accounts.purge_pending_logins(timestamp_in(seconds=-60 * LOGIN_MINUTES))
        writing.accounts.put_pending_login(_login_key(browser.binding, state), pending_login)
    return address


def _accept_group_invitation(writing: WriteTransaction, account: Account, pending_login: PendingOidcLogin) -> None:
    """Add an existing account to the group of the invitation link that the user opened before the login."""
    invitation = usable_invitation(writing, pending_login.invitation) if pending_login.invitation else None
    if invitation and invitation.purpose is LinkPurpose.ACCOUNT and invitation.group_id and account.closed_at is None:
        give_invited_role(writing, account, invitation)
        writing.invitations.remove([invitation.id])


def _raise_callback_error(library: Library, error: str) -> None:
    name = provider_name(library.settings)
    if error in _DENIED_ERRORS:
        raise Forbidden("You did not log in with %(name)s: begin again, or log in with a password.", name=name)
    raise OidcError(OidcFailure.DOWN, f"it sends people back with {error[:60]!a}")


def _signup_claims(identity: Identity, claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims that are stored until the user links or creates an account."""
    texts = {name: value.strip() for name, value in claims.items() if isinstance(value, str)}
    last = texts.get("usual_name") or texts.get("family_name", "")
    name = texts.get("name") or f"{texts.get('given_name', '')} {last}".strip()
    is_verified = claims.get("email_verified") in (True, "true")
    return {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": name[:200],
        "login": texts.get("preferred_username", "")[:200],
        "email": texts.get("email", "")[:300] if is_verified else "",
    }


@contextmanager
def _provider_errors(library: Library) -> Iterator[None]:
    """Turn the provider's errors into a sentence, and log the details. Unavailable at once while it is slow."""
    try:
        with _SLOTS.slot(""):
            yield
    except SlotsTaken:
        raise Unavailable(
            "%(name)s is slow to answer at this moment: try again a little later, or log in with a password.",
            name=provider_name(library.settings),
        ) from None
    except OidcError as failed:
        _log.warning("The provider of identities failed: %s", failed)
        kind = Unavailable if failed.kind is OidcFailure.DOWN else Forbidden
        raise kind(_FAILURE_MESSAGES[failed.kind], name=provider_name(library.settings)) from failed


def _provider(library: Library) -> "OidcProvider":
    """The provider of this site. Raises NotFound if it has none."""
    settings = library.settings
    if not settings.oidc_issuer:
        raise NotFound("There is nothing at this address.")
    issuer, client_id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    back, out = settings.base_url + CALLBACK_PATH, settings.base_url + LOGGED_OUT_PATH
    return _provider_of(OidcClient(issuer, client_id, secret, settings.oidc_scopes, settings.oidc_acr, back, out))


@cache
def _provider_of(client: OidcClient) -> "OidcProvider":
    """The provider, shared by all threads of the process."""
    # Loading the ciphers takes a tenth of a second: commands and most sites do not need them.
    from kb.oidc.provider import OidcProvider  # noqa: PLC0415

    return OidcProvider(client)


def _login_key(binding: str, name: str) -> str:
    return secret_hash(f"{binding}\0{name}")
