"""Bulk actions: the step between a selection on a listing and its action, with what the action needs to know.

The bar of a listing (`kb.web.pages.listing.selection`) leads here with the ticked items, or with a whole search. The
answer to the form is a redirect to the listing, or a page that names what stayed as it is.
"""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.people.group import personal_slug
from kb.model.storable_text import one_line
from kb.model.truncation import truncate
from kb.services.item_actions.bulk_actions import MOST_BULK_ITEMS, selected_items_by_id
from kb.services.item_actions.move_and_copy import WiderAudience
from kb.services.items.item_creation import writable_groups
from kb.services.lists.list_additions import changeable_lists
from kb.services.lists.list_windows import list_groups
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.http.writes.write_requests import PORTION
from kb.web.pages.items.bulk.bulk_portions import process_portion
from kb.web.pages.items.bulk.bulk_request import (
    FIELDS_OF_PORTIONS,
    NEW_LIST,
    BulkAction,
    SelectedItems,
    action_title,
    ids_of_later_portions,
    item_fields,
    requested_action,
    return_address,
    selected_items,
    sent_tags,
    takes_everything,
)
from kb.web.pages.listing.selection import EVERYTHING, SELECTED, selection_in, value_of_part, with_selection
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link, group_name
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, list_options, visibility_name
from kb.web.ui.item_links import LONGEST_ROW_TITLE, item_link
from kb.web.ui.rendering import render

MOST_UNCONFIRMED = 20
"""Items changed without a confirmation, because the change can be undone."""
_MOST_NAMED = 10
"""Items that the form names."""
LARGEST_BULK_FORM = 256 * 1024
"""Bytes of a form that carries the ids of the portions to come: MOST_BULK_ITEMS of 16 characters, and the fields."""


@dataclass(frozen=True, slots=True)
class BulkPage:
    """The form of an action; `hidden` are its fields that name the items, sent to `action`.

    `passages` counts the selected passages; a few items are `named`. `has_changed`: the search finds other items than
    when the user was asked before. `homes` are the groups in which a new list can be. `needs_confirmation`: other
    people read the selected group, which the user must confirm.
    """

    title: str
    action: BulkAction
    selected: SelectedItems
    passages: int
    named: tuple[Link, ...]
    has_changed: bool
    address: str
    hidden: Pairs
    suggest: str
    add: str
    remove: str
    lists: tuple[FormOption, ...]
    homes: tuple[FormOption, ...]
    groups: tuple[FormOption, ...]
    needs_confirmation: bool
    name: str
    back: str


def bulk_page(context: RequestContext) -> Response:
    """The form of an action on selected items. Raises LoginNeeded, Forbidden."""
    return _page(context, requested_action(context), has_changed=False)


@handle_form(bulk_page, {Conflict: 400, Forbidden: 403, NotFound: 404})
def handle_bulk_post(context: RequestContext) -> Response:
    """Apply the action to the selected items, or to all results; more than a few need a confirmation."""
    if context.param(PORTION) and not ids_of_later_portions(context):
        raise Invalid("The request is not a form of this site.")
    action, selected = requested_action(context), selected_items(context)
    if not selected.ids and not selected.skipped:
        raise Invalid("Tick an item: one at least.")
    if len(selected.ids) > MOST_BULK_ITEMS:
        raise Invalid("At most %(limit)s items are changed at once: narrow the search first.", limit=MOST_BULK_ITEMS)
    if action is BulkAction.TAG and not any(sent_tags(context)):
        raise Invalid("Give at least one tag to add or remove.")
    confirmed_total = context.form_value("total")
    needs_count = not ids_of_later_portions(context) and (
        takes_everything(context) or len(selected.ids) > MOST_UNCONFIRMED
    )
    if needs_count and confirmed_total != str(len(selected.ids)):
        return _page(context, action, has_changed=bool(confirmed_total))
    return process_portion(context, action, selected)


