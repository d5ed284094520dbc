"""API tokens: the credentials of programs."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import require_administrator, require_permission, require_signed_in_user
from kb.errors import Conflict, Invalid, NotFound
from kb.model.ids import new_id
from kb.model.people.account import Account, Token, TokenScope
from kb.model.people.secret import new_secret, secret_hash
from kb.services.accounts.account_lifecycle import required_account
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_in, timestamp_now

LONGEST_NAME = 100
MOST_DAYS = 3650
MOST_TOKENS = 100
"""For each user."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """The fields to create a token. `days` until it expires; None for never.

    `group` is the slug of its default group; empty for the user's own library.
    """

    scope: TokenScope = TokenScope.READ
    name: str = ""
    days: int | None = None
    group: str = ""


def add_token(library: Library, actor: Actor, new: NewToken, login: str | None = None) -> tuple[Token, str]:
    """Create a token; return it with its secret, which is not stored. Administrators may create one for another login.

    Raises Forbidden, NotFound, Invalid; Conflict if the user has too many. The user must be able to save in the default
    group; a program is asked for the right again at each use.
    """
    if login is None:
        user_id = require_signed_in_user(actor)
    else:
        require_administrator(actor)
    name = new.name.strip() or new.scope.value
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("A name has 1 to %(count)s characters, on one line.", count=LONGEST_NAME)
    if new.days is not None and not 1 <= new.days <= MOST_DAYS:
        raise Invalid("A token lasts from 1 to %(count)s days, or has no end.", count=MOST_DAYS)
    secret = new_secret()
    with library.store.write() as writing:
        if login is not None:
            user_id = required_account(writing, login).user.id
        if len(writing.credentials.tokens_of(user_id)) >= MOST_TOKENS:
            raise Conflict("There are %(count)s tokens already: revoke some first.", count=MOST_TOKENS)
        expires_at = timestamp_in(days=new.days) if new.days is not None else None
        group_id = _default_group_id(writing, user_id, new.group) if new.group else None
        now = timestamp_now()
        token = Token(new_id(), user_id, name, new.scope, now, expires_at=expires_at, default_group_id=group_id)
        writing.credentials.add_token(token, secret_hash(secret))
        write_audit_log(writing, actor, AuditEvent.TOKEN_MADE, subject=user_id, detail=name)
    return token, secret


def _default_group_id(reading: ReadSnapshot, user_id: str, slug: str) -> str:
    """The id of a group in which the user may save. Raises NotFound, Forbidden."""
    user = actor_of_user(reading, user_id)
    return require_permission(user, Action.CONTRIBUTE, reading.groups.by_slug(slug)).id


def all_tokens(library: Library, actor: Actor, login: str | None = None) -> tuple[tuple[Account, Token], ...]:
    """Tokens with their accounts, by login: of one account, or of all. Raises Forbidden for a non-administrator."""
    require_administrator(actor)
    with library.store.read() as reading:
        whose = reading.accounts.all() if login is None else (required_account(reading, login),)
        return tuple((account, token) for account in whose for token in reading.credentials.tokens_of(account.user.id))


def own_tokens(library: Library, actor: Actor) -> tuple[Token, ...]:
    """The actor's own tokens, the latest first. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        return reading.credentials.tokens_of(user_id)


def revoke_token(library: Library, actor: Actor, token_id: str, *, own: bool = False) -> None:
    """Revoke a token: the actor's own or, unless `own`, by an administrator, that of any user.

    Raises LoginNeeded, Forbidden for a read-only token; NotFound if there is no such token.
    """
    everywhere = (actor.operator or actor.administrator) and not own
    with library.store.write() as writing:
        ids = [account.user.id for account in writing.accounts.all()] if everywhere else [require_signed_in_user(actor)]
        owned_tokens = ((user_id, token.id) for user_id in ids for token in writing.credentials.tokens_of(user_id))
        user_id = next((user_id for user_id, owned_id in owned_tokens if owned_id == token_id), None)
        if user_id is None:
            raise NotFound("There is no such token.")
        writing.credentials.revoke_token(user_id, token_id)
        write_audit_log(writing, actor, AuditEvent.TOKEN_REVOKED, subject=user_id)
