"""Tags, and the number of items with each."""

from dataclasses import dataclass
from itertools import islice

from kb.access.actor import Action, Actor, ReadableGroups
from kb.access.permissions import require_permission
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import Vocabulary
from kb.search.index_search import label_sort_key
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, in the case that most items use, and the number of items with it in any case."""

    label: str
    count: int


def tag_counts(library: Library, actor: Actor, group_slug: str | None, q: str = "") -> tuple[TagCount, ...]:
    """All tags of a group, or of all readable groups: the most used first, then by folded label.

    `q` keeps the tags that contain it, ignoring case and accents; those that begin with it come first. Raises NotFound
    for a group that the actor may not read; Unavailable, as a search does.
    """
    wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        groups = ReadableGroups.of(
            readable_groups(reading, actor).groups
            if group_slug is None
            else (require_permission(actor, Action.READ, reading.groups.by_slug(group_slug)),)
        )
    counts = library.catalogue.search(SearchRequest(), groups).values("tag")
    typed = label_sort_key(q).strip()
    matches = [
        (not label.startswith(typed), -count, label, value)
        for value, count in counts
        if typed in (label := label_sort_key(value))
    ]
    return tuple(TagCount(value, -count) for _, count, _, value in sorted(matches))


def tags_outside_vocabulary(
    library: Library, actor: Actor, group_slug: str, vocabulary: Vocabulary, most: int
) -> tuple[TagCount, ...]:
    """The most used tags of a group that are no labels of its vocabulary, folded. Raises as `tag_counts`."""
    known = {label_sort_key(text.text) for concept in vocabulary.concepts for text in concept.labels}
    beside = (count for count in tag_counts(library, actor, group_slug) if label_sort_key(count.label) not in known)
    return tuple(islice(beside, most))
