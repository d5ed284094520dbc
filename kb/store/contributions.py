"""What people did in a group, counted."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, literal, select, union_all

from kb.model.text import is_keepable
from kb.model.user import User
from kb.store.tables import annotations, items, users


@dataclass(frozen=True, slots=True)
class Contribution:
    """How many items somebody shared in a group, how many annotations and replies they wrote, and the latest date."""

    user: User
    shared: int
    annotated: int
    last: str | None


@dataclass(frozen=True, slots=True)
class Contributions:
    """What people did, in one transaction."""

    connection: Connection

    def of_group(self, group_id: str) -> tuple[Contribution, ...]:
        """Everybody who did something in a group, by login."""
        if not is_keepable(group_id):
            return ()
        shared = select(
            items.c.author_id,
            func.count().label("shared"),
            literal(0).label("annotated"),
            func.max(items.c.added).label("last"),
        )
        annotated = select(
            annotations.c.author_id, literal(0), func.count(), func.max(annotations.c.added)
        ).select_from(annotations.join(items, items.c.number == annotations.c.item))
        both = union_all(
            shared.where(items.c.group_id == group_id).group_by(items.c.author_id),
            annotated.where(items.c.group_id == group_id).group_by(annotations.c.author_id),
        ).subquery()
        counted = (
            select(
                users.c.id,
                users.c.login,
                users.c.name,
                func.sum(both.c.shared),
                func.sum(both.c.annotated),
                func.max(both.c.last),
            )
            .join(both, both.c.author_id == users.c.id)
            .group_by(users.c.id, users.c.login, users.c.name)
            .order_by(users.c.login)
        )
        return tuple(
            Contribution(User(id_, login, name), int(items_), int(annotations_), last)
            for id_, login, name, items_, annotations_, last in self.connection.execute(counted)
        )
