"""The addresses of the JSON interface, as its description lists them."""

from starlette.routing import Route

from kb.web.api import annotations, description, groups, items, me, saved_searches, search, tags
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.context import endpoint

PREFIX = "/api/v1"

API_ROUTES = (
    Route(f"{PREFIX}/search", endpoint(search.search)),
    Route(
        f"{PREFIX}/items",
        endpoint(items.items, takes={"POST": items.keep_item}, largest=LARGEST_OBJECT),
        methods=("GET", "POST"),
    ),
    Route(
        f"{PREFIX}/items/{{id}}",
        endpoint(items.item, takes={"PATCH": items.change_item, "DELETE": items.remove_item}, largest=LARGEST_OBJECT),
        methods=("GET", "PATCH", "DELETE"),
    ),
    Route(
        f"{PREFIX}/items/{{id}}/annotations",
        endpoint(items.annotations, takes={"POST": annotations.add_annotation}, largest=LARGEST_OBJECT),
        methods=("GET", "POST"),
    ),
    Route(
        f"{PREFIX}/annotations/{{id}}",
        endpoint(
            annotations.annotation,
            takes={"PATCH": annotations.change_words, "DELETE": annotations.remove_words},
            largest=LARGEST_OBJECT,
        ),
        methods=("GET", "PATCH", "DELETE"),
    ),
    Route(
        f"{PREFIX}/annotations/{{id}}/replies",
        endpoint(annotations.replies, takes={"POST": annotations.add_reply}, largest=LARGEST_OBJECT),
        methods=("GET", "POST"),
    ),
    Route(f"{PREFIX}/groups", endpoint(groups.groups)),
    Route(f"{PREFIX}/groups/{{slug}}", endpoint(groups.group)),
    Route(f"{PREFIX}/tags", endpoint(tags.tags)),
    Route(
        f"{PREFIX}/saved-searches",
        endpoint(saved_searches.saved_searches, takes={"POST": saved_searches.save_search}),
        methods=("GET", "POST"),
    ),
    Route(
        f"{PREFIX}/saved-searches/{{id}}",
        endpoint(saved_searches.saved_search, takes={"DELETE": saved_searches.forget_search}),
        methods=("GET", "DELETE"),
    ),
    Route(f"{PREFIX}/me", endpoint(me.me)),
    Route(f"{PREFIX}/openapi.json", endpoint(description.openapi)),
)
