"""What a form or an address of a bulk action asks for: the action, the items, the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kb.errors import Invalid, translatable
from kb.model.items.item_fields import checked_tags, parse_tags
from kb.model.items.item_list import ItemPart
from kb.services.item_actions.bulk_actions import (
    MOST_BULK_ITEMS,
    bulk_selection,
    bulk_targets,
    selected_ids,
)
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.pages.listing.selection import (
    EVERYTHING,
    MOST_SELECTED,
    TOO_MANY_SELECTED,
    listing_to_return_to,
    select_address,
    selection_in,
)

NEW_LIST = "new"
_COUNTS = ("changed", "unchanged", "left")
FIELDS_OF_PORTIONS = frozenset({*_COUNTS, "rest", "of", "others", "archived", "undo"})
"""The fields that say how far an action is."""
FIELDS_OF_ACTIONS = frozenset({"act", "add", "remove", "group", "how", "confirmed", "back"})
"""The fields that each portion of an action needs."""


class BulkAction(StrEnum):
    """What is done with the items; the value is the field `act` of the forms."""

    TAG = "tag"
    TRASH = "bin"
    LIST = "list"
    MOVE = "move"
    LATER = "later"


_TITLES: Mapping[BulkAction, str] = {
    BulkAction.TAG: translatable("Change the tags"),
    BulkAction.TRASH: translatable("Move to the trash"),
    BulkAction.LIST: translatable("Add to a list"),
    BulkAction.MOVE: translatable("Move or copy to a group"),
    BulkAction.LATER: translatable("Add to your reading list"),
}


@dataclass(frozen=True, slots=True)
class SelectedItems:
    """The items of an action: `ids` that it changes, and how many others were selected, but may not be changed: in
    archived groups, or for lack of a right. `parts` are the items and annotations that go into a list.
    """

    ids: tuple[str, ...]
    others: int = 0
    archived: int = 0
    parts: tuple[ItemPart, ...] = ()

    @property
    def skipped(self) -> int:
        return self.others + self.archived


def requested_action(context: RequestContext) -> BulkAction:
    """The action of the form, or of the address. Raises Invalid."""
    name = context.form_value("act") or context.param("act") or BulkAction.TAG
    if name not in set(BulkAction):
        raise Invalid("The request is not a form of this site.")
    return BulkAction(name)


def item_fields(context: RequestContext) -> Pairs:
    """The fields that name the items: those of the form, or those of the address that leads to it."""
    return context.fields or context.params


def takes_everything(context: RequestContext) -> bool:
    return ("scope", EVERYTHING) in item_fields(context)


def selected_items(context: RequestContext) -> SelectedItems:
    """The items of the action. Raises LoginNeeded, Forbidden; Invalid for more ids than a page can tick."""
    library, actor, request = context.library, context.actor, context.search_request
    rest = ids_of_later_portions(context)
    parts: tuple[ItemPart, ...] | None = tuple((item_id, None) for item_id in rest)
    if not rest:
        parts = None if takes_everything(context) else selection_in(item_fields(context))
        if parts is not None and len(parts) > MOST_SELECTED:
            raise Invalid(TOO_MANY_SELECTED, limit=MOST_SELECTED)
    ids = None if parts is None else tuple(dict.fromkeys(item_id for item_id, _ in parts))
    match requested_action(context):
        case BulkAction.TAG | BulkAction.TRASH:
            targets = bulk_targets(library, actor, request, ids)
            return SelectedItems(targets.mine, targets.others, targets.archived)
        case BulkAction.LIST:
            parts = bulk_selection(library, actor, request, parts)
            return SelectedItems(tuple(item_id for item_id, _ in parts), parts=parts)
        case BulkAction.MOVE | BulkAction.LATER:
            return SelectedItems(selected_ids(library, actor, request, ids))


def ids_of_later_portions(context: RequestContext) -> tuple[str, ...]:
    """The ids of the portions to come, in a form that continues an action."""
    return tuple(context.form_value("rest").split()[:MOST_BULK_ITEMS])


def sent_tags(context: RequestContext) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tags to add, and those to remove. Raises Invalid."""
    add, remove = (checked_tags(parse_tags(context.form_value(name))) for name in ("add", "remove"))
    return add, remove


def action_title(context: RequestContext, action: BulkAction) -> str:
    return context.translator.gettext(_TITLES[action])


def return_address(context: RequestContext) -> str:
    """The listing that the user came from."""
    address = listing_to_return_to(item_fields(context))
    if address:
        return address
    request = context.search_request
    group = request.group[0] if len(request.group) == 1 else None
    scope = ListingScope(group, request.tag[0] if group and request.tag else None)
    return select_address(context.addresses.listing(scope, request))
