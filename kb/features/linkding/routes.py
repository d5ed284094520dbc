"""The routes of linkding's API, and what linkding tells of itself and of its user's preferences."""

from pathlib import Path

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kb.errors import translatable
from kb.features.linkding import bookmarks, bundles, tags
from kb.web.clients.client_routes import client_routes, selected_group
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection, RequestContext
from kb.web.http.endpoint import page_endpoint

VERSION = "1.44.0"
"""The version of linkding whose API this is: programs refuse an older one."""
_SERVICE = "/linkding"


def get_profile(context: RequestContext) -> Response:
    """The preferences of a user, as this site behaves: what others see depends on the group, not on the bookmark."""
    selected_group(context)
    return JSONResponse(
        {
            "theme": "auto",
            "bookmark_date_display": "relative",
            "bookmark_link_target": "_self",
            "web_archive_integration": "disabled",
            "tag_search": "strict",
            "enable_sharing": False,
            "enable_public_sharing": False,
            "enable_favicons": False,
            "display_url": False,
            "permanent_notes": False,
            "search_preferences": {"sort": "added_desc", "shared": "off", "unread": "off"},
            "version": VERSION,
        }
    )


def get_health(_context: RequestContext) -> Response:
    """The answer of a running linkding, for programs that ask for its version first."""
    return JSONResponse({"version": VERSION, "status": "healthy"})


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
    *client_routes(_SERVICE, "/api/user/profile/", get_profile),
    *(Route(f"{start}/health", page_endpoint(get_health)) for start in (_SERVICE, f"{_SERVICE}/{{group}}")),
)
WEB = FeatureWeb(
    translatable("programs made for linkding"),
    routes=_ROUTES,
    client=ClientProtocol(
        ("/linkding/",), TokenScheme.TOKEN, lambda status, reason, _format: JSONResponse({"detail": reason}, status)
    ),
    help=HelpSection("garder", Path(__file__).parent),
)
