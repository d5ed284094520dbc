"""A percolator: run many searches over a few items, without the index: over those that have just changed."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Lock

from index import DEFAULT_BOUNDS, IgnoredReason, MemoryIndex, Plan, Unindexable
from kb.access.actor import AccessScope
from kb.errors import Invalid
from kb.model.followed_search import FollowedSearch
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.documents import checked_documents
from kb.search.index_fields import SCHEMA
from kb.search.query_planning import plan_search
from kb.search.vocabulary_expansion import VocabularyMatcher

_EVERYTHING = AccessScope(everything=True)
_NO_VOCABULARIES: Mapping[str, VocabularyMatcher] = {}
_MOST_WILDCARDS = 2
_BOUNDS = replace(DEFAULT_BOUNDS, multi_terms=_MOST_WILDCARDS, leading_wildcards=0)
"""A followed search compares its wildcards with each word of each item that changes, as long as it is followed."""


def require_few_wildcards(search: SearchRequest) -> None:
    """Raise Invalid for a search with too many wildcards to be followed."""
    parsed = plan_search(search.verbatim(), _EVERYTHING, (), _BOUNDS).parsed
    if parsed is not None and any(part.why is IgnoredReason.WILDCARDS for part in parsed.left_out):
        raise Invalid(
            "A followed search has at most %(limit)s words with * or ~, and none that begins with *.",
            limit=_MOST_WILDCARDS,
        )


@dataclass(frozen=True, slots=True)
class ChangedItems:
    """A small index of some items."""

    index: MemoryIndex
    items_by_key: Mapping[str, str]

    @classmethod
    def of(cls, items: Iterable[tuple[Item, str | None]]) -> "ChangedItems":
        """The index of items, each with the text of its page. What cannot be indexed is found by no search."""
        index = MemoryIndex(SCHEMA)
        items_by_key: dict[str, str] = {}
        for item, page in items:
            try:
                documents = checked_documents(item, page)
                index.add(documents)
            except Unindexable:
                continue
            items_by_key.update((document.key, item.id) for document in documents)
        return cls(index, items_by_key)

    def found(self, plan: Plan) -> set[str]:
        """The ids of the items that a search finds, or of which it finds a passage."""
        return {self.items_by_key[key] for key in self.index.keys(plan)}


@dataclass(slots=True)
class KnownPlans:
    """The plans of searches that are run again and again, over all groups and to the letter. Threads may share it."""

    _plans: dict[str, tuple[str, VocabularyMatcher | None, Plan]] = field(default_factory=dict)
    _groups: Sequence[Group] = ()
    _lock: Lock = field(default_factory=Lock)

    def of(
        self,
        searches: Iterable[FollowedSearch],
        groups: Sequence[Group],
        vocabularies: Mapping[str, VocabularyMatcher] = _NO_VOCABULARIES,
    ) -> dict[str, Plan]:
        """The plan of each search, by its id; those of other searches are forgotten. `vocabularies` are those of groups
        that add labels to searches, by the slug of the group.

        A search that this version of the program cannot read finds nothing.
        """
        with self._lock:
            known = self._plans if groups == self._groups else {}
            self._groups = groups
            plans: dict[str, tuple[str, VocabularyMatcher | None, Plan]] = {}
            for search in searches:
                vocabulary = vocabularies.get(search.vocabulary_group)
                before = known.get(search.id)
                if before and before[0] == search.parameters and before[1] is vocabulary:
                    plans[search.id] = before
                    continue
                with suppress(Invalid):
                    matchers = (vocabulary,) if vocabulary else ()
                    planned = plan_search(search.request, _EVERYTHING, groups, _BOUNDS, matchers)
                    plans[search.id] = (search.parameters, vocabulary, planned.plan)
            self._plans = plans
            return {search_id: plan for search_id, (*_, plan) in plans.items()}
