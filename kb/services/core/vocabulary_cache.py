"""Cache of the vocabularies that a search uses: each version is prepared once."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.vocabulary.concepts_in_query import VocabularyMatcher
from kb.store import ReadSnapshot

MOST_LABELS = 200_000
"""Labels that one process keeps in memory, of the most recently used vocabularies; some 500 bytes each."""


@dataclass(slots=True)
class VocabularyCache:
    """The prepared vocabularies of this process, by version, so that an outdated one is never used.

    Each search reads the versions, a row for each group with a vocabulary; a vocabulary itself is read when its version
    is first used.
    """

    _kept: OrderedDict[str, VocabularyMatcher] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, reading: ReadSnapshot, groups: Iterable[Group]) -> tuple[VocabularyMatcher, ...]:
        """The vocabularies of some groups, as they are in this snapshot. The caller must have the right to read these
        groups.
        """
        versions = reading.vocabularies.versions()
        if not versions:
            return ()
        wanted = [(group.id, versions[group.id]) for group in groups if group.id in versions]
        return tuple(self._one(reading, group_id, version) for group_id, version in wanted)

    def _one(self, reading: ReadSnapshot, group_id: str, version: str) -> VocabularyMatcher:
        # One thread prepares it, and the others wait, because all of them need it.
        with self._lock:
            if (kept := self._kept.get(version)) is not None:
                self._kept.move_to_end(version)
                return kept
            made = VocabularyMatcher.of(group_id, reading.vocabularies.of_group(group_id))
            self._kept[version] = made
            while len(self._kept) > 1 and sum(len(one.concepts_by_key) for one in self._kept.values()) > MOST_LABELS:
                self._kept.popitem(last=False)
            return made

    def for_search(
        self, reading: ReadSnapshot, request: SearchRequest, readable: Iterable[Group]
    ) -> tuple[VocabularyMatcher, ...]:
        """The vocabularies that may expand a search: of the groups that it names, otherwise of all groups the actor may
        read.
        """
        if not request.wants_vocabulary:
            return ()
        return self.of(reading, (one for one in readable if not request.group or one.slug in request.group))
