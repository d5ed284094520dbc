"""The web application manifest (W3C): an installed site is an application to which others can share pages."""

from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response

from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import static_file_address

MANIFEST_TYPE = "application/manifest+json"
_HOUR = 3600
_LONGEST_SHORT_NAME = 30


def get_manifest(context: RequestContext) -> Response:
    """The manifest, in the language of the site, the same for every visitor."""
    content = manifest_members(replace(context.library.settings, site_name=context.site_name))
    return JSONResponse(content, media_type=MANIFEST_TYPE, headers={"Cache-Control": f"public, max-age={_HOUR}"})


def manifest_members(settings: Settings) -> dict[str, Any]:
    """The members that a browser needs to install the site; all addresses are of the site."""
    translator = Translator(settings.language)
    return {
        "id": "/",
        "name": settings.site_name,
        "short_name": settings.site_name[:_LONGEST_SHORT_NAME],
        "description": translator.gettext("What we have read, and can find again."),
        "lang": settings.language,
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fcfaf5",
        "theme_color": "#0d5c49",
        "icons": [
            {"src": static_file_address("favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": static_file_address("icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": static_file_address("icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
            {
                "src": static_file_address("icon-maskable.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
        "shortcuts": [{"name": translator.gettext("Save a page"), "url": "/keep"}],
        "share_target": {
            "action": "/keep",
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
