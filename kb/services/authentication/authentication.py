"""Authentication: login, logout, browser sessions, API tokens and device cookies."""

import hmac
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from kb.access.actor import ANONYMOUS, Actor
from kb.errors import Forbidden, RateLimited, Unavailable
from kb.model.dates import instant_of
from kb.model.ids import new_id
from kb.model.people.account import Account, Session, TokenScope
from kb.model.people.network_address import network_of
from kb.model.people.secret import new_secret, secret_hash
from kb.services.authentication.passwords import hash_password, is_correct_password, is_outdated_hash
from kb.services.authentication.session_tokens import SESSION_TOKEN, TokenPurpose, session_of_token
from kb.services.core.library import Library
from kb.store import Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

_LAST_SEEN_PRECISION = timedelta(minutes=30)
VISIT_PAUSE = 2 * _LAST_SEEN_PRECISION
"""A pause of this length ends a visit: a user who reads on is seen more often than that."""
"""The precision of the last use of a session or a token, so that not every page writes."""
LONGEST_AGENT = 200
PORTIONS_PER_FORM = 10
"""Portions of long actions that a user may send for each form of the limit."""

_LOGIN_AND_ADDRESS_RATE = Rate(burst=5, every=60)
"""Wrong passwords for one login from one network address."""
_ADDRESS_RATE = Rate(burst=30, every=20)
"""Wrong passwords from one network address, for any login: a whole office may share it."""
_LOGIN_RATE = Rate(burst=100, every=30)
"""Wrong passwords for one login from all addresses. After these, each address has one try, and another after ten
minutes. The login is not locked: otherwise anybody could lock a user out by guessing.
"""
_ATTACKED_LOGIN_AND_ADDRESS_RATE = Rate(burst=1, every=600)
_LOGIN_TOTAL_RATE = replace(_LOGIN_RATE, burst=1000)
"""After so many, only browsers with the user's device cookie have a try."""
_KNOWN_DEVICE_RATE = Rate(burst=10, every=60)
"""Wrong passwords from such a browser, from any address and independent of other browsers."""

_ONE_TIME_LINK_RATE = Rate(burst=30, every=20)
"""One-time links used from one network address."""


def actor_of_user(
    reading: ReadSnapshot, user_id: str, credential: str | None = None, *, read_only: bool = False, last_change: int = 0
) -> Actor:
    """The actor of a user with the current rights; anonymous for an account that is closed or deleted."""
    account = reading.accounts.by_id(user_id)
    if account is None or account.closed_at is not None:
        return ANONYMOUS
    return Actor(
        user_id,
        reading.groups.memberships(user_id),
        administrator=account.administrator,
        login=account.user.login,
        name=account.user.name,
        read_only=read_only,
        credential=credential,
        last_change=last_change,
        last_visit_at=account.last_visit_at,
    )


def actor_of_session(library: Library, secret: str) -> Actor:
    """The actor of a session; anonymous for a secret that is no longer valid."""
    with library.store.read() as reading:
        session = reading.credentials.session(secret_hash(secret))
        now = timestamp_now()
        if session is None or session.expires_at <= now:
            return ANONYMOUS
        actor = actor_of_user(reading, session.user_id, session.id, last_change=session.last_change or 0)
    if actor.user_id is not None and _is_long_ago(session.seen_at):
        # If the database cannot be written (a full disk, no leader), reading still works.
        with suppress(Unavailable), library.store.write() as writing:
            writing.credentials.session_seen(session.id, now, timestamp_in(days=library.settings.session_days))
            visit = _record_visit(writing, session.user_id)
            actor = replace(actor, last_visit_at=visit)
    return actor


def _record_visit(writing: WriteTransaction, user_id: str) -> str | None:
    """Store that a user is active now; returns the end of the visit before the present one."""
    writing.accounts.record_visit(user_id, timestamp_now(), timestamp_in(seconds=-VISIT_PAUSE.total_seconds()))
    return writing.accounts.by_ids([user_id])[user_id].last_visit_at


def actor_of_token(library: Library, secret: str) -> Actor | None:
    """The actor of a token, or of a session's access token; None for an invalid token."""
    if secret.startswith(SESSION_TOKEN):
        return actor_of_session_token(library, secret, TokenPurpose.ACCESS)
    with library.store.read() as reading:
        token = reading.credentials.token(secret_hash(secret))
        now = timestamp_now()
        if token is None or (token.expires_at is not None and token.expires_at <= now):
            return None
        read_only = token.scope is TokenScope.READ
        actor = actor_of_user(reading, token.user_id, token.id, read_only=read_only, last_change=token.last_change or 0)
    if actor.user_id is None:
        return None
    actor = replace(actor, default_group_id=token.default_group_id)
    if token.seen_at is None or _is_long_ago(token.seen_at):
        with suppress(Unavailable), library.store.write() as writing:
            writing.credentials.token_seen(token.id, now)
    return actor


