"""The routes of Hypothesis' API. Without a token, they answer what everybody may read."""

from kb.web.clients.client_routes import open_route
from kb.web.clients.hypothesis import annotations

HYPOTHESIS_ROUTES = (
    open_route("/hypothesis/api/search", annotations.search_annotations),
    open_route("/hypothesis/api/annotations/{id}", annotations.get_annotation),
    open_route("/hypothesis/api/groups", annotations.list_groups),
    open_route("/hypothesis/api/profile", annotations.get_profile),
)
