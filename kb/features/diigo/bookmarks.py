"""`/diigo/api/v2/bookmarks`. The parameter `key`, of an application, is ignored: the token says who asks."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound
from kb.features.diigo.bookmark_objects import bookmark_objects
from kb.model.items.item_fields import parse_tags
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, Sort
from kb.services.clients.bookmarks import BookmarkFields, bookmark_at, save_bookmark, set_unread
from kb.services.clients.listings import Span, listed_items, shared_group_slugs
from kb.services.moderation.moderation_actions import remove_content
from kb.web.clients.answer_size import json_array
from kb.web.clients.client_routes import chosen_group, chosen_library
from kb.web.clients.sent_parameters import is_yes, sent_parameters
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import StreamedAnswer

_SORTS: Mapping[str, Sort] = {"0": Sort.RECENT, "1": Sort.UPDATED, "2": Sort.POPULAR, "3": Sort.POPULAR}
"""By creation, change, popularity and “hot”, which is popularity too."""
_USUAL_COUNT = 10
_MOST_SKIPPED = 1_000_000


def get_bookmarks(context: RequestContext) -> Response:
    """The bookmarks of a user, the user of the token by default, as far as the latter may read them."""
    # pydiigo calls the user `users`.
    user = context.param("user") or context.param("users") or context.actor.login
    tags = tuple(("tag", tag) for tag in parse_tags(context.param("tags")))
    request = SearchRequest.from_params((("author", user), *tags))
    if context.param("list"):
        raise Invalid("Lists have other addresses here: “%(name)s” cannot be used.", name="list")
    sort = _SORTS.get(context.param("sort") or "0")
    if sort is None:
        raise Invalid("“%(name)s” should be a number from %(first)s to %(last)s.", name="sort", first=0, last=3)
    span = Span(
        _number(context, "start", 0, 0, _MOST_SKIPPED), _number(context, "count", _USUAL_COUNT, 1, MAX_PER_PAGE)
    )
    group = chosen_group(context)
    groups: tuple[str, ...] = (group,) if group is not None else ()
    if context.param("filter") == "public":
        shared = shared_group_slugs(context.library, context.actor)
        groups = tuple(slug for slug in shared if group in {None, slug})
        if not groups:
            return JSONResponse([])
    window = listed_items(context.library, context.actor, replace(request, group=groups, sort=sort), span)
    # A program that saves all bookmarks asks for them page by page: each page is whole, however large.
    pieces = json_array(bookmark_objects(context, window))
    return StreamedAnswer(pieces, context.credentials, media_type=JSONResponse.media_type)


def post_bookmark(context: RequestContext) -> Response:
    """Save an address, or add to its item; with `merge=no`, the fields of one's own item are replaced."""
    sent = sent_parameters(context)
    tags = parse_tags(sent["tags"]) if "tags" in sent else None
    fields = BookmarkFields(_url(sent), sent.get("title") or None, sent.get("desc") or None, tags)
    merges = sent.get("merge") != "no"
    view, _ = save_bookmark(context.library, context.actor, chosen_library(context), fields, merges=merges)
    if is_yes(sent.get("readLater")):
        set_unread(context.library, context.actor, view.item.id, unread=True)
    return JSONResponse({"message": "added 1 bookmark"})


def delete_bookmark(context: RequestContext) -> Response:
    """Move the item with an address to the trash of its group. Diigo also asks for the title: it is not compared."""
    view = bookmark_at(context.library, context.actor, chosen_library(context), _url(sent_parameters(context)))
    if view is None:
        raise NotFound("This item does not exist, or you may not read it.")
    remove_content(context.library, context.actor, view.item.id)
    return JSONResponse({"message": "updated 1 bookmark"})


def _url(sent: Mapping[str, str]) -> str:
    url = sent.get("url", "").strip()
    if not url:
        raise Invalid("“%(name)s” is missing.", name="url")
    return url


def _number(context: RequestContext, name: str, usual: int, first: int, last: int) -> int:
    text = context.param(name)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(last)) else -1
    if text and not first <= number <= last:
        raise Invalid("“%(name)s” should be a number from %(first)s to %(last)s.", name=name, first=first, last=last)
    return number if text else usual
