"""`/linkding/api/bundles/`: the saved searches that the user may read. They are changed on their pages."""

from starlette.responses import JSONResponse, Response

from kb.errors import NotFound
from kb.features.linkding.bookmark_objects import linkding_date
from kb.features.linkding.pages import Paging, page_response, path_number
from kb.model.dates import stored_instant
from kb.model.search_request import SearchRequest
from kb.services.clients.listings import MOST_LISTED
from kb.services.clients.numeric_ids import numeric_ids
from kb.services.clients.tag_names import one_word_tag
from kb.services.search.saved_searches import SavedSearchView, readable_saved_searches
from kb.web.clients.client_routes import selected_group
from kb.web.http.context import RequestContext


def list_bundles(context: RequestContext) -> Response:
    """The saved searches of the chosen group, or of all."""
    paging, bundles = Paging.of(context, MOST_LISTED), _bundles(context)
    shown = list(bundles.values())[paging.offset : paging.offset + paging.limit]
    return page_response(context, paging, len(bundles), [_bundle_object(*bundle) for bundle in shown])


def get_bundle(context: RequestContext) -> Response:
    """One saved search."""
    return JSONResponse(_bundle_object(*_bundle(context, path_number(context))))


def bundle_search(context: RequestContext, number: int) -> SearchRequest:
    """The search of a bundle. Raises NotFound."""
    return _bundle(context, number)[2].search.request


def _bundle(context: RequestContext, number: int) -> tuple[int, int, SavedSearchView]:
    bundle = _bundles(context).get(number)
    if bundle is None:
        raise NotFound("There is no such saved search.")
    return bundle


def _bundles(context: RequestContext) -> dict[int, tuple[int, int, SavedSearchView]]:
    """The saved searches with their numbers and positions, by number."""
    ids = numeric_ids(context.library)
    views = readable_saved_searches(context.library, context.actor, selected_group(context))
    numbers = [ids.of_text("saved search", view.search.id) for view in views]
    return {
        number: (number, position, view) for position, (number, view) in enumerate(zip(numbers, views, strict=True))
    }


def _bundle_object(number: int, position: int, view: SavedSearchView) -> dict[str, object]:
    request, made = view.search.request, linkding_date(stored_instant(view.search.created_at))
    return {
        "id": number,
        "name": view.search.name,
        "search": request.q,
        "any_tags": "",
        "all_tags": " ".join(map(one_word_tag, request.tag)),
        "excluded_tags": " ".join(map(one_word_tag, request.not_tag)),
        "filter_unread": "off",
        "filter_shared": "off",
        "order": position,
        "date_created": made,
        "date_modified": made,
    }
