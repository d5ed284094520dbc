"""Another spelling of a query that finds little."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Scope
from kb.catalogue.respelling import respelling
from kb.catalogue.suggesting import suggester
from kb.catalogue.wording import written
from kb.library.opening import Library, require_own_index
from kb.library.suggesting import narrowed
from kb.model.group import Group
from kb.model.search import MATCH_ALL, SearchRequest

FEW = 3
"""Hits, at most, of a query that finds little: then even words that some item holds may be misspelt."""
_EXAMPLES = 3


def spelling(library: Library, request: SearchRequest, scope: Scope, groups: Sequence[Group], total: int) -> str | None:
    """The whole query with other words, as they are written, which finds more; None when there is none.

    Looked for on a first page alone. `total`: what the request finds. `groups`: those of the scope. Raises Unavailable.
    """
    if request.page > 1 or not request.q.strip():
        return None
    inside = narrowed(scope, groups, request)
    other = respelling(library.catalogue, request, inside, groups, rare=total <= FEW)
    if other is None:
        return None
    index = suggester(library.catalogue, inside)
    holders = {word: index.holders(word, _EXAMPLES) for word in other.meant.values()}
    with library.store.read() as reading:
        require_own_index(library, reading)
        items = reading.items.visible({one for ids in holders.values() for one in ids}, inside)
    forms = {word: written(word, (items[one] for one in ids if one in items)) or word for word, ids in holders.items()}
    query = other.query(forms)
    return query if query != request.q and _better(library, replace(request, q=query), scope, groups, total) else None


def _better(library: Library, request: SearchRequest, scope: Scope, groups: Sequence[Group], total: int) -> bool:
    """Whether a request finds more, or as much, of which something has all the words."""
    found = library.catalogue.count(request, scope, groups)
    if found != total:
        return found > total
    return total > 0 and library.catalogue.count(replace(request, match=MATCH_ALL), scope, groups) > 0
