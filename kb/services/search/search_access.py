"""What each search of an actor needs: the readable groups, the vocabularies that may expand the query, and the time of
the last visit; and the ids that it finds, without facets and marks.
"""

from dataclasses import dataclass, replace

from kb.access.actor import AccessScope, Actor, ReadableGroups
from kb.errors import LoginNeeded
from kb.model.people.group import Group
from kb.model.search_request import AddedSince, SearchRequest
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


def with_last_visit(request: SearchRequest, actor: Actor) -> SearchRequest:
    """The request with the time of the actor's last visit, if it asks for it; without one, all results are new.

    Raises LoginNeeded for an anonymous actor, who has no visits.
    """
    if request.since is not AddedSince.VISIT:
        return request
    if actor.user_id is None:
        raise LoginNeeded("“since=visit” is for users who are logged in: choose 7d or 30d.")
    return replace(request, visited_at=actor.last_visit_at)


@dataclass(frozen=True, slots=True)
class ResultIds:
    """One page of ids and the number of all hits; `groups` are those that the actor may read, by id."""

    total: int
    ids: tuple[str, ...]
    groups: dict[str, Group]
    scope: AccessScope


def find_result_ids(library: Library, actor: Actor, request: SearchRequest) -> ResultIds:
    """The ids of what the actor may read and the request finds. Raises Unavailable.

    Read the hits in a snapshot taken after this: it has all that the index returned.
    """
    readable, matchers = search_access(library, actor, request)
    total, ids = library.catalogue.search(request, readable, matchers).listed()
    return ResultIds(total, tuple(ids), {group.id: group for group in readable.groups}, readable.scope)
