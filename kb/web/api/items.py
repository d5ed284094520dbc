"""`/api/v1/items`."""

from collections.abc import Callable

from starlette.responses import Response

from kb.errors import NotFound
from kb.model.items.item_fields import ItemFields, checked_fields, fields_of
from kb.model.search_request import PARAMETERS
from kb.services.item_actions.duplicates import merged_into
from kb.services.items.item_creation import keep
from kb.services.items.item_edit import edit
from kb.services.items.items import ItemView, item_page, items_page
from kb.services.moderation.moderation_actions import remove
from kb.web.api.parameters import request_of
from kb.web.api.request_objects import FIELDS, sent_object
from kb.web.api.response_shapes import annotations_answer, items_answer
from kb.web.api.responses import answered, answered_thing, gone, require_read, written
from kb.web.http.context import Context


def items(context: Context) -> Response:
    """Whole items, as the address chooses them."""
    page = items_page(context.library, context.actor, request_of(context.params, PARAMETERS))
    return answered(context, items_answer(page, context.library.settings.base_url))


def item(context: Context) -> Response:
    """One item, whole; or where it is, when it has become part of another one."""
    return _of_item(context, lambda view: answered_thing(context, view))


def annotations(context: Context) -> Response:
    """The annotations of one item; or where they are, when it has become part of another one."""
    return _of_item(context, lambda view: answered(context, annotations_answer(view.item)), "/annotations")


def keep_item(context: Context) -> Response:
    """Keep an item in a group, with what its sharer adds to it."""
    request_of(context.params)
    sent = sent_object(context.body, ("group", *FIELDS, "tags", "annotations"), required=("group",))
    fields = ItemFields(**sent.texts(FIELDS), tags=sent.tags())
    kept = keep(context.library, context.actor, sent.text("group"), fields, sent.annotations())
    # Read again, in the same transaction: the base has given it its version.
    return written(context, item_page(context.library, context.actor, kept.item.id), new=True)


def change_item(context: Context) -> Response:
    """Give an item other fields: those that were sent, the others stay (RFC 7396)."""
    request_of(context.params)
    sent = sent_object(context.body, (*FIELDS, "tags"))
    before = item_page(context.library, context.actor, context.path_params["id"])
    now = fields_of(before.item)
    texts = {**{name: getattr(now, name) for name in FIELDS}, **sent.texts(FIELDS)}
    fields = checked_fields(ItemFields(**texts, tags=sent.tags() if "tags" in sent.members else now.tags))
    # What cannot be kept is told first, whatever was read.
    require_read(context, before)
    edit(context.library, context.actor, before.item.id, fields)
    return written(context, item_page(context.library, context.actor, before.item.id))


def remove_item(context: Context) -> Response:
    """Put an item in the bin of its group."""
    request_of(context.params)
    before = item_page(context.library, context.actor, context.path_params["id"])
    require_read(context, before)
    remove(context.library, context.actor, before.item.id)
    return gone()


def _of_item(context: Context, answer: Callable[[ItemView], Response], part: str = "") -> Response:
    """What is asked of an item, or of a `part` of it; where that is now, when it has become part of another item.

    Raises NotFound for an item that is nowhere, or that one may not read.
    """
    request_of(context.params)
    item_id = context.path_params["id"]
    try:
        view = item_page(context.library, context.actor, item_id)
    except NotFound:
        into = merged_into(context.library, context.actor, item_id)
        headers = {"Location": f"/api/v1/items/{into}{part}", "Cache-Control": "no-store"}
        return Response(status_code=303, headers=headers)
    return answer(view)
