"""The form that moves or copies an item to another group."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.item_actions.move_and_copy import (
    Destination,
    MoveDestinations,
    WiderAudience,
    copy_item,
    move_destinations,
    move_item,
)
from kb.services.items.item_creation import AlreadySaved
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import facts_line, group_name
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, visibility_name
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class MovePage:
    """`groups` are the possible destinations; `can_move`: a move to at least one of them is possible.

    `confirm` names the additional readers, if the user must confirm. `other` is the id of the item that is there
    already.
    """

    item: Item
    group: Group
    other: str
    confirm: str
    groups: tuple[FormOption, ...]
    can_move: bool


def move_page(context: RequestContext) -> Response:
    """The possible destinations of an item. Raises NotFound, LoginNeeded, Forbidden."""
    translator, selected = context.translator, context.form_value("group")
    destinations = move_destinations(context.library, context.actor, context.path_params["id"])
    error = context.form_error.error if context.form_error else None
    page = MovePage(
        item=destinations.item,
        group=destinations.group,
        other=error.item_id if isinstance(error, AlreadySaved) else "",
        confirm=_confirmation(destinations, selected, translator) if isinstance(error, WiderAudience) else "",
        groups=tuple(
            FormOption(
                group.group.slug,
                group_name(group.group, translator),
                _hint(destinations, group, translator),
                selected=group.group.slug == selected or len(destinations.groups) == 1,
            )
            for group in destinations.groups
        ),
        can_move=any(group.moves for group in destinations.groups),
    )
    return render(context, "items/move_and_copy.html", page)


@handle_form(move_page, {Forbidden: 403, NotFound: 404})
def handle_move_post(context: RequestContext) -> Response:
    """Move or copy the item. If the user may no longer read it, the page raises the same error."""
    library, actor, field, item_id = context.library, context.actor, context.form_value, context.path_params["id"]
    group, confirmed = field("group"), field("confirmed") == field("group")
    match field("act"):
        case "move":
            moved, done = move_item(library, actor, item_id, group, confirmed=confirmed), "item-moved"
        case "copy":
            moved = copy_item(library, actor, item_id, group, confirmed=confirmed)
            done = "words-left" if moved.left_behind else "item-copied"
        case _:
            raise Invalid("The request is not a form of this site.")
    return redirect_with_flash(context.addresses.item(moved.item.id), done, undo=moved.undo or "")


def _hint(destinations: MoveDestinations, destination: Destination, translator: Translator) -> str:
    """The readers of a group, and the content that would not go there."""
    _ = translator.gettext
    if destination.group.is_personal:
        hints = [_("you alone read it")]
    else:
        hints = [_("read by: %(who)s", who=visibility_name(destination.group.visible, translator))]
    if destinations.has_words and not destination.with_words:
        hints.append(_("the words of others stay"))
    if not destination.moves and any(other.moves for other in destinations.groups):
        hints.append(_("as a copy only"))
    return facts_line(*hints)


def _confirmation(destinations: MoveDestinations, selected: str, translator: Translator) -> str:
    group = next((destination.group for destination in destinations.groups if destination.group.slug == selected), None)
    if group is None:
        return ""
    return translator.gettext(
        "I know that others read “%(group)s” than “%(source)s”: %(who)s.",
        group=group.name,
        source=group_name(destinations.group, translator),
        who=visibility_name(group.visible, translator),
    )
