"""Do a bulk action in portions, one for each request, and show its result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.items.item_list import ItemPart
from kb.model.people.group import personal_slug
from kb.services.item_actions.bulk_actions import MOST_BULK_ITEMS, BulkResult, tag_items, trash_items
from kb.services.item_actions.bulk_moves import move_items
from kb.services.items.reading_list import add_items_to_reading_list
from kb.services.lists.list_additions import add_to_list
from kb.services.lists.lists import create_list
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.items.bulk.bulk_request import (
    FIELDS_OF_ACTIONS,
    NEW_LIST,
    BulkAction,
    SelectedItems,
    action_title,
    return_address,
    sent_tags,
)
from kb.web.ui.action_progress import ProgressPage, portion_address
from kb.web.ui.flash import ITEMS_LISTED
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

PORTIONS = {"tag": MOST_BULK_ITEMS, "bin": 150, "list": MOST_BULK_ITEMS, "move": 100, "later": 1_500}
"""Items of one request, by action: half a second of work at most."""
_DONE = {
    BulkAction.TAG: "items-tagged",
    BulkAction.TRASH: "items-removed",
    BulkAction.MOVE: "items-moved",
    BulkAction.LATER: "items-to-read",
}
"""The flash message of an action on all selected items."""


@dataclass(frozen=True, slots=True)
class BulkDonePage:
    """The result, without the items that were `skipped`."""

    done: BulkResult
    skipped: SelectedItems
    is_trash: bool
    back: str


def process_portion(context: RequestContext, action: BulkAction, selected: SelectedItems) -> Response:
    """Process the first portion: then the page that sends the form of the next, or the end of the action.

    The last items come first on the reading list, so that the first ones are at its top in the end.
    """
    size = PORTIONS[action]
    if action is BulkAction.LIST:
        return once(partial(_add_to_list, parts=selected.parts))(context)
    if action is BulkAction.LATER:
        portion, rest = selected.ids[-size:], selected.ids[:-size]
    else:
        portion, rest = selected.ids[:size], selected.ids[size:]
    done = _do(context, action, portion)
    before = {
        name: parse_whole_number(context.form_value(name), 0, most=MOST_BULK_ITEMS)
        for name in ("changed", "unchanged", "left")
    }
    done = replace(
        done,
        changed=done.changed + before["changed"],
        unchanged=done.unchanged + before["unchanged"],
        left=done.left + before["left"],
    )
    skipped = SelectedItems(
        (),
        selected.others + parse_whole_number(context.form_value("others"), 0, most=MOST_BULK_ITEMS),
        selected.archived + parse_whole_number(context.form_value("archived"), 0, most=MOST_BULK_ITEMS),
    )
    if rest:
        return _progress(context, action, done, skipped, rest)
    if not (skipped.skipped or done.left):
        key = _DONE[action]
        if action is BulkAction.MOVE and context.form_value("how") != "move":
            key = "items-copied"
        return redirect_with_flash(return_address(context), key if done.changed else "unchanged", done.undo or "")
    page = BulkDonePage(done, skipped, action is BulkAction.TRASH, return_address(context))
    return render(context, "items/bulk_done.html", page)


def _do(context: RequestContext, action: BulkAction, ids: Sequence[str]) -> BulkResult:
    """Apply the action to one portion of the items; the undo of earlier portions reverses this one too."""
    library, actor, field = context.library, context.actor, context.form_value
    part_of = field("undo") or None
    match action:
        case BulkAction.TAG:
            return tag_items(library, actor, ids, *sent_tags(context), part_of=part_of)
        case BulkAction.TRASH:
            return trash_items(library, actor, ids, part_of=part_of)
        case BulkAction.MOVE:
            confirmed = field("confirmed") == "on"
            return move_items(library, actor, ids, field("group"), field("how"), confirmed=confirmed, part_of=part_of)
        case BulkAction.LATER:
            return BulkResult(add_items_to_reading_list(library, actor, ids), 0, 0, (), None)
        case BulkAction.LIST:
            raise ValueError(action)
        case _:
            assert_never(action)


def _progress(
    context: RequestContext, action: BulkAction, done: BulkResult, skipped: SelectedItems, rest: Sequence[str]
) -> Response:
    counts = {
        "changed": done.changed,
        "unchanged": done.unchanged,
        "left": done.left,
        "others": skipped.others,
        "archived": skipped.archived,
    }
    finished = done.changed + done.unchanged + done.left
    total = parse_whole_number(context.form_value("of"), 0, most=MOST_BULK_ITEMS) or finished + len(rest)
    page = ProgressPage(
        title=action_title(context, action),
        summary=context.translator.gettext("%(done)s of %(total)s items", done=total - len(rest), total=total),
        done=total - len(rest),
        total=total,
        action=portion_address(context.addresses.bulk(context.search_request)),
        hidden=(
            *(pair for pair in context.fields if pair[0] in FIELDS_OF_ACTIONS),
            *((name, str(count)) for name, count in counts.items()),
            ("of", str(total)),
            ("undo", done.undo or ""),
            ("rest", " ".join(rest)),
        ),
        undo=context.addresses.restore(done.undo) if done.undo else "",
        back=return_address(context),
    )
    return render(context, "items/bulk_progress.html", page)


def _add_to_list(context: RequestContext, *, parts: Sequence[ItemPart]) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    list_id, name = field("list"), field("name").strip()
    if list_id in {"", NEW_LIST} and not name:
        raise Invalid("Choose a list, or give a new one a name.")
    # A typed name means a new list, whatever list is selected.
    if name:
        list_id = create_list(library, actor, field("where") or personal_slug(actor.login), name).id
    added = add_to_list(library, actor, list_id, parts)
    return redirect_with_flash(
        return_address(context), ITEMS_LISTED if added.undo else "items-in-list", added.undo or ""
    )
