"""Groups and their members."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, or_, select, update

from kb.access.actor import ReadableGroupsFilter
from kb.errors import Conflict, NotFound
from kb.model.people.group import PERSONAL, Group, JoinPolicy, Membership, Role, Visibility, personal_slug
from kb.model.people.user import User
from kb.model.slugs import is_slug
from kb.model.storable_text import is_storable
from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import batches, in_savepoint
from kb.store.database.rows import Conversion, Repository, ValueColumns
from kb.store.tables.account_tables import users
from kb.store.tables.group_tables import groups, memberships
from kb.store.transaction_events import GroupChanged, events_of

_GROUPS = ValueColumns(
    groups,
    Group,
    {
        "languages": Conversion(lambda text: tuple((text or "").split()), lambda codes: " ".join(codes) or None),
        "join": Conversion(lambda text: JoinPolicy(text or JoinPolicy.INVITE), lambda policy: policy.value),
        "feeds": Conversion(lambda without: not without, lambda feeds: not feeds),
        "former_slugs": Conversion(lambda text: tuple((text or "").split()), lambda slugs: " ".join(slugs) or None),
    },
    join="joining",
    feeds="without_feeds",
)
_ALL = _GROUPS.select
_BY_ORDER = _ALL.order_by(groups.c.slug)
_IS_READABLE = or_(
    groups.c.visible.in_(bindparam("visible", expanding=True)), groups.c.id.in_(bindparam("ids", expanding=True))
)
_READABLE = _BY_ORDER.where(_IS_READABLE)
_READABLE_OR_SHARED = _BY_ORDER.where(or_(_IS_READABLE, groups.c.slug.not_like(PERSONAL + "%")))
_BY_SLUG = _ALL.where(groups.c.slug == bindparam("slug"))
# No slug holds a character that LIKE reads as a pattern.
_BY_FORMER_SLUG = _ALL.where(literal(" ").concat(groups.c.former_slugs).concat(" ").like(bindparam("pattern")))
_BY_ID = _ALL.where(groups.c.id.in_(bindparam("ids", expanding=True)))
_MARK_CHANGED_SINCE = (
    update(groups).where(groups.c.changed_at >= bindparam("since")).values(changed_at=bindparam("instant"))
)
_MARK_CHANGED = (
    update(groups).where(groups.c.id.in_(bindparam("ids", expanding=True))).values(changed_at=bindparam("instant"))
)
_CHANGE_TIMES = select(groups.c.id, groups.c.changed_at).where(groups.c.id.in_(bindparam("ids", expanding=True)))
_MEMBERSHIPS = (
    select(memberships.c.user_id, memberships.c.group_id, memberships.c.role)
    .where(memberships.c.user_id == bindparam("user"))
    .order_by(memberships.c.group_id)
)


class GroupsReading(Repository):
    """Groups, in one transaction."""

    def all(self) -> tuple[Group, ...]:
        """Every group, by slug."""
        return tuple(map(_GROUPS.value, run_compiled_select(self.connection, _BY_ORDER)))

    def readable(self, limits: ReadableGroupsFilter) -> tuple[Group, ...]:
        """The groups that a filter lets through, by slug."""
        if limits.everything:
            return self.all()
        # A list parameter needs one value at least.
        lists = {
            "visible": [visibility.value for visibility in limits.visible] or [""],
            "ids": [*limits.group_ids] or [""],
        }
        statement = _READABLE_OR_SHARED if limits.shared else _READABLE
        return tuple(map(_GROUPS.value, run_compiled_select(self.connection, statement, None, **lists)))

    def deleted(self) -> tuple[Group, ...]:
        """The deleted groups, by slug."""
        return _GROUPS.all(self.connection, _BY_ORDER.where(groups.c.deleted_at.is_not(None)))

    def by_slug(self, slug: str) -> Group | None:
        """The group with this slug, or else the one that had it."""
        rows = run_compiled_select(self.connection, _BY_SLUG, {"slug": slug}) if is_storable(slug) else ()
        if not rows and is_slug(slug):
            rows = run_compiled_select(self.connection, _BY_FORMER_SLUG, {"pattern": f"% {slug} %"})
        return _GROUPS.value(rows[0]) if rows else None

    def own_library(self, login: str) -> Group | None:
        return self.by_slug(personal_slug(login))

    def by_ids(self, ids: Iterable[str]) -> dict[str, Group]:
        """Groups by id; unknown ids are left out."""
        return {group.id: group for group in map(_GROUPS.value, self._rows_of(_BY_ID, ids))}

    def by_id(self, group_id: str | None) -> Group | None:
        """The group of this id; None without an id, or if there is none."""
        return None if group_id is None else self.by_ids([group_id]).get(group_id)

    def memberships(self, user_id: str) -> tuple[Membership, ...]:
        """The groups of a user, with the user's role in each."""
        if not is_storable(user_id):
            return ()
        rows = run_compiled_select(self.connection, _MEMBERSHIPS, {"user": user_id})
        return tuple(Membership(user, group, Role(role)) for user, group, role in rows)

    def roles_of(self, user_id: str) -> dict[str, Role]:
        """The role of a user in each group, by the id of the group."""
        return {membership.group_id: membership.role for membership in self.memberships(user_id)}

    def changed_at(self, group_ids: Iterable[str]) -> str | None:
        """When the library of one of these groups last changed, apart from views; None if none of them exists."""
        times = (time for (time,) in self._rows_with(select(func.max(groups.c.changed_at)), groups.c.id, group_ids))
        return max(filter(None, times), default=None)

    def change_times(self, group_ids: Iterable[str]) -> dict[str, str]:
        """When the library of each of these groups last changed, apart from views."""
        return dict(self._rows_of(_CHANGE_TIMES, group_ids))

    def members(self, group_id: str) -> tuple[tuple[User, Role], ...]:
        """The members of a group with their roles: the highest role first, then by login."""
        whose = select(users.c.id, users.c.login, users.c.name, memberships.c.role).join(
            memberships, memberships.c.user_id == users.c.id
        )
        rows = self.connection.execute(whose.where(memberships.c.group_id == group_id).order_by(users.c.login))
        members = ((User(id_, login, name), Role(role)) for id_, login, name, role in rows)
        return tuple(sorted(members, key=lambda member: member[1], reverse=True))

    def sizes(self) -> dict[str, tuple[int, Role]]:
        """The number of members and the highest role of each group that has members, by group id."""
        sizes: dict[str, tuple[int, Role]] = {}
        counted = select(memberships.c.group_id, memberships.c.role, func.count())
        for group_id, number, count in self.connection.execute(
            counted.group_by(memberships.c.group_id, memberships.c.role)
        ):
            role = Role(number)
            members, highest = sizes.get(group_id, (0, role))
            sizes[group_id] = (members + count, max(highest, role))
        return sizes


