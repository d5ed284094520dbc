"""`/api/v1/groups`, their `/api/v1/tags` and `/api/v1/saved-searches`, and the user who reads them, `/api/v1/me`."""

from starlette.responses import JSONResponse, Response

from kb.services.accounts.own_account import own_account_details
from kb.services.groups.group_views import group_view, group_views
from kb.services.search import saved_searches as saved
from kb.services.tags.tags import tag_counts
from kb.web.api.answer_objects import group_answer, listed, me_answer, saved_search_answer, tags_answer
from kb.web.api.json_types.answers import Group, Groups, Me, SavedSearch, SavedSearches, Tags
from kb.web.api.json_types.requests import NewSavedSearch
from kb.web.api.operations import operation
from kb.web.api.parameters import requested_group, requested_search
from kb.web.api.request_objects import parse_json_texts
from kb.web.api.responses import json_response, no_content_response
from kb.web.http.context import RequestContext


@operation("GET /groups", "listGroups", Groups)
def get_groups(context: RequestContext) -> Response:
    """All readable groups."""
    return json_response(context, listed(map(group_answer, group_views(context.library, context.actor))))


@operation("GET /groups/{slug}", "getGroup", Group)
def get_group(context: RequestContext) -> Response:
    """One group."""
    return json_response(context, group_answer(group_view(context.library, context.actor, context.path_params["slug"])))


@operation("GET /tags", "listTags", Tags, parameters=("one_group", "tag_q", "page", "per_page"))
def get_tags(context: RequestContext) -> Response:
    """Tags of one group or of all, filtered by the typed text."""
    request = requested_search(context.params)
    counts = tag_counts(context.library, context.actor, requested_group(request), request.q)
    return json_response(context, tags_answer(request, counts))


@operation("GET /saved-searches", "listSavedSearches", SavedSearches, tag="saved searches", parameters=("one_group",))
def get_saved_searches(context: RequestContext) -> Response:
    """The saved searches of one group, or of all groups."""
    slug, base_url = requested_group(requested_search(context.params)), context.library.settings.base_url
    views = saved.readable_saved_searches(context.library, context.actor, slug)
    return json_response(context, listed(saved_search_answer(view, base_url) for view in views))


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
    return no_content_response()


@operation("GET /me", "getMe", Me, tag="account")
def get_me(context: RequestContext) -> Response:
    """The user, their groups, and what their token allows. Raises LoginNeeded."""
    return json_response(context, me_answer(own_account_details(context.library, context.actor), context.actor))
