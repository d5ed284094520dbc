"""What linkding tells of itself and of its user's preferences."""

from starlette.responses import JSONResponse, Response

from kb.web.clients.client_routes import chosen_group
from kb.web.http.context import RequestContext

VERSION = "1.44.0"
"""The version of linkding whose API this is: programs refuse an older one."""


def get_profile(context: RequestContext) -> Response:
    """The preferences of a user, as this site behaves: what others see depends on the group, not on the bookmark."""
    chosen_group(context)
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
