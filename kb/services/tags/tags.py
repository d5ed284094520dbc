"""Tags, and how many items bear each."""

from dataclasses import dataclass
from itertools import islice

from kb.access.actor import Action, Actor, Scope
from kb.access.permissions import may, require, sight_of
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import Vocabulary
from kb.search.index_search import label_order
from kb.services.core.library import Library, require_own_index
from kb.services.core.write_transaction import follows


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, in the case that most items give it, and how many items bear it in any case."""

    label: str
    count: int


def tags(library: Library, actor: Actor, group_slug: str | None, q: str = "") -> tuple[TagCount, ...]:
    """All tags of a group, or of all groups that the actor may read: the most used first, then by folded label.

    `q` keeps those that hold it anywhere, case and accents aside; those that begin with it come first.
    Raises NotFound for a group that is not there for the actor; Unavailable, as a search does.
    """
    follows(library, actor)
    with library.store.read() as reading:
        require_own_index(library, reading)
        if group_slug is None:
            groups = tuple(
                group for group in reading.groups.in_sight(sight_of(actor)) if may(actor, Action.READ, group)
            )
        else:
            groups = (require(actor, Action.READ, reading.groups.by_slug(group_slug)),)
    scope = Scope(frozenset(group.id for group in groups))
    counts = library.catalogue.values("tag", SearchRequest(), scope, groups)
    return _narrowed(counts, label_order(q).strip())


def tags_beside(
    library: Library, actor: Actor, group_slug: str, vocabulary: Vocabulary, most: int
) -> tuple[TagCount, ...]:
    """The most used tags of a group that are no labels of its vocabulary, case and accents aside. Raises as `tags`."""
    known = {label_order(text.text) for concept in vocabulary.concepts for text in concept.labels}
    beside = (one for one in tags(library, actor, group_slug) if label_order(one.label) not in known)
    return tuple(islice(beside, most))


def _narrowed(counts: tuple[tuple[str, int], ...], wanted: str) -> tuple[TagCount, ...]:
    found = [
        (not label.startswith(wanted), -count, label, value)
        for value, count in counts
        if wanted in (label := label_order(value))
    ]
    return tuple(TagCount(value, -count) for _, count, _, value in sorted(found))