def _page(context: RequestContext, action: BulkAction, *, has_changed: bool) -> Response:
    request, selected = context.search_request, selected_items(context)
    count, pairs = len(selected.ids), item_fields(context)
    scope = EVERYTHING if takes_everything(context) else SELECTED
    error = context.form_error.error if context.form_error else None
    back = return_address(context)
    page = BulkPage(
        title=action_title(context, action),
        action=action,
        selected=selected,
        passages=sum(part_id is not None for _, part_id in selected.parts),
        named=_named(context, selected) if count <= _MOST_NAMED else (),
        has_changed=has_changed,
        address=context.addresses.bulk(request),
        hidden=(
            ("act", action),
            ("scope", scope),
            *(("item", value_of_part(part)) for part in selection_in(pairs) if scope != EVERYTHING),
            *(pair for pair in context.fields if pair[0] in FIELDS_OF_PORTIONS),
            ("total", str(count)),
            ("back", back),
        ),
        # For several groups, the tags of the user's own library.
        suggest=tag_autocomplete_address(
            request.group[0] if len(request.group) == 1 else personal_slug(context.actor.login)
        ),
        add=context.form_value("add"),
        remove=context.form_value("remove"),
        lists=_lists(context) if action is BulkAction.LIST else (),
        homes=_homes(context) if action is BulkAction.LIST else (),
        groups=_groups(context) if action is BulkAction.MOVE else (),
        needs_confirmation=isinstance(error, WiderAudience),
        name=context.form_value("name"),
        back=with_selection(back, pairs),
    )
    return render(context, "items/bulk_actions.html", page, 409 if has_changed else None)


def _named(context: RequestContext, selected: SelectedItems) -> tuple[Link, ...]:
    """The selected items, and the selected passages by how they begin."""
    items = {item.id: item for item in selected_items_by_id(context.library, context.actor, selected.ids)}
    links = list[Link]()
    for item_id, part_id in dict.fromkeys(selected.parts or ((item_id, None) for item_id in selected.ids)):
        if (item := items.get(item_id)) is not None:
            texts = (part.quote or part.body for part in item.annotations if part.id == part_id)
            link, text = item_link(context, item, part_id=part_id), next(texts, None)
            links.append(Link(truncate(one_line(text), LONGEST_ROW_TITLE), link.href) if text else link)
    return tuple(links)


def _lists(context: RequestContext) -> tuple[FormOption, ...]:
    """The lists to choose from, then a new one."""
    translator, selected = context.translator, context.form_value("list")
    lists = changeable_lists(context.library, context.actor)
    return (
        *list_options(lists, translator, selected=selected),
        FormOption(NEW_LIST, translator.gettext("A new list"), selected=not lists or selected == NEW_LIST),
    )


def _homes(context: RequestContext) -> tuple[FormOption, ...]:
    """The groups in which a new list can be; the group of the search is proposed, else the user's own library."""
    translator, request = context.translator, context.search_request
    selected = context.form_value("where") or (request.group[0] if len(request.group) == 1 else "")
    options = []
    for list_group in list_groups(context.library, context.actor):
        readers = translator.gettext("read by: %(who)s", who=visibility_name(list_group.visible, translator))
        hint = translator.gettext("only you see it") if list_group.is_personal else readers
        options.append(
            FormOption(
                list_group.slug, f"{group_name(list_group, translator)} ({hint})", selected=list_group.slug == selected
            )
        )
    return tuple(options)


def _groups(context: RequestContext) -> tuple[FormOption, ...]:
    translator, selected = context.translator, context.form_value("group")
    return tuple(
        FormOption(
            group.slug,
            group_name(group, translator),
            translator.gettext("you alone read it")
            if group.is_personal
            else translator.gettext("read by: %(who)s", who=visibility_name(group.visible, translator)),
            group.slug == selected,
        )
        for group in writable_groups(context.library, context.actor)
    )
