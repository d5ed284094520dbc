"""Fetch the page of an item again: a user asks for it, and its text becomes a new version if it has changed."""

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_signed_in_user
from kb.errors import Invalid
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.web_pages.canonical_address import web_address
from kb.services.core.library import Library
from kb.services.items.item_edit import editable_item
from kb.services.page_fetch.fetch_requests import attach_fetch_to_item, count_page_request
from kb.settings import OFF
from kb.store import ReadSnapshot


def may_refetch(library: Library, reading: ReadSnapshot, actor: Actor, item: Item, group: Group) -> bool:
    """Whether the actor may have the page of an item fetched again: it has a web address, and its text is that of the
    page, and not that of a file or of a copy that a reader sent.
    """
    return (
        actor.user_id is not None
        and is_allowed(actor, Action.CONTRIBUTE, group)
        and library.settings.fetch != OFF
        and web_address(item.url) is not None
        and not reading.item_files.of_items([item.id])
    )


def refetch_page(library: Library, actor: Actor, item_id: str) -> None:
    """Have the page of an item fetched again in the background; nothing is done while a fetch of it waits.

    Raises NotFound, LoginNeeded, Forbidden; RateLimited; Invalid if the item has no page to fetch.
    """
    with library.store.write() as writing:
        item, group = editable_item(writing, actor, item_id)
        user_id = require_signed_in_user(actor)
        if not may_refetch(library, writing, actor, item, group):
            raise Invalid("The page of this item cannot be read again here: send it from your browser, or upload it.")
        waiting = writing.page_fetches.of_item(item.id)
        if waiting is not None and not waiting.is_over:
            return
        count_page_request(writing, user_id)
        attach_fetch_to_item(writing, actor, item.id, item.url)
