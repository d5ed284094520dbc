"""The addresses of the JSON interface, as its description lists them."""

from starlette.routing import Route

from kb.web.api import description, groups, items, me, saved_searches, search, tags
from kb.web.context import endpoint

PREFIX = "/api/v1"

API_ROUTES = (
    Route(f"{PREFIX}/search", endpoint(search.search)),
    Route(f"{PREFIX}/items", endpoint(items.items)),
    Route(f"{PREFIX}/items/{{id}}", endpoint(items.item)),
    Route(f"{PREFIX}/items/{{id}}/annotations", endpoint(items.annotations)),
    Route(f"{PREFIX}/groups", endpoint(groups.groups)),
    Route(f"{PREFIX}/groups/{{slug}}", endpoint(groups.group)),
    Route(f"{PREFIX}/tags", endpoint(tags.tags)),
    Route(
        f"{PREFIX}/saved-searches",
        endpoint(saved_searches.saved_searches, takes=saved_searches.save_search),
        methods=("GET", "POST"),
    ),
    Route(
        f"{PREFIX}/saved-searches/{{id}}",
        endpoint(saved_searches.saved_search, takes=saved_searches.forget_search),
        methods=("GET", "DELETE"),
    ),
    Route(f"{PREFIX}/me", endpoint(me.me)),
    Route(f"{PREFIX}/openapi.json", endpoint(description.openapi)),
)
