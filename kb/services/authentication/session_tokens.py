"""Short-lived tokens of a session, for programs that run in its user's browser and may not use its cookie.

A token says its purpose, its session and its end, with a keyed hash (BLAKE2b). Nothing of it is stored, and it opens
nothing once the session has ended.
"""

import hmac
import time
from enum import StrEnum
from hashlib import blake2b
from secrets import token_hex

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.errors import LoginNeeded
from kb.services.core.library import Library
from kb.store.database.clock import timestamp_now

SESSION_TOKEN = "s1."  # noqa: S105 - the begin of each token
KEY_NAME = "session_tokens_key"
_PARTS = 6


class TokenPurpose(StrEnum):
    """What a token is for; a token of one purpose is worth nothing for another."""

    GRANT = "grant"
    """A page of this site gives it to a program that it contains."""
    CODE = "code"
    """A user has allowed a program in a window of its own (an authorization code of OAuth)."""
    ACCESS = "access"
    REFRESH = "refresh"


def session_token(library: Library, actor: Actor, purpose: TokenPurpose, seconds: int) -> str:
    """A token for the actor's session. Raises LoginNeeded for an actor without one; Unavailable."""
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        sessions = {session.id for session in reading.credentials.sessions_of(user_id)}
    if actor.credential not in sessions:
        raise LoginNeeded("Log in first.")
    parts = (purpose.value, user_id, str(actor.credential), str(int(time.time()) + seconds))
    return f"{SESSION_TOKEN}{'.'.join(parts)}.{_signature(_key(library), parts)}"


def session_of_token(library: Library, token: str, purpose: TokenPurpose) -> tuple[str, str] | None:
    """The ids of the user and the session of a valid token, whose session has not ended; None for any other text."""
    parts = token.split(".", maxsplit=_PARTS)
    if not token.startswith(SESSION_TOKEN) or not token.isascii() or len(parts) != _PARTS:
        return None
    *signed, signature = parts[1:]
    sent_purpose, user_id, session_id, end = signed
    with library.store.read() as reading:
        key, now = reading.meta.get(KEY_NAME), timestamp_now()
        sessions = {one.id for one in reading.credentials.sessions_of(user_id) if one.expires_at > now}
    if key is None or not hmac.compare_digest(signature, _signature(bytes.fromhex(key), tuple(signed))):
        return None
    is_over = not end.isdecimal() or int(end) < time.time()
    return None if is_over or sent_purpose != purpose or session_id not in sessions else (user_id, session_id)


def _signature(key: bytes, parts: tuple[str, ...]) -> str:
    return blake2b(".".join(parts).encode(), key=key, digest_size=20).hexdigest()


def _key(library: Library) -> bytes:
    with library.store.read() as reading:
        key = reading.meta.get(KEY_NAME)
    if key is None:
        with library.store.write() as writing:
            key = writing.meta.get(KEY_NAME) or token_hex(32)
            writing.meta.set(KEY_NAME, key)
    return bytes.fromhex(key)
