"""The routes of linkding's API."""

from pathlib import Path

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kb.errors import translatable
from kb.features.linkding import bookmarks, bundles, profile, tags
from kb.web.clients.client_routes import client_routes
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection
from kb.web.http.endpoint import page_endpoint

_SERVICE = "/linkding"

_ROUTES = (
    *client_routes(_SERVICE, "/api/bookmarks/", bookmarks.list_bookmarks, {"POST": bookmarks.post_bookmark}),
    # Before the address of one bookmark, which would match them.
    *client_routes(_SERVICE, "/api/bookmarks/archived/", bookmarks.list_archived),
    *client_routes(_SERVICE, "/api/bookmarks/check/", bookmarks.check_bookmark),
    *client_routes(
        _SERVICE,
        "/api/bookmarks/{id}/",
        bookmarks.get_bookmark,
        {"PUT": bookmarks.change, "PATCH": bookmarks.change, "DELETE": bookmarks.delete_bookmark},
    ),
    *client_routes(_SERVICE, "/api/bookmarks/{id}/archive/", writes={"POST": bookmarks.archive}),
    *client_routes(_SERVICE, "/api/bookmarks/{id}/unarchive/", writes={"POST": bookmarks.unarchive}),
    *client_routes(_SERVICE, "/api/bookmarks/{id}/assets/", bookmarks.list_assets),
    *client_routes(_SERVICE, "/api/tags/", tags.list_tags, {"POST": tags.post_tag}),
    *client_routes(_SERVICE, "/api/tags/{id}/", tags.get_tag),
    *client_routes(_SERVICE, "/api/bundles/", bundles.list_bundles),
    *client_routes(_SERVICE, "/api/bundles/{id}/", bundles.get_bundle),
    *client_routes(_SERVICE, "/api/user/profile/", profile.get_profile),
    *(Route(f"{start}/health", page_endpoint(profile.get_health)) for start in (_SERVICE, f"{_SERVICE}/{{group}}")),
)


def _error(status: int, reason: str, _format: str) -> Response:
    return JSONResponse({"detail": reason}, status)


LINKDING_WEB = FeatureWeb(
    "linkding",
    translatable("programs made for linkding"),
    routes=_ROUTES,
    client=ClientProtocol(("/linkding/",), TokenScheme.TOKEN, _error),
    help=HelpSection("garder", Path(__file__).parent),
)
