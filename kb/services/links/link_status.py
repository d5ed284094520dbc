"""The link status of one item, as the background link checker found it."""

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.web_pages.link_check import LinkCheck
from kb.services.core.library import Library


def visible_link_check(library: Library, actor: Actor, item: Item, group: Group) -> LinkCheck | None:
    """The last check of the address of an item, which the caller knows to be readable.

    All readers see a dead link; only users who can act on it see the other results.
    """
    if item.url is None:
        return None
    with library.store.read() as reading:
        seen = reading.link_checks.of_item(item.id)
    if seen is None or seen.address != item.url:
        return None
    return seen if seen.is_dead or is_allowed(actor, Action.CONTRIBUTE, group) else None
