"""Accounts: the users who can sign in."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update

from kb.errors import NotFound
from kb.model.people.account import Account, Identity, PendingOidcLogin
from kb.model.people.user import User
from kb.model.storable_text import is_storable
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import in_savepoint
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.account_tables import accounts, identities, oidc_logins, users

_ALL = select(
    users.c.id,
    users.c.login,
    users.c.name,
    accounts.c.email,
    accounts.c.administrator,
    accounts.c.password.is_not(None),
    accounts.c.created_at,
    accounts.c.closed_at,
    accounts.c.unverified_email,
    accounts.c.last_visit_at,
).join(accounts, accounts.c.user_id == users.c.id)
_BY_ID = _ALL.where(users.c.id.in_(bindparam("ids", expanding=True)))
_BY_LOGIN = _ALL.where(users.c.login == bindparam("login"))
_BY_EMAIL = _ALL.where(accounts.c.email == bindparam("email"))
_WITH_ACCOUNT = select(accounts.c.user_id).where(accounts.c.user_id.in_(bindparam("ids", expanding=True)))
_IDENTITIES = ValueColumns(identities, Identity)
_OIDC_LOGINS = ValueColumns(oidc_logins, PendingOidcLogin)


class AccountsReading(Repository):
    """Accounts, in one transaction."""

    def all(self) -> tuple[Account, ...]:
        """Every account, by login."""
        return tuple(_account(row) for row in self.connection.execute(_ALL.order_by(users.c.login)))

    def by_ids(self, ids: Iterable[str]) -> dict[str, Account]:
        """Accounts by user id; unknown ids are left out."""
        return {account.user.id: account for account in map(_account, self._rows_of(_BY_ID, ids))}

    def by_id(self, user_id: str | None) -> Account | None:
        """The account of this user; None without an id, or if there is none."""
        return None if user_id is None else self.by_ids([user_id]).get(user_id)

    def by_login(self, login: str) -> Account | None:
        rows = run_compiled_select(self.connection, _BY_LOGIN, {"login": login}) if is_storable(login) else ()
        return _account(rows[0]) if rows else None

    def by_email(self, email: str) -> Account | None:
        """The account that has confirmed this case-folded e-mail address."""
        rows = run_compiled_select(self.connection, _BY_EMAIL, {"email": email}) if is_storable(email) else ()
        return _account(rows[0]) if rows else None

    def with_account(self, ids: Iterable[str]) -> set[str]:
        """Of these users, those who have an account."""
        return {user_id for (user_id,) in self._rows_of(_WITH_ACCOUNT, ids)}

    def password_of(self, user_id: str) -> str | None:
        """The encoded hash of a user's password, or None."""
        return self._text(select(accounts.c.password).where(accounts.c.user_id == user_id))

    def administrator_names(self) -> list[str]:
        """The names of all administrators, with closed accounts too."""
        named = select(users.c.name).join(accounts, accounts.c.user_id == users.c.id)
        return list(self.connection.execute(named.where(accounts.c.administrator.is_(True))).scalars())

    def administrators(self) -> int:
        """The number of administrators who can sign in."""
        counted = select(func.count()).where(accounts.c.administrator.is_(True), accounts.c.closed_at.is_(None))
        return self._number(counted)

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """The account of an identity at a provider."""
        if not (is_storable(issuer) and is_storable(subject)):
            return None
        whose = _ALL.join(identities, identities.c.user_id == users.c.id)
        row = self.connection.execute(
            whose.where(identities.c.issuer == issuer, identities.c.subject == subject)
        ).first()
        return _account(row) if row else None

    def identities_of(self, user_id: str) -> tuple[Identity, ...]:
        """The identities at a provider with which a user can sign in."""
        return _IDENTITIES.all(self.connection, _IDENTITIES.select.where(identities.c.user_id == user_id))

    def pending_login(self, hash_: str) -> PendingOidcLogin | None:
        """The stored login, which stays."""
        return _OIDC_LOGINS.first(self.connection, _OIDC_LOGINS.select.where(oidc_logins.c.hash == hash_))


class Accounts(AccountsReading):
    """Accounts, in a write transaction."""

    def add(self, account: Account, password: str | None = None) -> None:
        """Give an existing user an account. Raises Conflict if the user has one, or if the address is taken."""
        row = {
            "user_id": account.user.id,
            "email": account.email,
            "password": password,
            "administrator": account.administrator,
            "created_at": account.created_at,
            "closed_at": account.closed_at,
            "unverified_email": account.unverified_email,
        }
        self._insert(accounts, row)

    def update(self, account: Account) -> None:
        """Change the address, rights and closing of an account. Raises NotFound, Conflict if the address is taken."""
        changed = update(accounts).where(accounts.c.user_id == account.user.id)
        with in_savepoint(self.connection):
            done = self.connection.execute(
                changed.values(
                    email=account.email,
                    unverified_email=account.unverified_email,
                    administrator=account.administrator,
                    closed_at=account.closed_at,
                )
            )
            if not done.rowcount:
                raise NotFound("This account does not exist.")

    def record_visit(self, user_id: str, now: str, ended_before: str) -> None:
        """Store that a user is active now; an activity before `ended_before` was another visit."""
        ended = accounts.c.active_at < ended_before
        visit = case((ended, accounts.c.active_at), else_=accounts.c.last_visit_at)
        self._write(update(accounts).where(accounts.c.user_id == user_id).values(last_visit_at=visit, active_at=now))

    def set_password(self, user_id: str, password: str | None) -> None:
        """Store the encoded hash of a password."""
        self._write(update(accounts).where(accounts.c.user_id == user_id).values(password=password))

    def remove(self, user_id: str) -> None:
        """Delete an account with its identities; the user stays. Delete its sessions, tokens and the like before."""
        self._write(
            delete(identities).where(identities.c.user_id == user_id),
            delete(accounts).where(accounts.c.user_id == user_id),
        )

    def add_identity(self, identity: Identity) -> None:
        """Add an identity to an account. Raises Conflict if the identity belongs to an account."""
        self._insert(identities, _IDENTITIES.row(identity))

    def remove_identity(self, identity: Identity) -> None:
        """Remove an identity from its account."""
        self._write(
            delete(identities).where(identities.c.issuer == identity.issuer, identities.c.subject == identity.subject)
        )

    def put_pending_login(self, hash_: str, pending: PendingOidcLogin) -> None:
        """Store a login that has started at an identity provider, or its result, in place of the previous state."""
        self._replace(oidc_logins, {**_OIDC_LOGINS.row(pending), "hash": hash_})

    def take_pending_login(self, hash_: str) -> PendingOidcLogin | None:
        """The stored login, which is deleted: an answer of the provider is used once."""
        pending = self.pending_login(hash_)
        if pending is not None:
            self._write(delete(oidc_logins).where(oidc_logins.c.hash == hash_))
        return pending

    def purge_pending_logins(self, before: str) -> None:
        """Delete the logins that started before a time and were never finished."""
        self._write(delete(oidc_logins).where(oidc_logins.c.created_at < before))


def _account(row: Any) -> Account:
    id_, login, name, email, administrator, has_password, created_at, closed_at, unverified, visit = row
    user = User(id_, login, name)
    return Account(user, email, bool(administrator), bool(has_password), created_at, closed_at, unverified, visit)
