"""The groups that the visitor may read: the access scope of searches, listings and item pages."""

from kb.access.actor import Actor, ReadableGroups
from kb.access.permissions import filter_readable_groups, readable_groups_filter
from kb.store import ReadSnapshot


def readable_groups(reading: ReadSnapshot, actor: Actor) -> ReadableGroups:
    """The groups that the actor may read, by slug, and their access scope.

    A request that only reads asks the database once (`kb.access.actor.RequestMemo`); everything else asks each time.
    """
    if actor.memo is not None and actor.memo.readable is not None:
        return actor.memo.readable
    readable = filter_readable_groups(actor, reading.groups.readable(readable_groups_filter(actor)))
    if actor.memo is not None:
        actor.memo.readable = readable
    return readable
