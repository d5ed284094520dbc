"""Related content: items similar to an item, and tags used with a tag. Only readable items of the actor count."""

from collections.abc import Sequence
from dataclasses import replace
from math import log

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.model.search_request import SearchRequest
from kb.model.web_pages.canonical_address import canonical_url
from kb.search.index_search import comparable_value, label_sort_key
from kb.search.more_like_this import items_similar_to_saved
from kb.services.core.library import Library, require_current_index
from kb.services.core.readable_groups import readable_groups
from kb.services.items.items import ItemView, readable_item
from kb.services.tags.tags import TagCount

MOST_SIMILAR = 5
MOST_RELATED = 10
_FEWEST_COMMON_ITEMS = 2
"""The minimum of items that have both of two related tags."""
_SIGNIFICANT_RATIO = 3.84
"""The value that chance exceeds one time in twenty (chi-squared, one degree of freedom)."""


def similar_items(library: Library, actor: Actor, item_id: str, limit: int = MOST_SIMILAR) -> tuple[ItemView, ...]:
    """Items similar to this one, the most similar first; those with the same address in other groups come before all.

    Items that are similar by chance are left out. Raises NotFound, and Unavailable as a search does.
    """
    with library.store.read() as reading:
        require_current_index(library, reading)
        item, _ = readable_item(reading, actor, item_id)
        scope, groups = readable_groups(reading, actor)
        address = canonical_url(item.url)
        same = reading.items.at_address(address, [group.id for group in groups], limit + 1) if address else []
    items = items_similar_to_saved(library.catalogue, item, scope, 2 * limit)
    # A snapshot after the search, so that it has every item that the index returned.
    with library.store.read() as reading:
        alike = [similar for similar in reading.items.beginnings(items.ids, scope).values() if items.holds(similar)]
    shown = {similar.id: similar for similar in (*same, *alike) if similar.id != item.id}
    by_id = {group.id: group for group in groups}
    here = [similar for similar in shown.values() if similar.group_id in by_id]
    return tuple(ItemView(similar, by_id[similar.group_id]) for similar in here[:limit])


def related_tags(
    library: Library, actor: Actor, group_slug: str | None, tags: Sequence[str], limit: int = MOST_RELATED
) -> tuple[TagCount, ...]:
    """Tags used with all of these more often than by chance, the strongest first; counts are of items with both.

    Measured by the log-likelihood ratio (T. Dunning, "Accurate methods for the statistics of surprise and coincidence",
    1993), which gives little weight to rare events. In a group, or in all readable groups. Raises NotFound for a group
    that the actor may not read, and Unavailable.
    """
    with library.store.read() as reading:
        require_current_index(library, reading)
        readable = readable_groups(reading, actor)
    everywhere = SearchRequest()
    if group_slug is not None:
        if group_slug not in {group.slug for group in readable.groups}:
            raise NotFound("This group does not exist, or you may not read it.")
        everywhere = replace(everywhere, group=(group_slug,))
    every = library.catalogue.search(everywhere, readable)
    bearing = library.catalogue.search(replace(everywhere, tag=tuple(tags)), readable)
    items, bearers = every.count(), bearing.count()
    counts = {comparable_value("tag", tag): count for tag, count in every.values("tag")}
    given_tags = {comparable_value("tag", tag) for tag in tags}
    tag_ratios = [
        (log_likelihood_ratio(both, bearers, counts[form], items), TagCount(tag, both))
        for tag, both in bearing.values("tag")
        if both >= _FEWEST_COMMON_ITEMS and (form := comparable_value("tag", tag)) in counts and form not in given_tags
    ]
    significant = [(ratio, tag) for ratio, tag in tag_ratios if ratio >= _SIGNIFICANT_RATIO]
    significant.sort(key=lambda pair: (-pair[0], label_sort_key(pair[1].label), pair[1].label))
    return tuple(tag for _, tag in significant[:limit])


def log_likelihood_ratio(both: int, first: int, second: int, every: int) -> float:
    """Twice the logarithm of how much likelier it is that two tags depend on each other than that they do not.

    Of `every` item, `first` and `second` have each of them. 0 if they occur together no more often than by chance.
    """
    if both * every <= first * second:
        return 0.0
    table = ((both, first, second), (first - both, first, every - second), (second - both, every - first, second))
    rest = (every - first - second + both, every - first, every - second)
    return 2 * sum(count * log(count * every / (row * column)) for count, row, column in (*table, rest) if count)
