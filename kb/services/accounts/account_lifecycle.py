"""Accounts: create, change, close and reopen them."""

from dataclasses import dataclass, replace
from itertools import count

from kb.access.actor import Actor
from kb.access.permissions import require_administrator
from kb.errors import Conflict, Invalid, NotFound
from kb.model.ids import new_id
from kb.model.people.account import Account, LinkPurpose, checked_email, checked_person_name
from kb.model.people.group import PERSONAL, Group, Role, Visibility, personal_slug
from kb.model.people.name_skeletons import is_reserved_name, require_free_name
from kb.model.people.user import User
from kb.model.slugs import SLUG_LENGTH, is_login, slug_of
from kb.services.authentication.passwords import hash_password
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.messages import MessageWriter
from kb.services.rights.invitation_rights import revoke_invitations_by
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

LONGEST_LOGIN = SLUG_LENGTH - len(PERSONAL)
"""In characters: `~login` is the slug of a library."""
_MOST_PROPOSED = 100
"""Logins that are tried for a proposal."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """The fields to create an account."""

    login: str
    name: str = ""
    email: str = ""
    password: str | None = None


def all_accounts(library: Library, actor: Actor) -> tuple[Account, ...]:
    """Every account, by login. Raises Forbidden unless the actor is an administrator."""
    require_administrator(actor)
    with library.store.read() as reading:
        return reading.accounts.all()


def add_account(library: Library, actor: Actor, new: NewAccount, *, administrator: bool = False) -> Account:
    """Create an account. Raises Forbidden for a non-administrator; Invalid; Conflict for a login or address in use."""
    require_administrator(actor)
    password = None if new.password is None else hash_password(new.password)
    with library.store.write() as writing:
        return create_account(writing, actor, new, password, administrator=administrator, verified=True)


def create_account(
    writing: WriteTransaction,
    actor: Actor,
    new: NewAccount,
    password: str | None,
    *,
    administrator: bool = False,
    verified: bool = False,
) -> Account:
    """Create an account with its own library, in a transaction. `password` is hashed. Raises Invalid, Conflict.

    `verified`: the e-mail address is known to belong to the user. Otherwise the user must confirm it, and other
    accounts may have the same one.

    An imported author with the same login keeps the shared items, under the next free login: an import never speaks for
    an account.

    Only administrators give a login or a name that stands for those who run the site, or the name of one of them.
    """
    login = new.login.strip()
    if not is_login(login) or len(login) > LONGEST_LOGIN:
        raise Invalid("“%(login)s” cannot be a login: a-z, 0-9 and - only, at most 63 characters.", login=login[:100])
    email = checked_email(new.email) if new.email.strip() else None
    if email and verified and writing.accounts.by_email(email):
        raise Conflict("Another account has this e-mail address.")
    user = User(new_id(), login, checked_person_name(new.name or login))
    if not (administrator or actor.operator or actor.administrator):
        require_free_name(login)
        require_free_name(user.name, writing.accounts.administrator_names())
    _free_login(writing, login)
    writing.users.add([user])
    account = Account(user, email if verified else None, administrator, password is not None, timestamp_now())
    if not verified:
        account = replace(account, unverified_email=email)
    writing.accounts.add(account, password)
    own = Group(new_id(), personal_slug(login), user.name, visible=Visibility.MEMBERS)
    writing.groups.add(own)
    writing.groups.set_role(user.id, own.id, Role.OWNER)
    write_audit_log(
        writing, actor if actor.user_id else replace(actor, user_id=user.id), AuditEvent.ACCOUNT_ADDED, subject=user.id
    )
    return account


def proposed_login(library: Library, *texts: str) -> str:
    """A login that no account has, made of the first of these texts that gives one, such as `claire-2` for Claire;
    empty if none does.
    """
    with library.store.read() as reading:
        return next(filter(None, (free_login(reading, text.strip()) for text in texts)), "")


def free_login(reading: ReadSnapshot, text: str) -> str:
    """The same, for one text, within a transaction; empty also for a reserved one, or if too many like it are taken."""
    login = slug_of(text)[:LONGEST_LOGIN].rstrip("-") if text else ""
    others = (f"{login[:60].rstrip('-')}-{number}" for number in range(2, _MOST_PROPOSED))
    if not login or is_reserved_name(login):
        return ""
    return next((free for free in (login, *others) if reading.accounts.by_login(free) is None), "")


def set_password(library: Library, actor: Actor, login: str, password: str) -> Account:
    """Set the password of an account, and end its sessions. Raises Forbidden, NotFound, Invalid."""
    require_administrator(actor)
    password_hash = hash_password(password)
    with library.store.write() as writing:
        account = required_account(writing, login)
        writing.accounts.set_password(account.user.id, password_hash)
        writing.credentials.revoke_sessions(account.user.id)
        write_audit_log(writing, actor, AuditEvent.PASSWORD_SET, subject=account.user.id)
        MessageWriter(library, writing).send_password_changed(account)
    return account


def close_account(library: Library, actor: Actor, login: str, *, closed: bool) -> Account:
    """Close an account, so that its user can no longer log in, or reopen it.

    Closing ends the user's sessions, tokens, feed keys and password links, and the invitations that the user created.

    Raises Forbidden, NotFound, Conflict for the last administrator.
    """
    require_administrator(actor)
    with library.store.write() as writing:
        account = required_account(writing, login)
        if closed:
            require_other_administrator(writing, account)
            writing.credentials.revoke_sessions(account.user.id)
            writing.credentials.revoke_token(account.user.id)
            writing.credentials.revoke_feed_key(account.user.id)
            writing.invitations.remove_for_purpose(LinkPurpose.PASSWORD, account.user.id)
        changed = replace(account, closed_at=timestamp_now() if closed else None)
        writing.accounts.update(changed)
        revoke_invitations_by(writing, account.user.id)
        write_audit_log(
            writing, actor, AuditEvent.ACCOUNT_CLOSED if closed else AuditEvent.ACCOUNT_OPENED, subject=account.user.id
        )
    return changed


def set_administrator(library: Library, actor: Actor, login: str, *, administrator: bool) -> Account:
    """Make a user an administrator, or revoke that role; this also ends the invitations that only administrators may
    create.

    Raises Forbidden, NotFound, Conflict for the last administrator.
    """
    require_administrator(actor)
    with library.store.write() as writing:
        account = required_account(writing, login)
        if not administrator:
            require_other_administrator(writing, account)
        changed = replace(account, administrator=administrator)
        writing.accounts.update(changed)
        revoke_invitations_by(writing, account.user.id)
        done = AuditEvent.ADMINISTRATOR_MADE if administrator else AuditEvent.ADMINISTRATOR_UNMADE
        write_audit_log(writing, actor, done, subject=account.user.id)
    return changed


def required_account(reading: ReadSnapshot, login: str) -> Account:
    """The account with a login. Raises NotFound."""
    account = reading.accounts.by_login(login)
    if account is None:
        raise NotFound("There is no account “%(login)s”.", login=login[:100])
    return account


def account_of_user(reading: ReadSnapshot, user_id: str) -> Account:
    """The account of a user. Raises NotFound once it is deleted."""
    account = reading.accounts.by_id(user_id)
    if account is None:
        raise NotFound("This account does not exist.")
    return account


def require_open_account(account: Account) -> Account:
    """Return the account. Raises Conflict for a closed one."""
    if account.closed_at is not None:
        raise Conflict("The account “%(login)s” is closed.", login=account.user.login)
    return account


def is_last_administrator(reading: ReadSnapshot, account: Account | None) -> bool:
    """Whether no other account could administer the site."""
    is_one = account is not None and account.administrator and account.closed_at is None
    return is_one and reading.accounts.administrators() <= 1


def require_other_administrator(reading: ReadSnapshot, account: Account) -> None:
    """Raise Conflict if no other account could administer the site."""
    if is_last_administrator(reading, account):
        raise Conflict("This is the only administrator: give this right to another user first.")


def has_other_owner(reading: ReadSnapshot, group: Group, user_id: str) -> bool:
    """Whether the group has another owner, with an open account."""
    others = [user.id for user, role in reading.groups.members(group.id) if role is Role.OWNER and user.id != user_id]
    return any(account.closed_at is None for account in reading.accounts.by_ids(others).values())


def rename_user(writing: WriteTransaction, account: Account, name: str) -> None:
    """Change a user's name beside all their texts, and of their own library unless the user named it."""
    user = account.user
    writing.users.rename(replace(user, name=name))
    writing.contributions.mark_changed(writing.contributions.item_ids(user.id))
    own = writing.groups.own_library(user.login)
    if own is not None and own.name == user.name:
        writing.groups.update(replace(own, name=name))


def _free_login(writing: WriteTransaction, login: str) -> None:
    """Move an imported author with this login to the next free one. Raises Conflict if an account has the login."""
    author = writing.users.by_login(login)
    if author is None:
        return
    if writing.users.has_account(author.id):
        raise Conflict("The login “%(login)s” is taken.", login=login)
    for number in count(2):
        other = f"{login[:60].rstrip('-')}-{number}"
        if writing.users.by_login(other) is None:
            writing.users.rename(replace(author, login=other))
            # Otherwise saved searches for the author's items would find those of the new account.
            writing.saved_searches.rename_author(login, other)
            writing.followed_searches.rename("author", login, other)
            writing.contributions.mark_changed(writing.contributions.item_ids(author.id))
            return
