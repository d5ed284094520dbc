"""Every route and format that reads, with addresses that ask it for as much as it gives."""

from collections.abc import Iterator, Mapping
from itertools import product
from string import Formatter
from urllib.parse import quote

from starlette.routing import Route

from kb.citations.citation_formats import CITATION_STYLES
from kb.features.harvest.oai_xml import METADATA_FORMATS
from kb.features.harvest.unapi import FORMATS as UNAPI_FORMATS
from kb.feeds.feed_formats import FEED_FORMATS
from kb.formats.export_formats import EXPORT_FORMATS
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from kb.site import all_routes
from tests.factories import worst_library as worst
from tests.functional.rights.caller_rights import Row
from tests.functional.rights.rights_table import changes, rows_of

_WHOLE_REVIEW = "made=1&descriptions=on&comments=on&quotes=10&longest=1000"
_GROUP = "group={group}"

MORE: Mapping[str, tuple[str, ...]] = {
    "/search": tuple(f"/search?q={{word}}&per_page=100&select=1{view}" for view in ("", "&view=passages")),
    "/g/{group}": tuple(f"/g/{{group}}?per_page=100{view}" for view in ("", "&view=passages")),
    "/g/{group}/tag/{tag:path}": (
        "/g/{group}/tag/{tag}?per_page=100",
        *(f"/g/{{group}}/tag/{{tag}}.{form}" for form in FEED_FORMATS),
    ),
    "/search.{form}": (
        *(f"/search.{form}?q={{word}}&per_page=100" for form in FEED_FORMATS),
        f"/search.atom?{_GROUP}&per_page=100&view=passages",
    ),
    "/g/{group}.{form}": tuple(f"/g/{{group}}.{form}?per_page=100" for form in FEED_FORMATS),
    "/saved/{id}.{form}": tuple(f"/saved/{{saved}}.{form}" for form in FEED_FORMATS),
    "/lists/{id}.{form}": tuple(f"/lists/{{list}}.{form}" for form in FEED_FORMATS),
    "/export": ("/export?" + _GROUP,),
    "/g/{group}/export": ("/g/{group}/export", "/g/{group}/export?format=archive"),
    "/lists/{id}/export": ("/lists/{list}/export", *(f"/lists/few/export?format={form}" for form in EXPORT_FORMATS)),
    "/saved/{id}/export": ("/saved/{saved}/export",),
    "/items/{id}": ("/items/{item}?page=2", "/items/noted-0?part={annotation}", "/items/{item}?q={word}"),
    "/items/{id}/versions": ("/items/{item}/versions", "/items/{item}/versions?version=1&against=1"),
    "/items/{id}/read": ("/items/{item}/read?q={word}", "/items/{item}/read?page=2"),
    "/items/{id}/cite": tuple(
        f"/items/noted-0/cite?format={style}{passage}"
        for style, passage in product(CITATION_STYLES, ("", "&passage={annotation}"))
    ),
    "/lists/{id}/review": (
        "/lists/{list}/review?choose=1",
        "/lists/{list}/review",
    ),
    "/lists/{id}/review.{form}": tuple(f"/lists/passages/review.{form}" for form in PRESS_REVIEW_FORMATS),
    "/review": (*(f"/review?{_GROUP}&{_WHOLE_REVIEW}&format={form}" for form in PRESS_REVIEW_FORMATS),),
    "/lists/{id}": ("/lists/{list}?page=2",),
    "/lists/{id}/edit": ("/lists/{list}/edit?q={word}",),
    "/bulk": (f"/bulk?{_GROUP}&scope=all",),
    "/g/{group}/tags": ("/g/{group}/tags?q=e",),
    "/g/{group}/tags/suggest": ("/g/{group}/tags/suggest?q={word}",),
    "/g/{group}/vocabulary": ("/g/{group}/vocabulary?id={concept}", "/g/{group}/vocabulary?q={word}"),
    "/g/{group}/vocabulary.{form}": tuple(f"/g/{{group}}/vocabulary.{form}" for form in ("ttl", "jsonld", "rdf")),
    "/g/{group}/report": ("/g/{group}/report?from=2012&to=2030", "/g/{group}/report?from=2012&to=2030&format=docx"),
    "/embed/g/{group}": tuple(f"/embed/g/{{group}}?n=50{more}" for more in ("", "&view=passages&q={word}")),
    "/embed/g/{group}/tags": ("/embed/g/{group}/tags?n=200",),
    "/embed/lists/{id}": ("/embed/lists/{list}", "/embed/lists/passages"),
    "/notices": ("/notices?page=2", "/notices?show=unread&kind=note"),
    "/g/{group}/incomplete": ("/g/{group}/incomplete?missing=tag",),
    "/api/v1/search": tuple(
        f"/api/v1/search?per_page=100&facet_limit=1000{query}{view}"
        for query, view in product(("&q={word}", "&" + _GROUP), ("", "&view=passages"))
    ),
    "/api/v1/items": (f"/api/v1/items?per_page=100&{_GROUP}", "/api/v1/items?per_page=100&sort=oldest&q={word}"),
    "/api/v1/tags": ("/api/v1/tags?per_page=100&" + _GROUP,),
    "/api/v1/saved-searches": ("/api/v1/saved-searches?" + _GROUP,),
    "/linkding/api/bookmarks/": (
        "/linkding/api/bookmarks/?limit=1000",
        "/linkding/api/bookmarks/?limit=1000&q={word}",
    ),
    "/linkding/{group}/api/bookmarks/": ("/linkding/{group}/api/bookmarks/?limit=1000",),
    "/linkding/{group}/api/tags/": ("/linkding/{group}/api/tags/?limit=5000",),
    "/diigo/{group}/api/v2/bookmarks": ("/diigo/{group}/api/v2/bookmarks?user=auteur-0&count=100&filter=all",),
    "/pinboard/{group}/v1/posts/all": ("/pinboard/{group}/v1/posts/all?format=json",),
    "/pinboard/{group}/v1/posts/recent": ("/pinboard/{group}/v1/posts/recent?count=100",),
    "/pinboard/{group}/v1/posts/get": ("/pinboard/{group}/v1/posts/get?dt=2026-01-10",),
    "/hypothesis/api/search": (
        "/hypothesis/api/search?limit=1",
        "/hypothesis/api/search?limit=200",
        "/hypothesis/api/search?limit=200&offset=9800",
        "/hypothesis/api/search?limit=200&order=asc&sort=created",
        "/hypothesis/api/search?limit=200&any={word}",
        "/hypothesis/api/search?limit=200&search_after=2026-01-05T10:00:00.000000%2B00:00&order=asc",
        "/hypothesis/api/search?limit=200&uri={url}",
        "/hypothesis/api/search?limit=200&uri={url}&_separate_replies=false&sort=created&order=asc",
        "/hypothesis/api/search?limit=200&references=chained-0-a",
    ),
    "/hypothesis/api/groups": ("/hypothesis/api/groups?document_uri={url}",),
    "/hypothesis/api/annotations/{id}": ("/hypothesis/api/annotations/chained-0-r" + f"{worst.PARTS - 2:030}",),
    "/w3c/groups/{group}/": (
        "/w3c/groups/{group}/?page=0",
        "/w3c/groups/{group}/?page=100",
        "/w3c/groups/{group}/?iris=1&page=0",
    ),
    "/api/v1/annotations/{id}/replies": ("/api/v1/annotations/chained-0-a/replies",),
    "/items/{id}/reply": ("/items/chained-0/reply?to=chained-0-a",),
    "/oai": (
        "/oai?verb=Identify",
        "/oai?verb=ListSets",
        "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc",
        *(f"/oai?verb=ListRecords&metadataPrefix={prefix}" for prefix in METADATA_FORMATS),
    ),
    "/sru": ("/sru?query={word}&maximumRecords=100", "/sru?operation=explain"),
    "/unapi": tuple(f"/unapi?id=noted-0&format={form}" for form in UNAPI_FORMATS),
    "/suggest": ("/suggest?q=e",),
    "/sitemap/{part}.xml": ("/sitemap/0.xml", "/sitemap/1.xml"),
}
"""Further addresses of routes, beside those of the table of rights; without `q`, the newest come first."""

