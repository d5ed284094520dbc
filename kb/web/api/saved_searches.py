"""`/api/v1/saved-searches`."""

from starlette.responses import JSONResponse, Response

from kb.services.search import saved_searches as saved
from kb.web.api.parameters import group_of, members_of, request_of
from kb.web.api.response_shapes import saved_search_answer, saved_searches_answer
from kb.web.api.responses import answered
from kb.web.http.context import Context


def saved_searches(context: Context) -> Response:
    """The searches that one group keeps, or all groups."""
    slug = group_of(request_of(context.params, ("group",)))
    found = saved.saved_searches(context.library, context.actor, slug)
    return answered(context, saved_searches_answer(found, context.library.settings.base_url))


def saved_search(context: Context) -> Response:
    """One saved search."""
    request_of(context.params)
    found = saved.saved_search(context.library, context.actor, context.path_params["id"])
    return answered(context, saved_search_answer(found, context.library.settings.base_url))


def save_search(context: Context) -> Response:
    """Save a search for a group: 201 with its address, or 200 when the group keeps this very one already."""
    request_of(context.params)
    sent = members_of(context.body, ("group", "name", "query"))
    kept = saved.save_search(context.library, context.actor, sent["group"], sent["name"], sent["query"])
    shape = saved_search_answer(kept, context.library.settings.base_url)
    headers = {"Cache-Control": "no-store", "Location": f"/api/v1/saved-searches/{kept.search.id}"}
    return JSONResponse(shape, 201 if kept.is_new else 200, headers)


def forget_search(context: Context) -> Response:
    """Forget a saved search."""
    request_of(context.params)
    saved.forget_saved(context.library, context.actor, context.path_params["id"])
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
