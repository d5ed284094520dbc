"""The credentials of signed-in users: browser sessions, API tokens, feed keys.

A secret is looked up by its hash; the secret itself is never stored.
"""

from collections.abc import Iterable

from sqlalchemy import Table, bindparam, delete, true, update

from kb.model.people.account import FeedKey, Session, Token
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.account_tables import feed_keys, sessions, tokens

_SESSIONS = ValueColumns(sessions, Session)
_SESSION = _SESSIONS.select.where(sessions.c.hash == bindparam("hash"))
_TOKENS = ValueColumns(tokens, Token)
_TOKEN = _TOKENS.select.where(tokens.c.hash == bindparam("hash"))
_KEYS = ValueColumns(feed_keys, FeedKey)
_KEY = _KEYS.select.where(feed_keys.c.hash == bindparam("hash"))


class CredentialsReading(Repository):
    """Sessions, API tokens and feed keys, in one transaction."""

    def session(self, hash_: str) -> Session | None:
        """The session of a secret, expired or not."""
        rows = run_compiled_select(self.connection, _SESSION, {"hash": hash_})
        return _SESSIONS.value(rows[0]) if rows else None

    def token(self, hash_: str) -> Token | None:
        """The token of a secret, expired or not."""
        rows = run_compiled_select(self.connection, _TOKEN, {"hash": hash_})
        return _TOKENS.value(rows[0]) if rows else None

    def feed_key(self, hash_: str) -> FeedKey | None:
        """The feed key of a secret."""
        rows = run_compiled_select(self.connection, _KEY, {"hash": hash_})
        return _KEYS.value(rows[0]) if rows else None

    def sessions_of(self, user_id: str) -> tuple[Session, ...]:
        """The sessions of a user, the latest first."""
        return _SESSIONS.all(
            self.connection,
            _SESSIONS.select.where(sessions.c.user_id == user_id).order_by(sessions.c.seen_at.desc(), sessions.c.id),
        )

    def tokens_of(self, user_id: str) -> tuple[Token, ...]:
        """The tokens of a user, the latest first."""
        return _TOKENS.all(
            self.connection,
            _TOKENS.select.where(tokens.c.user_id == user_id).order_by(tokens.c.created_at.desc(), tokens.c.id),
        )

    def feed_keys_of(self, user_id: str) -> tuple[FeedKey, ...]:
        """The feed keys of a user, the latest first."""
        return _KEYS.all(
            self.connection,
            _KEYS.select.where(feed_keys.c.user_id == user_id).order_by(feed_keys.c.created_at.desc(), feed_keys.c.id),
        )


class Credentials(CredentialsReading):
    """Sessions, in a write transaction."""

    def add_session(self, session: Session, hash_: str) -> None:
        """Insert a session."""
        self._insert(sessions, {**_SESSIONS.row(session), "hash": hash_})

    def add_token(self, token: Token, hash_: str) -> None:
        """Insert a token."""
        self._insert(tokens, {**_TOKENS.row(token), "hash": hash_})

    def add_feed_key(self, key: FeedKey, hash_: str) -> None:
        """Insert a feed key."""
        self._insert(feed_keys, {**_KEYS.row(key), "hash": hash_})

    def feed_keys_naming(self, text: str) -> tuple[FeedKey, ...]:
        """The feed keys of all users whose address contains a text."""
        return _KEYS.all(
            self.connection, _KEYS.select.where(feed_keys.c.address.contains(text, autoescape=True)).order_by("id")
        )

    def set_feed_key_address(self, key_id: str, address: str) -> None:
        """Make a feed key one for another address."""
        self._write(update(feed_keys).where(feed_keys.c.id == key_id).values(address=address))

    def session_seen(self, session_id: str, seen_at: str, expires_at: str) -> None:
        """Store when a session was used, and its new expiry."""
        self._write(update(sessions).where(sessions.c.id == session_id).values(seen_at=seen_at, expires_at=expires_at))

    def token_seen(self, token_id: str, seen_at: str) -> None:
        """Store when a token was used."""
        self._write(update(tokens).where(tokens.c.id == token_id).values(seen_at=seen_at))

    def feed_key_seen(self, key_id: str, seen_at: str) -> None:
        """Store when a feed key was used."""
        self._write(update(feed_keys).where(feed_keys.c.id == key_id).values(seen_at=seen_at))

    def record_last_change(self, credential_id: str, number: int) -> None:
        """Store the number of the last change that was made with a session or a token."""
        tables = (sessions, tokens)
        self._write(*(update(table).where(table.c.id == credential_id).values(last_change=number) for table in tables))

    def revoke_sessions(self, user_id: str, *, ids: Iterable[str] | None = None, but: str | None = None) -> int:
        """Delete sessions of a user: those with these ids, or all, except `but`; returns their number."""
        chosen = delete(sessions).where(sessions.c.user_id == user_id)
        if ids is not None:
            chosen = chosen.where(sessions.c.id.in_(list(ids)))
        if but is not None:
            chosen = chosen.where(sessions.c.id != but)
        return self._write(chosen)

    def revoke_token(self, user_id: str, token_id: str | None = None) -> int:
        """Delete one token of a user, or all; returns their number."""
        return self._revoke(tokens, user_id, token_id)

    def revoke_feed_key(self, user_id: str, key_id: str | None = None) -> int:
        """Delete one feed key of a user, or all; returns their number."""
        return self._revoke(feed_keys, user_id, key_id)

    def _revoke(self, table: Table, user_id: str, only: str | None) -> int:
        return self._write(
            delete(table).where(table.c.user_id == user_id, true() if only is None else table.c.id == only)
        )

    def purge(self, now: str) -> int:
        """Delete expired sessions and tokens; returns their number."""
        return self._write(*(delete(table).where(table.c.expires_at < now) for table in (sessions, tokens)))
