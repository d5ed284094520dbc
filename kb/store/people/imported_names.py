"""Users to whom names of imported files were given, by group: the same file again is then known."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, update

from kb.model.people.user import User
from kb.model.slugs import slug_of
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.rows import Repository
from kb.store.people.users import user_of_row
from kb.store.tables.account_tables import IS_IMPORTED, imported_names, users

_OF_GROUP = (
    select(imported_names.c.name, imported_names.c.confirmed, users.c.id, users.c.login, users.c.name, IS_IMPORTED)
    .join(users, users.c.id == imported_names.c.user_id)
    .where(imported_names.c.group_id == bindparam("group"))
    .order_by(imported_names.c.confirmed.desc(), users.c.login)
)


@dataclass(frozen=True, slots=True)
class KnownName:
    """A user to whom a name was given; `confirmed`: the last one that an owner or the operator gave."""

    user: User
    confirmed: bool


class ImportedNamesReading(Repository):
    """Names of imported files, in one transaction."""

    def of_group(self, group_id: str) -> dict[str, tuple[KnownName, ...]]:
        """The users to whom names were given in a group, by the slug of the name, the confirmed one first."""
        known: dict[str, tuple[KnownName, ...]] = {}
        for name, confirmed, *user in run_compiled_select(self.connection, _OF_GROUP, {"group": group_id}):
            known[name] = (*known.get(name, ()), KnownName(user_of_row(user), bool(confirmed)))
        return known

    def of_user(self, user_id: str) -> tuple[tuple[str, str], ...]:
        """The groups and names that were given to a user."""
        chosen = select(imported_names.c.group_id, imported_names.c.name).where(imported_names.c.user_id == user_id)
        rows = self.connection.execute(chosen.order_by(imported_names.c.group_id, imported_names.c.name))
        return tuple((group_id, name) for group_id, name in rows)


class ImportedNames(ImportedNamesReading):
    """Names of imported files, in a write transaction."""

    def put(self, group_id: str, name: str, user_id: str, *, confirmed: bool) -> None:
        """Remember that a name, as a slug, was given to a user; a confirmed one takes the place of others."""
        row = {"group_id": group_id, "name": name, "user_id": user_id, "confirmed": confirmed}
        if confirmed:
            others = update(imported_names).where(imported_names.c.group_id == group_id, imported_names.c.name == name)
            self._write(others.values(confirmed=False))
            self._replace(imported_names, row)
        else:
            self._insert_missing(imported_names, row)

    def give(self, author: User, to_id: str, group_id: str) -> None:
        """Give the names of an imported author in a group to another user."""
        given = [name for group, name in self.of_user(author.id) if group == group_id]
        for name in dict.fromkeys((author.login, slug_of(author.name), *given)):
            self.put(group_id, name, to_id, confirmed=True)
        of_author = imported_names.c.user_id == author.id
        self._write(delete(imported_names).where(of_author, imported_names.c.group_id == group_id))
