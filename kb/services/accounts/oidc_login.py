"""Signing in at a provider of identities: going there, and coming back."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kb.access.actor import Actor
from kb.access.permissions import require_person
from kb.errors import Conflict, NotFound, Refused, Unavailable
from kb.model.people.account import Account, Identity, Purpose, SignIn
from kb.model.people.secret import hash_of, new_secret
from kb.oidc.client_settings import Client
from kb.oidc.oidc_errors import Failed, Failure
from kb.services.accounts.one_time_links import joined
from kb.services.authentication.authentication import begun_session, check_limits, prove_password
from kb.services.core.audit_log import Done, note
from kb.services.core.library import Library
from kb.services.email.messages import Telling
from kb.services.rights.invitation_rights import usable_invitation
from kb.settings import Settings
from kb.slots import Slots, SlotsTaken
from kb.store import Rate, Writing
from kb.store.database.clock import instant_in, this_instant

if TYPE_CHECKING:
    from kb.oidc.provider import Provider

BACK, OUT = "/login/provider/back", "/logout"
"""Where people come back to, under the site's address: they are registered at the provider."""
MINUTES = 15
"""Of somebody who has gone there, and of somebody who has come back and says next whose account is theirs."""
MOST_IDENTITIES = 10
_OF_ADDRESS = Rate(burst=60, every=10)
"""Sign-ins that begin at one address: each is a row, and whole offices arrive in the morning."""

_SLOTS = Slots(total=8, each=8)
"""Questions to the provider that are under way: while it hangs, each keeps a thread for seconds."""

_log = logging.getLogger(__name__)
_DENIED = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})
_STALE = "This sign-in was begun in another browser, is too old, or was answered already: begin again."
_SENTENCES: Mapping[Failure, str] = {
    Failure.DOWN: "%(name)s does not answer at this moment: try again a little later, or sign in with a password.",
    Failure.REFUSED: "%(name)s does not take its own answer back, which is too old or was used already: begin again.",
    Failure.UNTRUSTED: (
        "The answer of %(name)s could not be verified, and nobody was signed in: begin again. "
        "If it happens once more, tell an administrator."
    ),
    Failure.CLOCK: "The clocks of %(name)s and of this site do not agree: tell an administrator.",
    Failure.TOO_WEAK: "%(name)s is less sure of who you are than this site wants: sign in there in a safer way.",
}