class Groups(GroupsReading):
    """Groups, in a write transaction."""

    def add(self, group: Group) -> None:
        """Add a group. Raises Conflict if the slug or the id is taken, or if another group had the slug."""
        if self.by_slug(group.slug) is not None:
            raise Conflict("The address “%(slug)s” is taken.", slug=group.slug)
        with in_savepoint(self.connection):
            row = {**_GROUPS.row(group), "changed_at": timestamp_now()}
            self.connection.execute(insert(groups), [row])

    def update(self, group: Group) -> None:
        """Change the slug, name, description, visibility and languages of the group with this id.

        Raises NotFound; Conflict for a slug that another group has or had.
        """
        now = timestamp_now()
        with in_savepoint(self.connection):
            before = self.by_id(group.id)
            if before is None:
                raise NotFound("This group does not exist, or you may not read it.")
            other = self.by_slug(group.slug) if group.slug != before.slug else None
            if other is not None and other.id != group.id:
                raise Conflict("The address “%(slug)s” is taken.", slug=group.slug)
            chosen = update(groups).where(groups.c.id == group.id)
            self.connection.execute(chosen.values({**_GROUPS.row(group), "changed_at": now}))
            events_of(self.connection).append(GroupChanged(before, group))
            if Visibility.EVERYONE in (before.visible, group.visible):
                # When a group leaves the public list, the list changes, but no longer has the group to show the date.
                self.connection.execute(
                    update(groups).where(groups.c.visible == Visibility.EVERYONE.value).values(changed_at=now)
                )

    def set_role(self, user_id: str, group_id: str, role: Role) -> None:
        """Make a user a member with this role, or change the role."""
        row = {"user_id": user_id, "group_id": group_id, "role": role.value}
        self._replace(memberships, row)

    def drop_member(self, user_id: str, group_id: str) -> None:
        """End a membership; does nothing if there is none."""
        self._write(delete(memberships).where(memberships.c.user_id == user_id, memberships.c.group_id == group_id))


def mark_groups_changed(connection: Connection, group_ids: Iterable[str], instant: str) -> None:
    """Record that the libraries of these groups have changed at this time, for the dates of feeds."""
    for batch in batches(group_ids):
        connection.execute(_MARK_CHANGED, {"ids": batch, "instant": instant})


def mark_groups_changed_since(connection: Connection, since: str) -> None:
    """Give the groups that were marked at or after `since` the time now, at the end of a transaction.

    Its changes are visible only from now on. A reader who fetched a feed meanwhile must not be told that it had them.
    """
    connection.execute(_MARK_CHANGED_SINCE, {"since": since, "instant": timestamp_now()})
