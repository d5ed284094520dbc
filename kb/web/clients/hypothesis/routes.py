"""The routes of Hypothesis' API. Without a token, they answer what everybody may read."""

from kb.web.clients.client_routes import open_route
from kb.web.clients.hypothesis import annotations

_HANDLERS = {
    "/api/search": annotations.search_annotations,
    "/api/annotations/{id}": annotations.get_annotation,
    "/api/groups": annotations.list_groups,
    "/api/profile": annotations.get_profile,
}

# Below the name of the service, and where Hypothesis itself has them.
HYPOTHESIS_ROUTES = tuple(
    open_route(f"{start}{path}", handler) for start in ("/hypothesis", "") for path, handler in _HANDLERS.items()
)
