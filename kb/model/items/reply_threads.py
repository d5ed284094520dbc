"""Threads: which reply answers which other reply to the same annotation.

`Reply.reply_to` may name a reply that has gone, or, in data of other programs, lead in a circle.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from kb.model.ids import new_id
from kb.model.items.annotation import Annotation, Reply

MOST_ANCESTORS = 100
"""Replies above a reply that are listed: the nearest ones."""


def ancestor_ids(reply_id: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """The ids of the replies above a reply, the first of the thread first; `parents`: `reply_to` by id of reply."""
    ancestors: dict[str, None] = {}
    above = parents.get(reply_id)
    while (
        above is not None
        and above in parents
        and above not in ancestors
        and above != reply_id
        and len(ancestors) < MOST_ANCESTORS
    ):
        ancestors[above] = None
        above = parents[above]
    return tuple(reversed(ancestors))


def parents_of(replies: Iterable[Reply]) -> dict[str, str | None]:
    """`reply_to` by the id of each reply."""
    return {reply.id: reply.reply_to for reply in replies}


def with_thread_ids(replies: tuple[Reply, ...], ids: Mapping[str, str]) -> tuple[Reply, ...]:
    """The replies, whose `reply_to` have the ids that `ids` gives; None for one that is not among the replies."""
    if all(reply.reply_to is None for reply in replies):
        return replies
    known = {reply.id for reply in replies}

    def parent(reply: Reply) -> str | None:
        parent_id = None if reply.reply_to is None else ids.get(reply.reply_to, reply.reply_to)
        return parent_id if parent_id in known and parent_id != reply.id else None

    return tuple(replace(reply, reply_to=parent(reply)) for reply in replies)


def with_new_ids(annotation: Annotation, id_of: Callable[[str], str] = lambda _: new_id()) -> Annotation:
    """An annotation whose replies answer each other as before, with the ids that `id_of` gives."""
    ids = {reply.id: id_of(reply.id) for reply in annotation.replies}
    replies = tuple(replace(reply, id=ids[reply.id]) for reply in annotation.replies)
    return replace(annotation, id=id_of(annotation.id), replies=with_thread_ids(replies, ids))
