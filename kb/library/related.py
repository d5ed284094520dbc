"""What goes with something: items like another one, tags that go with a tag; of what the actor may read alone."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Actor
from kb.access.rules import reach_of
from kb.catalogue.searching import label_order
from kb.errors import NotFound
from kb.library.items import ItemView, item_page
from kb.library.opening import Library, require_own_index
from kb.library.tags import TagCount
from kb.model.search import SearchRequest

MOST_SIMILAR = 5
MOST_RELATED = 10


def see_also(library: Library, actor: Actor, item_id: str, limit: int = MOST_SIMILAR) -> tuple[ItemView, ...]:
    """Items like this one, the most alike first; those with its address in other groups come before all.

    Nothing rather than what has only a word in common. Raises NotFound, and Unavailable as a search does.
    """
    item = item_page(library, actor, item_id).item
    with library.store.read() as reading:
        require_own_index(library, reading)
        scope, groups = reach_of(actor, reading.groups.all())
    by_id = {group.id: group for group in groups}
    found: dict[str, None] = {}
    for tag in item.tags:
        request = SearchRequest(tag=(tag,), per_page=limit + 1)
        found |= dict.fromkeys(library.catalogue.listed(request, scope, groups)[1])
    found.pop(item_id, None)
    with library.store.read() as reading:
        alike = reading.items.visible(list(found)[:limit], scope).values()
    return tuple(ItemView(one, by_id[one.group_id]) for one in alike if one.group_id in by_id)


def related_tags(
    library: Library, actor: Actor, group_slug: str | None, tags: Sequence[str], limit: int = MOST_RELATED
) -> tuple[TagCount, ...]:
    """Tags that go with all of these more often than by chance, the most telling first; counts are of items with both.

    In a group, or in all that the actor may read. Raises NotFound for a group that is not there for the actor, and
    Unavailable.
    """
    with library.store.read() as reading:
        require_own_index(library, reading)
        scope, groups = reach_of(actor, reading.groups.all())
    request = SearchRequest(tag=tuple(tags))
    if group_slug is not None:
        if group_slug not in {group.slug for group in groups}:
            raise NotFound("This group does not exist, or you may not read it.")
        request = replace(request, group=(group_slug,))
    given = {label_order(tag) for tag in tags}
    counts = library.catalogue.values("tag", request, scope, groups)
    return tuple(TagCount(tag, count) for tag, count in counts if label_order(tag) not in given)[:limit]
