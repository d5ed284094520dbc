"""Feed freshness: the last change of a listing, and the authority of its entry ids, read before the feed is built."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kb.access.actor import ANONYMOUS, AccessScope, Action, Actor
from kb.access.permissions import is_allowed, readable_groups_filter, require_permission
from kb.errors import NotFound
from kb.model.dates import instant_of
from kb.model.people.group import Group
from kb.services.core.library import Library


@dataclass(frozen=True, slots=True)
class FeedFreshness:
    """What a feed stands on. `group` is the one that it belongs to, if it does.

    `authority` is the base's name in ids, for ever. `changed_at` is when anything that the listing can reach last
    changed, in UTC; None when nobody can tell. `number` is the newest change of the base at that moment.
    """

    authority: str
    group: Group | None
    changed_at: datetime | None
    number: int


def feed_freshness_of(
    library: Library,
    actor: Actor,
    slugs: Iterable[str] = (),
    *,
    slug: str | None = None,
    kept_by: str | None = None,
) -> FeedFreshness:
    """The ground of a listing of the groups `slugs`, of all that the actor may read when there are none.

    It belongs to the group `slug`, or is of a search that the group with the id `kept_by` keeps. Raises NotFound when
    that group is not there for the actor, or is not to be followed. Whatever belongs to groups that are not is no part
    of it.
    """
    wanted = frozenset(slugs)
    with library.store.read() as reading:
        every = reading.groups.in_sight(readable_groups_filter(actor))
        home = next((group for group in every if slug == group.slug or kept_by == group.id), None)
        if slug is not None or kept_by is not None:
            home = require_permission(actor, Action.READ, home)
            if not home.feeds:
                raise NotFound("There is nothing at this address.")
        readable = [group for group in every if group.feeds and is_allowed(actor, Action.READ, group)]
        reached = [group.id for group in readable if not wanted or group.slug in wanted or group == home]
        changed_at = reading.groups.changed_at(reached)
        return FeedFreshness(
            reading.meta.get("authority") or "",
            home,
            # What a person may read changes with their memberships too, and nobody notes when.
            instant_of(changed_at) if changed_at and actor == ANONYMOUS else None,
            reading.changes.newest(),
        )


def feed_scope_of(groups: Iterable[Group]) -> tuple[AccessScope, tuple[Group, ...]]:
    """Of groups that may be read, those whose items feeds tell, and what may be read there."""
    held = tuple(group for group in groups if group.feeds)
    return AccessScope(frozenset(group.id for group in held)), held


def has_feed(library: Library, actor: Actor, slugs: Iterable[str]) -> bool:
    """Whether feeds tell of the groups `slugs`, or of any of them; of all, when there are none.

    A group that may not be read answers as one that does not exist.
    """
    wanted = frozenset(slugs)
    if not wanted:
        return True
    with library.store.read() as reading:
        every = [
            group
            for group in reading.groups.in_sight(readable_groups_filter(actor))
            if is_allowed(actor, Action.READ, group)
        ]
    asked = [group for group in every if group.slug in wanted]
    return not asked or any(group.feeds for group in asked)
