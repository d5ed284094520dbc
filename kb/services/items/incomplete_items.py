"""The queue of items to complete: those of a group for its members, or those that the user shared, in all groups."""

from dataclasses import dataclass

from kb.access.actor import AccessScope, Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.model.items.gap import Gap
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.pagination import page_count
from kb.services.core.readable_groups import readable_groups
from kb.store import ReadSnapshot

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class IncompleteItems:
    """One page of a queue. `group` is None for the user's own items. `counts` has the items with each gap, and under
    None those with any; `items` come with their group and gaps.
    """

    group: Group | None
    counts: dict[Gap | None, int]
    page: int
    pages: int
    items: tuple[tuple[Item, Group, tuple[Gap, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Queue:
    groups: dict[str, Group]
    author_id: str | None


def incomplete_items(
    library: Library, actor: Actor, slug: str | None, gap: Gap | None = None, page: int = 1
) -> IncompleteItems:
    """The queue of a group, or with None of the actor. Pages after the last are empty.

    Raises NotFound, LoginNeeded, Forbidden.
    """
    with library.store.read() as reading:
        queue = _queue(reading, actor, slug)
        counts = reading.incomplete_items.counts(queue.groups, queue.author_id)
        ids = reading.incomplete_items.ids(queue.groups, queue.author_id, gap, (page - 1) * PER_PAGE, PER_PAGE)
        scope = AccessScope(group_ids=frozenset(queue.groups))
        items, gaps = reading.items.beginnings(ids, scope), reading.incomplete_items.gaps_of(ids)
    return IncompleteItems(
        next(iter(queue.groups.values())) if slug is not None else None,
        counts,
        page,
        page_count(counts[gap], PER_PAGE),
        tuple((items[item_id], queue.groups[items[item_id].group_id], gaps[item_id]) for item_id in ids),
    )


def incomplete_count(library: Library, actor: Actor, slug: str | None) -> int:
    """How many items of a queue lack anything; 0 for an actor who may not complete them."""
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug) if slug is not None else None
        if actor.user_id is None or (
            slug is not None and (group is None or not is_allowed(actor, Action.CONTRIBUTE, group))
        ):
            return 0
        queue = _queue(reading, actor, slug)
        return reading.incomplete_items.counts(queue.groups, queue.author_id)[None]


def next_incomplete(library: Library, actor: Actor, slug: str | None, gap: Gap | None, item_id: str) -> str | None:
    """The item that follows another one in a queue. Raises as `incomplete_items`."""
    with library.store.read() as reading:
        queue = _queue(reading, actor, slug)
        return reading.incomplete_items.next_after(item_id, queue.groups, queue.author_id, gap)


def _queue(reading: ReadSnapshot, actor: Actor, slug: str | None) -> _Queue:
    if slug is not None:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        return _Queue({group.id: group}, None)
    user_id = require_signed_in_user(actor)
    readable = readable_groups(reading, actor).groups
    return _Queue({group.id: group for group in readable if is_allowed(actor, Action.CONTRIBUTE, group)}, user_id)
