"""The style sheet with the accent colour of the site, and its logo."""

from starlette.responses import Response

from kb.services.core.site_identity import site_identity, site_logo
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import all_static_files
from kb.web.ui.site_look import theme_css, theme_version

_IMMUTABLE = "public, max-age=31536000, immutable"


def get_theme(context: RequestContext) -> Response:
    """The style sheet; its versioned address may be cached for ever, any other is read again."""
    identity = site_identity(context.library)
    is_current = context.param("v") == theme_version(identity)
    headers = {"Cache-Control": _IMMUTABLE if is_current else "no-cache"}
    return Response(theme_css(identity), media_type="text/css", headers=headers)


def get_logo(context: RequestContext) -> Response:
    """The logo, as for the style sheet; without one, the icon of the program."""
    logo = site_identity(context.library).logo
    headers = {"Cache-Control": _IMMUTABLE if logo and context.param("v") == logo else "no-cache"}
    content = site_logo(context.library) or all_static_files()["icon-192.png"].content
    return Response(content, media_type="image/png", headers=headers)