_VALUES: Mapping[str, tuple[str, ...]] = {
    "group": (worst.GROUP.slug,),
    "item": tuple(f"{kind}-0" for kind in worst.KINDS),
    "annotation": ("noted-0-a" + "0" * 30,),
    "list": ("heavy", "passages"),
    "saved": ("s1",),
    "gone": ("rien",),
    "tag": (worst.A_TAG,),
    "word": (worst.WORD,),
    "concept": (worst.A_CONCEPT,),
    "url": (worst.AN_ADDRESS,),
    "invitation": ("rien",),
    "aside": ("rien",),
    "hidden": ("rien",),
    "reset": ("rien",),
    "request": ("rien",),
    "subscription": ("rien",),
    "picture": ("0123456789abcdef",),
}


MCP_CALLS: tuple[tuple[str, Mapping[str, object]], ...] = (
    *(("tools/call", {"name": "read_item", "arguments": {"id": f"{kind}-0"}}) for kind in worst.KINDS),
    *(
        ("tools/call", {"name": name, "arguments": arguments})
        for name, arguments in (
            ("list_groups", {}),
            ("list_tags", {"group": worst.GROUP.slug, "per_page": 100}),
            ("list_saved_searches", {"group": worst.GROUP.slug}),
            ("search", {"q": worst.WORD, "per_page": 100, "facet_limit": 1000}),
            ("search", {"group": [worst.GROUP.slug], "per_page": 100, "view": "passages"}),
        )
    ),
    ("tools/list", {}),
    ("resources/list", {}),
    *(("resources/read", {"uri": f"http://127.0.0.1:8000/items/{kind}-0"}) for kind in worst.KINDS),
)
"""Methods of MCP with their parameters: what assistants read at `/mcp`."""

