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
    found: dict[str, None] = {}
    above = parents.get(reply_id)
    while (
        above is not None
        and above in parents
        and above not in found
        and above != reply_id
        and len(found) < MOST_ANCESTORS
    ):
        found[above] = None
        above = parents[above]
    return tuple(reversed(found))


def parents_of(replies: Iterable[Reply]) -> dict[str, str | None]:
    """`reply_to` by the id of each reply."""
    return {one.id: one.reply_to for one in replies}


def with_thread_ids(replies: tuple[Reply, ...], ids: Mapping[str, str]) -> tuple[Reply, ...]:
    """The replies, whose `reply_to` have the ids that `ids` gives; None for one that is not among the replies."""
    if all(one.reply_to is None for one in replies):
        return replies
    known = {one.id for one in replies}

    def parent(one: Reply) -> str | None:
        wanted = None if one.reply_to is None else ids.get(one.reply_to, one.reply_to)
        return wanted if wanted in known and wanted != one.id else None

    return tuple(replace(one, reply_to=parent(one)) for one in replies)


def with_new_ids(annotation: Annotation, id_of: Callable[[str], str] = lambda _: new_id()) -> Annotation:
    """An annotation whose replies answer each other as before, with the ids that `id_of` gives."""
    ids = {one.id: id_of(one.id) for one in annotation.replies}
    replies = tuple(replace(one, id=ids[one.id]) for one in annotation.replies)
    return replace(annotation, id=id_of(annotation.id), replies=with_thread_ids(replies, ids))
