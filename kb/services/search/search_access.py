"""What each search of an actor needs: the readable groups, and the vocabularies that may expand the query."""

from kb.access.actor import Actor, ReadableGroups
from kb.model.search_request import SearchRequest
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups


def search_access(
    library: Library, actor: Actor, request: SearchRequest
) -> tuple[ReadableGroups, tuple[VocabularyMatcher, ...]]:
    """The groups that the actor may read, and the vocabularies for a request, once the index has the actor's changes.

    Raises Unavailable if the index must be rebuilt.
    """
    wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        readable = readable_groups(reading, actor)
        return readable, library.vocabulary_cache.for_search(reading, request, readable.groups)