UNANSWERED = frozenset(
    {
        *("/login/provider", "/reset/{secret}", "/welcome/{secret}", "/items/{id}/copy", "/items/{id}/file"),
        *("/subscribe/{key}", "/subscription/{key}"),
        *("/items/{id}/read/pages", "/items/{id}/read/picture/{name}"),
        *("/hypothesis", "/hypothesis/authorize", "/hypothesis/client/app.html", "/hypothesis/client/{path:path}"),
        *("/items/{id}/annotated", "/items/{id}/annotated/copy"),
        *("/login/provider/back", "/pinboard/v1/user/secret", "/pinboard/{group}/v1/user/secret"),
    }
)
"""Routes of what the worst group does not have: providers, secrets, fetches, files."""


def reading_routes() -> tuple[str, ...]:
    """The paths of all routes that answer GET and change nothing."""
    return tuple(
        route.path
        for route in all_routes()
        if isinstance(route, Route) and "GET" in (route.methods or {"GET"}) and not changes("GET", route.path)
    )


def addresses_of(path: str, numbers: Mapping[str, str]) -> Iterator[tuple[str, Row]]:
    """The addresses of a route, each with its row of the table of rights; `numbers` has numeric ids by name."""
    row = rows_of("GET", path)[0]
    for template in dict.fromkeys((row.address, *MORE.get(path, ()))):
        names = [name for _, name, _, _ in Formatter().parse(template) if name]
        values = _VALUES | {name: (number,) for name, number in numbers.items()}
        for chosen in product(*(values[name] for name in names)):
            texts = (quote(value, safe="") for value in chosen)
            yield template.format(**dict(zip(names, texts, strict=True))), row
