"""What browsers ask of the site itself: the web application manifest (W3C), the OpenSearch 1.1 description, its style
sheet and its logo.
"""

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import JSONResponse, Response

from kb.model.truncation import truncate_within
from kb.services.core.site_identity import site_identity, site_logo
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import IMMUTABLE, all_static_files, static_file_address
from kb.web.pages.search.suggestions import SUGGESTIONS_TYPE as SUGGESTIONS
from kb.web.ui.site_look import theme_css, theme_version

MANIFEST_TYPE = "application/manifest+json"
OPENSEARCH_TYPE = "application/opensearchdescription+xml"
LONGEST_SHORT_NAME = 16
LONGEST_LONG_NAME = 48
_NAMESPACE = "http://a9.com/-/spec/opensearch/1.1/"
_HOUR_CACHE = {"Cache-Control": "public, max-age=3600"}
_LONGEST_APPLICATION_NAME = 30


def get_manifest(context: RequestContext) -> Response:
    """The manifest, in the language of the site, the same for every visitor."""
    content = manifest_members(replace(context.library.settings, site_name=context.site_name))
    return JSONResponse(content, media_type=MANIFEST_TYPE, headers=_HOUR_CACHE)


def manifest_members(settings: Settings) -> dict[str, Any]:
    """The members that a browser needs to install the site; all addresses are of the site."""
    translator = Translator(settings.language)
    return {
        "id": "/",
        "name": settings.site_name,
        "short_name": settings.site_name[:_LONGEST_APPLICATION_NAME],
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


def get_opensearch(context: RequestContext) -> Response:
    """The description, in the language of the site: a browser stores it for all its users."""
    content = opensearch_description(replace(context.library.settings, site_name=context.site_name))
    return Response(content, media_type=OPENSEARCH_TYPE, headers=_HOUR_CACHE)


def opensearch_description(settings: Settings) -> bytes:
    """The description of a site, with addresses that begin with `base_url`."""
    translator, name, base = Translator(settings.language), settings.site_name, settings.base_url
    root = Element("OpenSearchDescription", xmlns=_NAMESPACE)
    SubElement(root, "ShortName").text = truncate_name(name, LONGEST_SHORT_NAME)
    SubElement(root, "LongName").text = truncate_name(name, LONGEST_LONG_NAME)
    SubElement(root, "Description").text = translator.gettext("Search the readings that %(site)s keeps.", site=name)
    for media_type, template in (
        ("text/html", f"{base}/search?q={{searchTerms}}"),
        ("application/atom+xml", f"{base}/search.atom?q={{searchTerms}}"),
    ):
        SubElement(root, "Url", type=media_type, template=template)
    SubElement(root, "Url", type=SUGGESTIONS, rel="suggestions", template=f"{base}/suggest?q={{searchTerms}}")
    SubElement(root, "Url", type=OPENSEARCH_TYPE, rel="self", template=f"{base}/opensearch.xml")
    image = SubElement(root, "Image", height="16", width="16", type="image/svg+xml")
    image.text = base + static_file_address("favicon.svg")
    SubElement(root, "Language").text = settings.language
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "OutputEncoding").text = "UTF-8"
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def truncate_name(name: str, most: int) -> str:
    """A name of at most so many characters: whole words, if that leaves half of them, otherwise cut with an
    ellipsis.
    """
    if len(name) <= most:
        return name
    words = name[: most + 1].rpartition(" ")[0].rstrip(" ,;:–-")
    return words if len(words) * 2 >= most else truncate_within(name, most)


def get_theme(context: RequestContext) -> Response:
    """The style sheet; its versioned address may be cached for ever, any other is read again."""
    identity = site_identity(context.library)
    is_current = context.param("v") == theme_version(identity)
    headers = {"Cache-Control": IMMUTABLE if is_current else "no-cache"}
    return Response(theme_css(identity), media_type="text/css", headers=headers)


def get_logo(context: RequestContext) -> Response:
    """The logo, as for the style sheet; without one, the icon of the program."""
    logo = site_identity(context.library).logo
    headers = {"Cache-Control": IMMUTABLE if logo and context.param("v") == logo else "no-cache"}
    content = site_logo(context.library) or all_static_files()["icon-192.png"].content
    return Response(content, media_type="image/png", headers=headers)
