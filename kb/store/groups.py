"""Groups, and who belongs to them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from kb.errors import NotFound
from kb.model.group import Group, Membership, Role, Visibility
from kb.model.text import is_keepable
from kb.store.database import all_or_nothing, batches
from kb.store.tables import groups, memberships

_ALL = select(groups.c.id, groups.c.slug, groups.c.name, groups.c.description, groups.c.visible)


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups, in one transaction."""

    connection: Connection

    def all(self) -> tuple[Group, ...]:
        """Every group, by slug."""
        return tuple(_group(*row) for row in self.connection.execute(_ALL.order_by(groups.c.slug)))

    def by_slug(self, slug: str) -> Group | None:
        """The group with this slug."""
        row = self.connection.execute(_ALL.where(groups.c.slug == slug)).first() if is_keepable(slug) else None
        return _group(*row) if row else None

    def by_ids(self, ids: Iterable[str]) -> dict[str, Group]:
        """Groups by id; unknown ids are left out."""
        return {
            row.id: _group(*row)
            for batch in batches(ids)
            for row in self.connection.execute(_ALL.where(groups.c.id.in_(batch)))
        }

    def memberships(self, user_id: str) -> tuple[Membership, ...]:
        """The groups that a person belongs to, and the role there."""
        if not is_keepable(user_id):
            return ()
        mine = select(memberships.c.user_id, memberships.c.group_id, memberships.c.role).where(
            memberships.c.user_id == user_id
        )
        rows = self.connection.execute(mine.order_by(memberships.c.group_id))
        return tuple(Membership(user, group, Role(role)) for user, group, role in rows)

    def add(self, group: Group) -> None:
        """Add a group. Raises Conflict if the slug or the id is taken."""
        with all_or_nothing(self.connection):
            self.connection.execute(insert(groups), [{"id": group.id, **_values(group)}])

    def update(self, group: Group) -> None:
        """Give a group, known by its id, another slug, name, description or visibility. Raises Conflict, NotFound."""
        with all_or_nothing(self.connection):
            done = self.connection.execute(update(groups).where(groups.c.id == group.id).values(_values(group)))
            if done.rowcount == 0:
                raise NotFound("This group does not exist, or you may not read it.")

    def set_role(self, user_id: str, group_id: str, role: Role) -> None:
        """Make a person a member with this role, or change the role."""
        row = {"user_id": user_id, "group_id": group_id, "role": int(role)}
        with all_or_nothing(self.connection):
            self.connection.execute(
                delete(memberships).where(memberships.c.user_id == user_id, memberships.c.group_id == group_id)
            )
            self.connection.execute(insert(memberships), [row])


def _group(id_: str, slug: str, name: str, description: str | None, visible: str) -> Group:
    return Group(id_, slug, name, description, Visibility(visible))


def _values(group: Group) -> dict[str, str | None]:
    return {
        "slug": group.slug,
        "name": group.name,
        "description": group.description,
        "visible": group.visible.value,
    }
