"""What one may do with a whole item, in a line on its page."""

from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.groups.groups import allowed_in
from kb.web.http.context import Context
from kb.web.pages.items.reading_list import LaterForm, later_of


@dataclass(frozen=True, slots=True)
class ItemActs:
    """`edit` and `move` lead to forms, empty for who may not; `later` are the buttons of one's reading list."""

    edit: str
    move: str
    later: LaterForm


def item_acts(context: Context, item: Item, group: Group) -> ItemActs | None:
    """What whoever is signed in may do; None for nobody."""
    later = later_of(context, item)
    if later is None:
        return None
    edits = Action.CONTRIBUTE in allowed_in(context.actor, group)
    addresses = context.addresses
    return ItemActs(addresses.edit(item.id) if edits else "", addresses.move(item.id), later)
