"""The routes of Diigo's API."""

from pathlib import Path

from starlette.responses import JSONResponse, Response

from kb.errors import translatable
from kb.features.diigo import bookmarks
from kb.web.clients.client_routes import client_routes
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection

_ROUTES = client_routes(
    "/diigo",
    "/api/v2/bookmarks",
    bookmarks.get_bookmarks,
    {"POST": bookmarks.post_bookmark, "DELETE": bookmarks.delete_bookmark},
)


def _error(status: int, reason: str, _format: str) -> Response:
    return JSONResponse({"message": reason}, status)


DIIGO_WEB = FeatureWeb(
    "diigo",
    translatable("programs made for Diigo"),
    routes=_ROUTES,
    client=ClientProtocol(("/diigo/",), TokenScheme.BASIC, _error),
    help=HelpSection("garder", Path(__file__).parent),
)
