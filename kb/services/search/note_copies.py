"""Copies of items that hold the user's private notes: left out of results that show the item itself.

A private note about an item of a group is kept on an item with the same address in the user's own library
(`kb.services.annotations.private_notes`). A search of both finds the two.
"""

from collections.abc import Iterable
from urllib.parse import unquote

from kb.access.actor import Actor, ReadableGroups
from kb.model.items.item import Item
from kb.model.people.group import Group, personal_slug
from kb.model.search_request import SearchRequest, View
from kb.model.web_pages.canonical_address import canonical_url
from kb.search.index_search import IndexSearch
from kb.services.core.library import Library

MOST_COPIES = 200
"""Copies that one search leaves out, the first that the index gives; the others stay beside their items."""
_KINDS = ("note", "comment")


def without_note_copies(
    library: Library, actor: Actor, request: SearchRequest, readable: ReadableGroups, search: IndexSearch
) -> IndexSearch:
    """The search without the copies whose item of a group it finds too. Raises Unavailable.

    A copy alone in the results stays, so that the words of a private note find it.
    """
    own = _searched_library(actor, request, readable)
    if own is None:
        return search
    ids = search.filter("group", (own.id,)).filter("kind", _KINDS).first_ids(MOST_COPIES)
    if not ids:
        return search
    with library.store.read() as reading:
        copies = [item for item in reading.items.beginnings(ids, readable.scope).values() if _holds_notes_alone(item)]
        originals = reading.items.ids_at_addresses(
            (address for item in copies if (address := canonical_url(item.url))),
            (group.id for group in readable.groups if group.id != own.id),
        )
    page_start = f"{library.settings.base_url}/items/"
    ids_by_copy = {
        item.id: (*originals.get(canonical_url(item.url) or "", ()), *_item_of_page(item.url or "", page_start))
        for item in copies
    }
    every = [id_ for ids in ids_by_copy.values() for id_ in ids]
    found = set(search.filter("item", every).first_ids(len(every))) if every else set[str]()
    repeated = [copy for copy, ids in ids_by_copy.items() if found.intersection(ids)]
    return search.exclude("item", repeated) if repeated else search


def _searched_library(actor: Actor, request: SearchRequest, readable: ReadableGroups) -> Group | None:
    """The actor's own library, if the request searches the items of it and of other groups."""
    if actor.user_id is None or not actor.login or request.view is not View.ITEMS or len(request.group) == 1:
        return None
    own = next((group for group in readable.groups if group.slug == personal_slug(actor.login)), None)
    return own if own is not None and (not request.group or own.slug in request.group) else None


def _holds_notes_alone(item: Item) -> bool:
    """Whether an item of an own library has nothing of the user but notes and comments, and not very many."""
    has_passages = item.annotation_count is not None or any(annotation.quote for annotation in item.annotations)
    return not item.tags and not item.description and not has_passages


def _item_of_page(url: str, page_start: str) -> Iterable[str]:
    """The id of the item whose page here is this address: that of the copy of an item without an address."""
    return (unquote(url[len(page_start) :]),) if url.startswith(page_start) else ()