@dataclass(frozen=True, slots=True)
class Browser:
    """Who asks: `binding` is a secret that this browser alone holds, `client` its address, `agent` its own name.

    `device` is what it bears of `kb.services.authentication.device_cookies`.
    """

    binding: str = field(repr=False)
    client: str = ""
    agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody came back with: the parameters of the address, each empty when it is not there."""

    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Back:
    """What became of somebody who came back.

    `onward` is where they go on to. `session` is the secret of a new session; without one, they are known to us as
    before: they have `attached` an identity to their account, or say next whose account is theirs
    (`kb.services.accounts.oidc_signup`). `id_token` is what signing out there wants to see.
    """

    onward: str
    session: str = ""
    attached: bool = False
    id_token: str = ""


def provider_name(settings: Settings) -> str:
    """What pages call the provider; empty when there is none."""
    return settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""


def begin(library: Library, browser: Browser, onward: str, *, invitation: str = "") -> str:
    """The address of the provider where somebody signs in; `invitation` is the secret of a link that they opened.

    Raises NotFound when there is no provider, TooOften, Unavailable when it does not answer.
    """
    kept = hash_of(invitation) if invitation else None
    return _begun(library, browser, SignIn("", "", onward, None, "", invitation=kept))


def begin_attaching(library: Library, actor: Actor, browser: Browser, password: str, onward: str) -> str:
    """As `begin`, for who adds an identity to their account. Raises SignInNeeded; Refused for a wrong password."""
    user_id = require_person(actor)
    with library.store.read() as reading:
        account = reading.accounts.by_ids([user_id])[user_id]
    _provider(library)
    prove_password(library, account, password, browser.client)
    return _begun(library, browser, SignIn("", "", onward, user_id, ""))


def come_back(library: Library, actor: Actor, browser: Browser, answer: Answer) -> Back:
    """Take the answer that somebody came back with: it counts once, in the browser that went there.

    Raises NotFound when there is no provider; Refused, Unavailable, Conflict, with what can be done about it.
    """
    provider = _provider(library)
    key = _key(browser.binding, answer.state) if browser.binding and answer.state else ""
    with library.store.write() as writing:
        begun = writing.accounts.end_sign_in(key)
    if begun is None or begun.created_at < instant_in(seconds=-60 * MINUTES):
        raise Refused(_STALE)
    with _told(library):
        provider.check_origin(answer.issuer)
        if answer.error or not answer.code:
            _refuse(library, answer.error)
        who = provider.identified(answer.code, begun.verifier, begun.nonce)
    identity = Identity(library.settings.oidc_issuer, who.subject, begun.user_id or "", this_instant())
    if begun.user_id is not None:
        if actor.user_id != begun.user_id:
            raise Refused("Somebody else is signed in now: sign in again, then begin again.")
        with library.store.write() as writing:
            keep_identity(library, writing, actor, identity)
        return Back(begun.next, attached=True, id_token=who.id_token)
    with library.store.write() as writing:
        account = writing.accounts.by_identity(identity.issuer, identity.subject)
        if account is not None:
            _accept(writing, account, begun)
            return Back(
                begun.next,
                begun_session(writing, account, browser.agent, library.settings.session_days),
                id_token=who.id_token,
            )
    with _told(library):
        told = provider.userinfo(who)
    with library.store.write() as writing:
        arrived = json.dumps(_kept_of(identity, told))
        writing.accounts.begin_sign_in(
            arrival_key(browser.binding), replace(begun, created_at=this_instant(), arrived=arrived)
        )
    return Back(begun.next, id_token=who.id_token)


def signing_out_address(library: Library, id_token: str) -> str:
    """Where somebody signs out of the provider too; empty when they did not sign in there, or it has no such place."""
    if not id_token or not library.settings.oidc_issuer:
        return ""
    try:
        with _SLOTS.slot(""):
            return _provider(library).end_session_address(id_token, new_secret())
    except SlotsTaken:
        return ""
    except Failed as failed:
        _log.warning("The provider of identities failed: %s", failed)
        return ""


def keep_identity(
    library: Library, writing: Writing, actor: Actor, identity: Identity, *, is_new: bool = False
) -> None:
    """Let somebody sign in with an identity, in a transaction, and tell them so, unless their account is new.

    Raises Conflict when it is somebody else's.
    """
    held = writing.accounts.by_identity(identity.issuer, identity.subject)
    if held is not None and held.user.id == identity.user_id:
        return
    if held is not None:
        raise Conflict("Another account here is signed in with that identity already.")
    if len(writing.accounts.identities_of(identity.user_id)) >= MOST_IDENTITIES:
        raise Conflict("An account has at most %(count)s identities elsewhere.", count=MOST_IDENTITIES)
    writing.accounts.add_identity(identity)
    note(writing, actor, Done.IDENTITY_ADDED, subject=identity.user_id)
    if not is_new:
        account = writing.accounts.by_ids([identity.user_id])[identity.user_id]
        Telling(library, writing).identity_added(account, provider_name(library.settings))


def arrival_key(binding: str) -> str:
    """Under which name it is kept who came back with a browser."""
    return _key(binding, "arrived")


def _begun(library: Library, browser: Browser, sign_in: SignIn) -> str:
    provider = _provider(library)
    check_limits(library, [(hash_of(f"provider from\0{browser.client}"), _OF_ADDRESS)])
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    with _told(library):
        address = provider.authorization_address(state, nonce, verifier)
    begun = replace(sign_in, nonce=nonce, verifier=verifier, created_at=this_instant())
    with library.store.write() as writing:
        writing.accounts.forget_sign_ins(instant_in(seconds=-60 * MINUTES))
        writing.accounts.begin_sign_in(_key(browser.binding, state), begun)
    return address


def _accept(writing: Writing, account: Account, begun: SignIn) -> None:
    """Who opened a link into a group, and has an account already, joins with that one."""
    invitation = usable_invitation(writing, begun.invitation) if begun.invitation else None
    if (
        invitation is not None
        and invitation.purpose is Purpose.ACCOUNT
        and invitation.group_id is not None
        and account.closed_at is None
    ):
        joined(writing, account, invitation)
        writing.invitations.remove([invitation.id])


def _refuse(library: Library, error: str) -> None:
    """Raise what an answer without a code says."""
    name = provider_name(library.settings)
    if error in _DENIED:
        raise Refused("You did not sign in with %(name)s: begin again, or sign in with a password.", name=name)
    raise Failed(Failure.DOWN, f"it sends people back with {error[:60]!a}")


def _kept_of(identity: Identity, told: Mapping[str, Any]) -> dict[str, str]:
    """What is kept of somebody until they say whose account is theirs."""
    said = {name: value.strip() for name, value in told.items() if isinstance(value, str)}
    last = said.get("usual_name") or said.get("family_name", "")
    name = said.get("name") or f"{said.get('given_name', '')} {last}".strip()
    is_verified = told.get("email_verified") in (True, "true")
    return {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": name[:200],
        "login": said.get("preferred_username", "")[:200],
        "email": said.get("email", "")[:300] if is_verified else "",
    }


@contextmanager
def _told(library: Library) -> Iterator[None]:
    """What the provider fails at, in a sentence; the log has the details. Unavailable at once while it is slow."""
    try:
        with _SLOTS.slot(""):
            yield
    except SlotsTaken:
        raise Unavailable(
            "%(name)s is slow to answer at this moment: try again a little later, or sign in with a password.",
            name=provider_name(library.settings),
        ) from None
    except Failed as failed:
        _log.warning("The provider of identities failed: %s", failed)
        kind = Unavailable if failed.kind is Failure.DOWN else Refused
        raise kind(_SENTENCES[failed.kind], name=provider_name(library.settings)) from failed


def _provider(library: Library) -> "Provider":
    """The provider of this site. Raises NotFound when it has none."""
    settings = library.settings
    if not settings.oidc_issuer:
        raise NotFound("There is nothing at this address.")
    return _provider_of(
        Client(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret,
            settings.oidc_scopes,
            settings.oidc_acr,
            settings.base_url + BACK,
            settings.base_url + OUT,
        )
    )


@cache
def _provider_of(client: Client) -> "Provider":
    """What a process knows of its provider is known to all its threads."""
    # Ciphers take a tenth of a second to load: commands and most sites do without.
    from kb.oidc.provider import Provider  # noqa: PLC0415

    return Provider(client)


def _key(binding: str, name: str) -> str:
    return hash_of(f"{binding}\0{name}")
