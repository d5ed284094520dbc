"""The saved searches of groups."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Delete, Insert, Update, bindparam, delete, insert, select, update

from kb.model.saved_search import SavedSearch
from kb.model.storable_text import is_storable
from kb.store.database.clock import timestamp_now
from kb.store.database.rows import Repository
from kb.store.groups.groups import mark_groups_changed
from kb.store.tables.group_tables import saved_searches

_NAMES = ("id", "group_id", "name", "parameters", "created_at")
_ALL = select(*(saved_searches.c[name] for name in _NAMES))
_OF_GROUPS = _ALL.where(saved_searches.c.group_id.in_(bindparam("groups", expanding=True))).order_by(
    saved_searches.c.group_id, saved_searches.c.created_at, saved_searches.c.id
)


class SavedSearchesReading(Repository):
    """Saved searches, in one transaction."""

    def by_id(self, search_id: str) -> SavedSearch | None:
        """The saved search with this id, without a check of read permission."""
        chosen = _ALL.where(saved_searches.c.id == search_id)
        row = self.connection.execute(chosen).first() if is_storable(search_id) else None
        return SavedSearch.of(*row) if row else None

    def of_groups(self, group_ids: Iterable[str]) -> tuple[SavedSearch, ...]:
        """The saved searches of these groups, for each group in the order in which they were saved."""
        return tuple(SavedSearch.of(*row) for row in self._rows_of(_OF_GROUPS, group_ids, "groups"))


class SavedSearches(SavedSearchesReading):
    """Saved searches, in a write transaction."""

    def rename_author(self, before: str, after: str) -> None:
        """Replace the login of an author in saved searches by the author's new login."""
        self._rename("author", before, after)

    def rename_group(self, before: str, after: str) -> None:
        """Replace the slug of a group in saved searches by its new slug."""
        self._rename("group", before, after)

    def _rename(self, parameter: str, before: str, after: str) -> None:
        naming = _ALL.where(saved_searches.c.parameters.contains(before, autoescape=True))
        for row in self.connection.execute(naming).all():
            saved = SavedSearch.of(*row)
            values: tuple[str, ...] = getattr(saved.request, parameter)
            if before in values:
                named = tuple(dict.fromkeys(after if value == before else value for value in values))
                changes: dict[str, Any] = {parameter: named}
                self.update_parameters(replace(saved, request=replace(saved.request, **changes)))

    def add(self, saved: SavedSearch) -> None:
        """Insert a search. Raises Conflict if the group has one of this name, or if the id is taken."""
        self._change(saved, insert(saved_searches).values({name: getattr(saved, name) for name in _NAMES}))

    def rename(self, saved: SavedSearch) -> None:
        """Rename a search; does nothing if it does not exist. Raises Conflict, as `add` does."""
        self._change(saved, update(saved_searches).where(saved_searches.c.id == saved.id).values(name=saved.name))

    def update_parameters(self, saved: SavedSearch) -> None:
        """Replace the parameters of a search; does nothing if it does not exist."""
        chosen = update(saved_searches).where(saved_searches.c.id == saved.id)
        self._change(saved, chosen.values(parameters=saved.parameters))

    def remove(self, saved: SavedSearch) -> None:
        """Delete a search; does nothing if it does not exist."""
        self._change(saved, delete(saved_searches).where(saved_searches.c.id == saved.id))

    def _change(self, saved: SavedSearch, statement: Delete | Insert | Update) -> None:
        self._write(statement)
        mark_groups_changed(self.connection, [saved.group_id], timestamp_now())
