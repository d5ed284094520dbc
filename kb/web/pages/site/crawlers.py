"""What crawlers read: robots.txt (RFC 9309), and the site map (sitemaps.org) of what everyone may read."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import PlainTextResponse, Response

from kb.errors import NotFound
from kb.feeds.feed_formats import FEED_FORMATS
from kb.feeds.xml_writing import rfc3339
from kb.model.dates import stored_instant
from kb.services.admin.help_texts import HELP_NAMES
from kb.services.admin.site_pages import SITE_PAGE_NAMES
from kb.services.items.public_items import public_groups, public_items, public_portions
from kb.web.http.context import RequestContext
from kb.web.http.urls.page_urls import Addresses
from kb.whole_numbers import parse_whole_number

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HOUR = 3600
_LARGEST_PORTION = 999_999
_DISALLOWED = (
    # Searches, and all that has another form at its address: without end for a crawler.
    "/search", "/suggest", "/export", "/bulk", "/review", "/follow", "/api/", "/saved/new", "/*/export", "/*/review",
    "/g/*?", "/items/*?",
    # Feeds, which may have a key.
    "/saved/*?", "/*?*key=", *(f"/*.{form}" for form in FEED_FORMATS),
    # What people do, and their own pages.
    "/account", "/admin", "/email/", "/groups/new", "/imports/", "/invitations", "/keep", "/later", "/lists/add",
    "/login", "/logout", "/reset", "/restore/", "/source-line", "/welcome/", "/*/edit",
    "/*/members", "/*/join", "/*/leave", "/items/*/",
)  # fmt: skip
"""The paths that no crawler shall read. What not everyone may read answers 404 to a crawler as to all others."""


def get_robots(context: RequestContext) -> Response:
    """The rules for crawlers, and the address of the site map."""
    base = context.library.settings.base_url
    paths = (*_DISALLOWED, *(path for feature in context.features for path in feature.program_paths))
    lines = ("User-agent: *", *(f"Disallow: {path}" for path in paths), "", f"Sitemap: {base}/sitemap.xml")
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": f"public, max-age={_HOUR}"})


def get_sitemap_index(context: RequestContext) -> Response:
    """The addresses of the portions of the site map."""
    numbers = map(str, range(1, public_portions(context.library) + 1))
    base = context.library.settings.base_url
    return _xml("sitemapindex", "sitemap", ((f"{base}/sitemap/{name}.xml", None) for name in ("groups", *numbers)))


def get_sitemap_portion(context: RequestContext) -> Response:
    """The site's own pages and the public groups (`groups`), or the public items of a portion. Raises NotFound."""
    part, library = context.path_params["part"], context.library
    base, addresses = library.settings.base_url, Addresses()
    if part == "groups":
        own = (
            "/",
            "/saved",
            "/aide",
            *(f"/aide/{name}" for name in HELP_NAMES),
            *(f"/{name}" for name in SITE_PAGE_NAMES),
        )
        groups = ((base + addresses.group(group.slug), changed_at) for group, changed_at in public_groups(library))
        return _xml("urlset", "url", (*((base + path, None) for path in own), *groups))
    number = parse_whole_number(part, 0, most=_LARGEST_PORTION)
    portion = public_items(library, number) if number else ()
    if not portion:
        raise NotFound("There is nothing at this address.")
    return _xml("urlset", "url", ((base + addresses.item(item_id), changed_at) for item_id, changed_at in portion))


def _xml(kind: str, entry: str, rows: Iterable[tuple[str, str | None]]) -> Response:
    """A site map or an index of site maps: its addresses, each with the time of its last change, if it is known."""
    root = Element(kind, xmlns=_NAMESPACE)
    for address, changed_at in rows:
        child = SubElement(root, entry)
        SubElement(child, "loc").text = address
        if (instant := stored_instant(changed_at)) is not None:
            SubElement(child, "lastmod").text = rfc3339(instant)
    content = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, media_type="application/xml", headers={"Cache-Control": "no-cache"})
