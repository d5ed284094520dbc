"""The rows of what users follow."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, RowMapping, and_, bindparam, delete, exists, func, select, update

from kb.access.actor import Actor
from kb.access.permissions import filter_readable_groups, readable_groups_filter
from kb.features.digests.tables import follows
from kb.model.people.user import User
from kb.services.followed_searches.following import may_read_followed
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.rows import Repository, ValueColumns
from kb.store.groups.groups import Groups
from kb.store.items.followed_searches import digest_of_parameters
from kb.store.items.lists import ItemListsReading
from kb.store.people.users import Users
from kb.store.tables.followed_search_tables import followed_searches, search_matches
from kb.store.tables.group_tables import memberships
from kb.store.tables.item_tables import items

MOST_COUNTED = 100
"""New items of one search that the home page counts."""
_MOST_SHARED = 50
"""Follows of others that one page shows."""


@dataclass(frozen=True, slots=True)
class Follow:
    """A row of `follows`."""

    id: str
    user_id: str
    search_id: str
    group_id: str | None
    name: str
    place: int
    is_counted: bool
    seen: int
    created_at: str


@dataclass(frozen=True, slots=True)
class CountedFollow:
    """What a user follows, with the parameters of the search, and how many of its items are new to them,
    MOST_COUNTED at most. None: the user may not learn the parameters.
    """

    id: str
    name: str
    parameters: str | None
    new: int


_FOLLOWS = ValueColumns(follows, Follow)
_GROUPS: BindParameter[Any] = bindparam("groups", expanding=True)
_EARLIER = search_matches.alias()
_IS_NEW = and_(
    search_matches.c.search_id == follows.c.search_id,
    search_matches.c.number > follows.c.seen,
    search_matches.c.is_found,
    search_matches.c.group_id.in_(_GROUPS),
    exists().where(items.c.id == search_matches.c.item_id, items.c.group_id == search_matches.c.group_id),
    # Correlated by name: `follows` is two selects further out, and would be read here once more, with every row.
    ~exists()
    .where(
        _EARLIER.c.search_id == search_matches.c.search_id,
        _EARLIER.c.item_id == search_matches.c.item_id,
        _EARLIER.c.number <= follows.c.seen,
        _EARLIER.c.group_id.in_(_GROUPS),
    )
    .correlate(search_matches, follows),
)
"""As `kb.store.items.followed_searches` finds what is new, for all that a user follows at once."""
_SOME_NEW = select(search_matches.c.item_id).where(_IS_NEW).limit(MOST_COUNTED).correlate(follows).subquery()
_COUNTED = (
    select(
        follows.c.id,
        follows.c.name,
        followed_searches.c.parameters,
        select(func.count()).select_from(_SOME_NEW).scalar_subquery(),
    )
    .join(followed_searches, followed_searches.c.id == follows.c.search_id)
    .where(follows.c.user_id == bindparam("user"), follows.c.is_counted)
    .order_by(follows.c.place, follows.c.id)
)


_OF_SEARCH = (
    select(follows.c.id, follows.c.search_id, follows.c.seen)
    .join(followed_searches, followed_searches.c.id == follows.c.search_id)
    .where(follows.c.user_id == bindparam("user"), followed_searches.c.digest == bindparam("digest"))
)


class FollowsReading(Repository):
    """What users follow, in one transaction."""

    def of_user(self, user_id: str) -> tuple[Follow, ...]:
        """What a user follows, in their order."""
        chosen = _FOLLOWS.select.where(follows.c.user_id == user_id)
        return _FOLLOWS.all(self.connection, chosen.order_by(follows.c.place, follows.c.id))

    def seen_of(self, user_id: str, parameters: str) -> tuple[str, str, int] | None:
        """If a user follows the search of some parameters: the ids of the follow and of the search, and the position up
        to which the user has seen it.
        """
        values: dict[str, str | int] = {"user": user_id, "digest": digest_of_parameters(parameters)}
        rows = run_compiled_select(self.connection, _OF_SEARCH, values)
        return (str(rows[0][0]), str(rows[0][1]), int(rows[0][2])) if rows else None

    def characters(self, user_id: str) -> int:
        """How many characters the parameters of all that a user follows have."""
        joined = follows.join(followed_searches, followed_searches.c.id == follows.c.search_id)
        counted = select(func.sum(func.length(followed_searches.c.parameters))).select_from(joined)
        return self._number(counted.where(follows.c.user_id == user_id))

    def by_id(self, follow_id: str) -> Follow | None:
        return _FOLLOWS.first(self.connection, _FOLLOWS.select.where(follows.c.id == follow_id))

    def counted(self, user_id: str, group_ids: Collection[str]) -> tuple[CountedFollow, ...]:
        """What a user has counted on the home page, in their order, with what is new in groups that they may read."""
        groups: Sequence[str] = sorted(group_ids) or [""]
        rows = run_compiled_select(self.connection, _COUNTED, {"user": user_id}, groups=groups)
        return tuple(CountedFollow(*row) for row in rows)

    def shared(self, group_ids: Collection[str], but: str) -> tuple[tuple[Follow, User], ...]:
        """What other members share with some groups, by name, with who does."""
        if not group_ids:
            return ()
        is_member = exists().where(
            memberships.c.user_id == follows.c.user_id, memberships.c.group_id == follows.c.group_id
        )
        chosen = _FOLLOWS.select.where(follows.c.group_id.in_(sorted(group_ids)), follows.c.user_id != but, is_member)
        found = _FOLLOWS.all(self.connection, chosen.order_by(follows.c.name, follows.c.id).limit(_MOST_SHARED))
        people = Users(self.connection).by_ids({follow.user_id for follow in found})
        return tuple((follow, people[follow.user_id]) for follow in found if follow.user_id in people)


class Follows(FollowsReading):
    """The same, in a write transaction."""

    def put(self, follow: Follow) -> None:
        """Insert or change what a user follows."""
        if not self._write(update(follows).where(follows.c.id == follow.id).values(_FOLLOWS.row(follow))):
            self._insert(follows, _FOLLOWS.row(follow))

    def remove(self, follow_id: str) -> None:
        self._write(delete(follows).where(follows.c.id == follow_id))


def personal_follow_data(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """What a user follows."""
    columns = (follows.c.name, followed_searches.c.parameters, follows.c.is_counted, follows.c.created_at)
    joined = follows.join(followed_searches, followed_searches.c.id == follows.c.search_id)
    chosen = select(*columns).select_from(joined).where(follows.c.user_id == user_id)
    return readable_search_rows(connection, user_id, connection.execute(chosen.order_by(follows.c.place)).mappings())


def readable_search_rows(connection: Connection, user_id: str, rows: Iterable[RowMapping]) -> list[dict[str, Any]]:
    """Rows with `parameters`, but None for lists, and for searches that name groups, that a user may not read."""
    actor = Actor(user_id, Groups(connection).memberships(user_id))
    readable = filter_readable_groups(actor, Groups(connection).readable(readable_groups_filter(actor)))

    def is_readable(parameters: str | None) -> bool:
        return parameters is None or may_read_followed(ItemListsReading(connection), readable, user_id, parameters)

    return [dict(row) if is_readable(row["parameters"]) else {**row, "parameters": None} for row in rows]


FOLLOW_TABLES = (follows,)
