"""`/api/v1/items`."""

from starlette.responses import Response

from kb.library.items import item_page, items_page
from kb.model.search import PARAMETERS
from kb.web.api.answers import answered
from kb.web.api.reading import request_of
from kb.web.api.shapes import annotations_answer, items_answer, whole_item
from kb.web.context import Context


def items(context: Context) -> Response:
    """Whole items, as the address chooses them."""
    page = items_page(context.library, context.actor, request_of(context.params, PARAMETERS))
    return answered(context, items_answer(page, context.library.settings.base_url))


def item(context: Context) -> Response:
    """One item, whole."""
    request_of(context.params)
    view = item_page(context.library, context.actor, context.path_params["id"])
    return answered(context, whole_item(view, context.library.settings.base_url))


def annotations(context: Context) -> Response:
    """The annotations of one item."""
    request_of(context.params)
    return answered(
        context, annotations_answer(item_page(context.library, context.actor, context.path_params["id"]).item)
    )
