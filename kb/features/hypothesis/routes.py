"""The routes of Hypothesis' API. Without a token, they answer what everybody may read."""

from starlette.responses import JSONResponse, Response

from kb.errors import translatable
from kb.features.hypothesis import annotations
from kb.web.clients.client_routes import open_route
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb

HYPOTHESIS_PATHS = ("/api/search", "/api/annotations/", "/api/groups", "/api/profile")
"""Where Hypothesis itself has its API: programs that know only the host of a service ask there."""
_HANDLERS = {
    "/api/search": annotations.search_annotations,
    "/api/annotations/{id}": annotations.get_annotation,
    "/api/groups": annotations.list_groups,
    "/api/profile": annotations.get_profile,
}

# Below the name of the service, and where Hypothesis itself has them.
_ROUTES = tuple(
    open_route(f"{start}{path}", handler) for start in ("/hypothesis", "") for path, handler in _HANDLERS.items()
)


def _error(status: int, reason: str, _format: str) -> Response:
    return JSONResponse({"status": "failure", "reason": reason}, status)


HYPOTHESIS_WEB = FeatureWeb(
    "hypothesis",
    translatable("programs made for Hypothesis"),
    routes=_ROUTES,
    client=ClientProtocol(("/hypothesis/", *HYPOTHESIS_PATHS), TokenScheme.BEARER, _error),
)
