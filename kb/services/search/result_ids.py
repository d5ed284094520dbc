"""The ids that a search finds, without facets and marks."""

from dataclasses import dataclass

from kb.access.actor import AccessScope, Actor
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.search_access import search_access


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
