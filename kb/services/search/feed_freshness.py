"""Feed freshness: the last change of a listing, and the authority of its entry ids, read before the feed is built."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kb.access.actor import ANONYMOUS, Action, Actor
from kb.access.permissions import require_permission
from kb.errors import NotFound
from kb.model.dates import instant_of
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.core.site_identity import CHANGED_KEY


@dataclass(frozen=True, slots=True)
class FeedFreshness:
    """The freshness of a feed. `group` is the group of the feed, if it has one.

    `authority` is the permanent name of the database in entry ids. `changed_at` is when anything that the listing can
    contain last changed, or the name of the site, in UTC; None if unknown. `number` is the newest change of the
    database at that moment. `state` identifies everything in the database that the listing can contain.
    """

    authority: str
    group: Group | None
    changed_at: datetime | None
    number: int
    state: str = ""


def feed_freshness_of(
    library: Library, actor: Actor, slugs: Iterable[str] = (), *, slug: str | None = None, group_id: str | None = None
) -> FeedFreshness:
    """The freshness of a listing of the groups `slugs`, of all readable groups if there are none.

    It belongs to the group `slug`, or to a saved search of the group with the id `group_id`. Raises NotFound if the
    actor may not read that group, or if the group has no feeds. Groups without feeds do not count.
    """
    selected_slugs = frozenset(slugs)
    with library.store.read() as reading:
        every = readable_groups(reading, actor).groups
        named = frozenset() if slug is None else frozenset((slug,))
        home = next((group for group in every if group.id == group_id or group.has_slug(named)), None)
        if slug is not None or group_id is not None:
            home = require_permission(actor, Action.READ, home)
            if not home.feeds:
                raise NotFound("There is nothing at this address.")
        readable = [group for group in every if group.feeds]
        followed_ids = [
            group.id for group in readable if not selected_slugs or group.has_slug(selected_slugs) or group == home
        ]
        # What else a user reads decides which copies of private notes a listing has.
        times = reading.groups.change_times(followed_ids if actor == ANONYMOUS else [group.id for group in every])
        changed_at = max((times[group_id] for group_id in followed_ids), default=None)
        site_changed_at = reading.meta.get(CHANGED_KEY)
        return FeedFreshness(
            reading.meta.get("authority") or "",
            home,
            # A change of memberships also changes what a user may read, and its time is not stored.
            max(instant_of(time) for time in (changed_at, site_changed_at) if time)
            if changed_at and actor == ANONYMOUS
            else None,
            reading.changes.newest(),
            repr((sorted(followed_ids), sorted(times.items()), site_changed_at, home and home.name)),
        )


def has_feed(library: Library, actor: Actor, slugs: Iterable[str]) -> bool:
    """Whether one of the groups `slugs` has feeds; any group, if there are none.

    An unreadable group gives the same result as one that does not exist.
    """
    selected_slugs = frozenset(slugs)
    if not selected_slugs:
        return True
    with library.store.read() as reading:
        groups = [group for group in readable_groups(reading, actor).groups if group.has_slug(selected_slugs)]
    return not groups or any(group.feeds for group in groups)