def actor_of_session_token(library: Library, token: str, purpose: TokenPurpose) -> Actor | None:
    """The actor of a token of a session; None for an invalid one, or one whose session has ended."""
    found = session_of_token(library, token, purpose)
    if found is None:
        return None
    user_id, session_id = found
    with library.store.read() as reading:
        sessions = {session.id: session for session in reading.credentials.sessions_of(user_id)}
        last_change = sessions[session_id].last_change if session_id in sessions else None
        actor = actor_of_user(reading, user_id, session_id, last_change=last_change or 0)
    return actor if actor.user_id is not None and session_id in sessions else None


def actor_of_login(library: Library, login: str) -> Actor:
    """The actor that a trusted proxy names in a request; anonymous without an account, or for a closed one."""
    with library.store.read() as reading:
        account = reading.accounts.by_login(login)
        return actor_of_user(reading, account.user.id) if account else ANONYMOUS


def actor_of_person(library: Library, user_id: str) -> Actor:
    """The actor for background work, with the user's current rights; anonymous for a closed account."""
    with library.store.read() as reading:
        return actor_of_user(reading, user_id)


def current_actor(reading: ReadSnapshot, actor: Actor) -> Actor:
    """The same user with the current account and memberships; ANONYMOUS once the account is closed."""
    if actor.operator or actor.user_id is None:
        return actor
    now = actor_of_user(
        reading, actor.user_id, actor.credential, read_only=actor.read_only, last_change=actor.last_change
    )
    return replace(now, default_group_id=actor.default_group_id) if now.user_id is not None else now


def with_present_rights(library: Library, actor: Actor) -> Actor:
    """The actor with the account and the memberships of this moment: they may have changed while a request waited for
    its transaction. ANONYMOUS once the account is closed.
    """
    with library.store.read() as reading:
        now = current_actor(reading, actor)
    return now if now.user_id is None else replace(now, last_visit_at=actor.last_visit_at)


def actor_of_feed_key(library: Library, secret: str, address: str) -> Actor | None:
    """The actor of a feed key, for the feed at the address that `feed_keys.py` stored; None for any other feed."""
    with library.store.read() as reading:
        key = reading.credentials.feed_key(secret_hash(secret))
        if key is None or key.address != address:
            return None
        actor = actor_of_user(reading, key.user_id, key.id, read_only=True)
    if actor.user_id is None:
        return None
    if key.seen_at is None or _is_long_ago(key.seen_at):
        with suppress(Unavailable), library.store.write() as writing:
            writing.credentials.feed_key_seen(key.id, timestamp_now())
    return actor


def sign_in(library: Library, typed: str, password: str, client: str, agent: str, *, device: str = "") -> str:
    """Check the password of a login or an e-mail address, and start a session: the secret of the session.

    `device` is the browser's device cookie. Raises Forbidden, with the
    same message and in the same time whether the account exists or not; RateLimited after many wrong passwords: from
    one address for one login, from one address, or for one login.
    """
    with library.store.read() as reading:
        account = account_by_login_or_email(reading, typed)
        password_hash = reading.accounts.password_of(account.user.id) if account else None
        number = _device_number(password_hash, account.user.id if account else "", device)
        of_device = ((_limit_key("password in", number), _KNOWN_DEVICE_RATE),)
        keys = of_device if number else _password_limits(reading, typed, client)
        _require_within_limits(reading, keys)
    if not is_correct_password(password, password_hash) or account is None or account.closed_at is not None:
        check_rate_limits(library, keys)
        raise Forbidden("The login or the password is not right.")
    renewed = hash_password(password) if password_hash and is_outdated_hash(password_hash) else None
    with library.store.write() as writing:
        writing.rate_limits.reset([keys[0][0]])
        if renewed:
            writing.accounts.set_password(account.user.id, renewed)
        return start_session(writing, account, agent, library.settings.session_days)


def reauthenticate(library: Library, account: Account, password: str, client: str) -> None:
    """Return if the password is that of the actor's account, or if the account has none.

    Raises Forbidden; RateLimited, as for a login: a thief of a logged-in browser cannot guess faster.
    """
    if not account.has_password:
        return
    with library.store.read() as reading:
        keys = _password_limits(reading, account.user.login, client)
        _require_within_limits(reading, keys)
        password_hash = reading.accounts.password_of(account.user.id)
    if not is_correct_password(password, password_hash):
        check_rate_limits(library, keys)
        raise Forbidden("The present password is not right.")


def start_session(writing: WriteTransaction, account: Account, agent: str, days: int) -> str:
    """Start a session that ends after so many days without use: its secret. Raises Forbidden for a closed account."""
    if account.closed_at is not None:
        raise Forbidden("This account is closed.")
    secret, now = new_secret(), timestamp_now()
    session = Session(new_id(), account.user.id, agent[:LONGEST_AGENT], now, now, timestamp_in(days=days))
    writing.credentials.add_session(session, secret_hash(secret))
    _record_visit(writing, account.user.id)
    return secret


