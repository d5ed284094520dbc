"""The addresses of Diigo's feeds, for readers that subscribed there. Each redirects to the feed of this site.

Whoever may not read the feed learns there what everyone learns.
"""

from starlette.responses import RedirectResponse, Response

from kb.errors import NotFound
from kb.model.search_request import MAX_PER_PAGE
from kb.web.clients.sent_parameters import number_parameter
from kb.web.http.context import RequestContext
from kb.web.http.endpoint import public_route
from kb.web.http.urls.listing_scope import ListingScope

_FORMAT = "rss"
_USUAL_COUNT = 20
_MOST_SKIPPED = 1_000_000


def _group_feed(context: RequestContext) -> Response:
    return _redirect(context, ListingScope(context.path_params["group"], context.path_params.get("tag")))


def _user_feed(context: RequestContext) -> Response:
    """Diigo has also `?query=%23tag`."""
    tag = context.path_params.get("tag") or context.param("query").removeprefix("#")
    return _redirect(
        context, ListingScope(), ("author", context.path_params["user"]), *((("tag", tag),) if tag else ())
    )


def _tag_feed(context: RequestContext) -> Response:
    return _redirect(context, ListingScope(), ("tag", context.path_params["tag"]))


def _redirect(context: RequestContext, place: ListingScope, *filters: tuple[str, str]) -> Response:
    """Redirect to the page of the feed in which the first entry asked for stands. Raises NotFound for no name."""
    if not all(value.isprintable() and value == value.strip() for value in context.path_params.values()):
        raise NotFound("There is nothing at this address.")
    count = number_parameter(context, "count", _USUAL_COUNT, 1, MAX_PER_PAGE)
    page = number_parameter(context, "start", 0, 0, _MOST_SKIPPED) // count + 1
    sort = (("sort", "updated"),) if context.param("sort") == "updated" else ()
    request = place.request_of((*filters, *sort, ("per_page", str(count)), ("page", str(page))))
    address = context.addresses.feed_page(place, request, _FORMAT)
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


FEED_ROUTES = (
    public_route("/group/{group}/rss", _group_feed),
    public_route("/group/{group}/rss/tag/{tag:path}", _group_feed),
    public_route("/rss/user/{user}", _user_feed),
    public_route("/rss/user/{user}/{tag:path}", _user_feed),
    public_route("/rss/tag/{tag:path}", _tag_feed),
)
