"""The line of actions on an item's page."""

from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.groups.group_views import allowed_actions
from kb.web.http.context import RequestContext
from kb.web.pages.items.reading_list import ReadingListForm, reading_list_form


@dataclass(frozen=True, slots=True)
class ItemActions:
    """`edit` and `move` link to forms, empty for a user without the right; `later` are the buttons of the reading
    list.
    """

    edit: str
    move: str
    later: ReadingListForm


def item_actions_of(context: RequestContext, item: Item, group: Group) -> ItemActions | None:
    """The actions of a logged-in user; None for an anonymous visitor."""
    later = reading_list_form(context, item)
    if later is None:
        return None
    edits = Action.CONTRIBUTE in allowed_actions(context.actor, group)
    addresses = context.addresses
    return ItemActions(addresses.edit(item.id) if edits else "", addresses.move(item.id), later)