def sign_out(library: Library, actor: Actor) -> None:
    """End the current session of the actor."""
    if actor.user_id is not None and actor.credential is not None:
        with library.store.write() as writing:
            writing.credentials.revoke_sessions(actor.user_id, ids=[actor.credential])


def check_link_rate(library: Library, client: str) -> None:
    """Count one use of a secret link. Raises RateLimited: guessing secrets is slow."""
    check_rate_limits(library, [(_limit_key("link from", network_of(client) or client), _ONE_TIME_LINK_RATE)])


def check_rate_limits(library: Library, keys: Iterable[tuple[str, Rate]]) -> None:
    """Count one try. Raises RateLimited, and counts nothing, if there were too many."""
    limits = tuple(keys)
    with library.store.write(is_durable=False) as writing:
        _require_within_limits(writing, limits)
        writing.rate_limits.count(limits, time.time())


def _require_within_limits(reading: ReadSnapshot, keys: Iterable[tuple[str, Rate]]) -> None:
    wait = reading.rate_limits.wait(keys, time.time())
    if wait > 0:
        raise RateLimited("This was tried too often: wait a moment, then try again.", wait)


def account_by_login_or_email(reading: ReadSnapshot, typed: str) -> Account | None:
    """The account with this login or this e-mail address."""
    folded = typed.strip().casefold()
    return reading.accounts.by_email(folded) if "@" in folded else reading.accounts.by_login(folded)


def _password_limits(reading: ReadSnapshot, typed: str, client: str) -> tuple[tuple[str, Rate], ...]:
    """The limits that a wrong password counts against. The typed login is counted even if it has no account, so that
    the limits do not reveal which accounts exist.

    The typed text is not stored.
    """
    login, network = typed.strip().casefold(), network_of(client) or client
    of_login = _limit_key("password of", login)
    is_attacked = reading.rate_limits.wait([(of_login, _LOGIN_RATE)], time.time()) > 0
    rate = _ATTACKED_LOGIN_AND_ADDRESS_RATE if is_attacked else _LOGIN_AND_ADDRESS_RATE
    return (
        (_limit_key("password", login, network), rate),
        (_limit_key("password from", network), _ADDRESS_RATE),
        (of_login, _LOGIN_TOTAL_RATE),
    )


def _limit_key(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _is_long_ago(instant: str) -> bool:
    return instant_of(instant) + _LAST_SEEN_PRECISION < datetime.now(UTC)


def new_device_cookie(library: Library, session: str) -> str:
    """The device cookie for the browser of a new session; empty for a user without a password.

    Wrong passwords sent from other places do not lock a user out of such a browser (OWASP device cookies,
    https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies). The database stores nothing
    about it: the cookie holds a number, and a proof that it was issued after a login with the right password. The key
    of the proof is the password hash, so a new password makes all device cookies invalid.
    """
    with library.store.read() as reading:
        stored_session = reading.credentials.session(secret_hash(session))
        password_hash = reading.accounts.password_of(stored_session.user_id) if stored_session else None
    if stored_session is None or not password_hash:
        return ""
    number = token_urlsafe(12)
    return f"{number}.{_device_proof(password_hash, stored_session.user_id, number)}"


def _device_number(password_hash: str | None, user_id: str, device: str) -> str:
    """The number of a browser in which this user has logged in with this password; empty for any other browser."""
    number, _, proof = device.partition(".")
    is_good = hmac.compare_digest(
        _device_proof(password_hash or "", user_id, number).encode(), proof.encode("utf-8", "surrogatepass")
    )
    return number if is_good and password_hash else ""


def _device_proof(password_hash: str, user_id: str, number: str) -> str:
    text = "\0".join(("device", user_id, number))
    return hmac.new(password_hash.encode(), text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def share_request_rates(library: Library, used: Mapping[str, float]) -> Mapping[str, float]:
    """Add the seconds of the reading limit that callers have used to the counters of all workers of all machines.

    Returns how many seconds, up to a minute, each of these callers has used there. Raises Unavailable.
    """
    now = time.time()
    with library.store.write(is_durable=False) as writing:
        return {
            who: writing.rate_limits.add(_limit_key("read", who), seconds, 60.0, now) for who, seconds in used.items()
        }


def count_form_post(library: Library, actor: Actor, client: str, *, is_portion: bool = False) -> None:
    """Count one form that a user or, without a login, a network sent, for all workers together. Raises RateLimited.

    `is_portion`: a page sends it by itself, to continue a long action; these have a limit of their own, because an
    action on 5,000 items has 50 of them.
    """
    per_minute, sender = library.settings.rate_write, actor.user_id or network_of(client)
    if per_minute and sender:
        kind, most = ("portion", PORTIONS_PER_FORM * per_minute) if is_portion else ("act", per_minute)
        check_rate_limits(library, [(_limit_key(f"{kind} {sender}"), Rate(most, 60 / most))])
