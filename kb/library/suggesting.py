"""What the library proposes: ends of what is being typed, items like another one, tags that go with a tag.

All of it comes from what the actor may read, and from nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from kb.access.actor import Actor
from kb.access.rules import reach_of
from kb.catalogue.searching import label_order
from kb.errors import NotFound
from kb.library.items import ItemView, item_page
from kb.library.opening import Library, require_own_index
from kb.library.tags import TagCount
from kb.model.search import SearchRequest

MOST = 10
"""Suggestions in all."""
MOST_OF_A_KIND = 5
MOST_SIMILAR = 5
MOST_RELATED = 10


class SuggestionKind(StrEnum):
    WORD = "word"
    TAG = "tag"
    AUTHOR = "author"
    SOURCE = "source"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on.

    `label` is what people see (a word, a tag, an author's name, a source, a title) and `value` what a search takes for
    it (an author's login). `count` items hold it. `query` is the whole text of the box once it is chosen, `kept` the
    part of the text that it leaves alone: what stays in the box when a page makes a filter of it. `item_id` is the
    item that bears the title; None for all other kinds.
    """

    kind: SuggestionKind
    label: str
    value: str
    count: int
    query: str
    item_id: str | None = None
    kept: str = ""


def suggest(library: Library, actor: Actor, text: str, request: SearchRequest | None = None) -> tuple[Suggestion, ...]:
    """Ends of the last word of a text, as tags, authors, sources, words and titles: MOST of them, the best first.

    Only within the groups of the request, if it names any. An empty text gives the tags that are used most, a text
    that ends in a space nothing. Raises Unavailable, as a search does.
    """
    asked = SearchRequest(group=request.group if request else ())
    with library.store.read() as reading:
        require_own_index(library, reading)
        scope, groups = reach_of(actor, reading.groups.all())
    words = text.split()
    if words and text[-1].isspace():
        return ()
    start, kept = (label_order(words[-1]), words[:-1]) if words else ("", [])
    kinds = {SuggestionKind.TAG: "étiquette", SuggestionKind.SOURCE: "source"}

    def of(kind: SuggestionKind, name: str) -> Iterator[Suggestion]:
        for value, count in library.catalogue.values(kind.value, asked, scope, groups):
            if label_order(value).startswith(start):
                query = " ".join([*kept, f'{name}:"{value}"'])
                yield Suggestion(kind, value, value, count, query, kept=" ".join(kept))

    some = [one for kind, name in kinds.items() for one in islice(of(kind, name), MOST_OF_A_KIND)]
    return tuple(some[:MOST])


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
