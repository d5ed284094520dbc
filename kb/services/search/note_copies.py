"""A private note lies in an item of one's own library: a search that finds the item of the group does not repeat it."""

from collections.abc import Sequence

from kb.access.actor import Actor, ReadableGroups
from kb.model.people.group import personal_slug
from kb.model.search_request import SearchRequest, View
from kb.search.index_search import IndexSearch
from kb.store import ReadSnapshot

NoteCopies = tuple[tuple[str, str], ...]
"""The ids of note copies, each with that of the item of a group that it is about."""


def note_copies(reading: ReadSnapshot, actor: Actor, request: SearchRequest, readable: ReadableGroups) -> NoteCopies:
    """The note copies of the actor that a request may find beside their items."""
    if actor.user_id is None or not actor.login or request.view is View.PASSAGES:
        return ()
    own = next((group for group in readable.groups if group.slug == personal_slug(actor.login)), None)
    searched = [group for group in readable.groups if not request.group or group.slug in request.group]
    others = [group.id for group in searched if not group.is_personal]
    return reading.note_copies.pairs(own.id, others) if own is not None and own in searched and others else ()


def without_note_copies(search: IndexSearch, copies: Sequence[tuple[str, str]]) -> IndexSearch:
    """The search without the note copies whose items it finds as well. Raises Unavailable."""
    if not copies:
        return search
    ids = search.among({one for pair in copies for one in pair}).ids()
    repeated = {copy for copy, item in copies if copy in ids and item in ids}
    return search.without(repeated) if repeated else search
