"""Users: everyone who shared or annotated something, with or without an account."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from kb.errors import NotFound
from kb.model.people.user import User
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import in_savepoint
from kb.store.database.rows import Repository
from kb.store.tables.account_tables import IS_IMPORTED, accounts, users

_ALL = select(users.c.id, users.c.login, users.c.name, IS_IMPORTED)
_BY_LOGIN = _ALL.where(users.c.login.in_(bindparam("logins", expanding=True)))
_BY_ID = _ALL.where(users.c.id.in_(bindparam("ids", expanding=True)))
_WITH_ACCOUNT = select(accounts.c.user_id).where(accounts.c.user_id == bindparam("id"))


def user_of_row(row: Sequence[Any]) -> User:
    """The user of an id, a login, a name and IS_IMPORTED."""
    id_, login, name, imported = row
    return User(id_, login, name, bool(imported))


class UsersReading(Repository):
    """Users, in one transaction."""

    def by_login(self, login: str) -> User | None:
        return self.by_logins([login]).get(login)

    def by_logins(self, logins: Iterable[str]) -> dict[str, User]:
        """Users by login; unknown logins are left out."""
        return {user.login: user for user in map(user_of_row, self._rows_of(_BY_LOGIN, logins, "logins"))}

    def by_ids(self, ids: Iterable[str]) -> dict[str, User]:
        """Users by id; unknown ids are left out."""
        return {user.id: user for user in map(user_of_row, self._rows_of(_BY_ID, ids))}

    def by_id(self, user_id: str | None) -> User | None:
        """The user of this id; None without an id, or if there is none."""
        return None if user_id is None else self.by_ids([user_id]).get(user_id)

    def has_account(self, user_id: str) -> bool:
        """Whether the user has an account; only the user may then decide on what the user shared."""
        return bool(run_compiled_select(self.connection, _WITH_ACCOUNT, {"id": user_id}))


class Users(UsersReading):
    """Users, in a write transaction."""

    def add(self, people: Sequence[User]) -> None:
        """Add users. Raises Conflict, and adds none, if a login or an id is taken."""
        if people:
            rows = [{"id": user.id, "login": user.login, "name": user.name} for user in people]
            self._insert(users, *rows)

    def rename(self, user: User) -> None:
        """Give the user with this id another login and name. Raises Conflict if the login is taken, NotFound.

        All that the user shared or wrote must be indexed again: the caller records this.
        """
        chosen = update(users).where(users.c.id == user.id)
        with in_savepoint(self.connection):
            if not self.connection.execute(chosen.values(login=user.login, name=user.name)).rowcount:
                raise NotFound("This person is not in the database.")

    def remove(self, user_id: str) -> None:
        """Delete a user of whom nothing is left."""
        self._write(delete(users).where(users.c.id == user_id))
