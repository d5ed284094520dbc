"""`/api/v1/saved-searches`."""

from starlette.responses import JSONResponse, Response

from kb.services.search import saved_searches as saved
from kb.web.api.answer_objects import saved_search_answer, saved_searches_answer
from kb.web.api.json_types.answers import SavedSearch, SavedSearches
from kb.web.api.json_types.requests import NewSavedSearch
from kb.web.api.operations import operation
from kb.web.api.parameters import requested_group, requested_search
from kb.web.api.request_objects import parse_json_texts
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


@operation("GET /saved-searches", "listSavedSearches", SavedSearches, tag="saved searches", parameters=("one_group",))
def get_saved_searches(context: RequestContext) -> Response:
    """The saved searches of one group, or of all groups."""
    slug = requested_group(requested_search(context.params))
    views = saved.readable_saved_searches(context.library, context.actor, slug)
    return json_response(context, saved_searches_answer(views, context.library.settings.base_url))


@operation("GET /saved-searches/{id}", "getSavedSearch", SavedSearch, tag="saved searches")
def get_saved_search(context: RequestContext) -> Response:
    """One saved search."""
    view = saved.readable_saved_search(context.library, context.actor, context.path_params["id"])
    return json_response(context, saved_search_answer(view, context.library.settings.base_url))


@operation(
    "POST /saved-searches",
    "saveSearch",
    SavedSearch,
    tag="saved searches",
    sent=NewSavedSearch,
    etag=False,
    created="Location",
    others={409: "Conflict"},
)
def post_saved_search(context: RequestContext) -> Response:
    """Save a search for a group: 201 with its address, or 200 if the group has the same one already."""
    sent = parse_json_texts(context.body, ("group", "name", "query"))
    stored = saved.create_saved_search(context.library, context.actor, sent["group"], sent["name"], sent["query"])
    shape = saved_search_answer(stored, context.library.settings.base_url)
    headers = {"Cache-Control": "no-store", "Location": f"/api/v1/saved-searches/{stored.search.id}"}
    return JSONResponse(shape, 201 if stored.is_new else 200, headers)


@operation("DELETE /saved-searches/{id}", "forgetSavedSearch", None, tag="saved searches", etag=False)
def delete_saved_search_by_id(context: RequestContext) -> Response:
    """Delete a saved search."""
    saved.drop_saved_search(context.library, context.actor, context.path_params["id"])
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
