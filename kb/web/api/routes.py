"""The routes of the JSON API, as its description lists them."""

from starlette.routing import Route

from kb.web.api import annotations, description, groups, items, me, saved_searches, search, tags
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.context import endpoint

API_PREFIX = "/api/v1"

API_ROUTES = (
    Route(f"{API_PREFIX}/search", endpoint(search.get_search)),
    Route(
        f"{API_PREFIX}/items",
        endpoint(items.get_items, takes={"POST": items.post_item}, largest=LARGEST_OBJECT),
        methods=("GET", "POST"),
    ),
    Route(
        f"{API_PREFIX}/items/{{id}}",
        endpoint(
            items.get_item, takes={"PATCH": items.patch_item, "DELETE": items.delete_item}, largest=LARGEST_OBJECT
        ),
        methods=("GET", "PATCH", "DELETE"),
    ),
    Route(
        f"{API_PREFIX}/items/{{id}}/annotations",
        endpoint(items.get_annotations, takes={"POST": annotations.post_annotation}, largest=LARGEST_OBJECT),
        methods=("GET", "POST"),
    ),
    Route(
        f"{API_PREFIX}/annotations/{{id}}",
        endpoint(
            annotations.get_annotation,
            takes={"PATCH": annotations.patch_annotation, "DELETE": annotations.delete_annotation},
            largest=LARGEST_OBJECT,
        ),
        methods=("GET", "PATCH", "DELETE"),
    ),
    Route(
        f"{API_PREFIX}/annotations/{{id}}/replies",
        endpoint(annotations.get_replies, takes={"POST": annotations.post_reply}, largest=LARGEST_OBJECT),
        methods=("GET", "POST"),
    ),
    Route(f"{API_PREFIX}/groups", endpoint(groups.get_groups)),
    Route(f"{API_PREFIX}/groups/{{slug}}", endpoint(groups.get_group)),
    Route(f"{API_PREFIX}/tags", endpoint(tags.get_tags)),
    Route(
        f"{API_PREFIX}/saved-searches",
        endpoint(saved_searches.get_saved_searches, takes={"POST": saved_searches.post_saved_search}),
        methods=("GET", "POST"),
    ),
    Route(
        f"{API_PREFIX}/saved-searches/{{id}}",
        endpoint(saved_searches.get_saved_search, takes={"DELETE": saved_searches.delete_saved_search_by_id}),
        methods=("GET", "DELETE"),
    ),
    Route(f"{API_PREFIX}/me", endpoint(me.get_me)),
    Route(f"{API_PREFIX}/openapi.json", endpoint(description.get_openapi)),
)
