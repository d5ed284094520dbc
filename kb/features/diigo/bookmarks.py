"""`/diigo/api/v2/bookmarks`. The parameter `key`, of an application, is ignored: the token says who asks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound, translatable
from kb.features.diigo.feed_addresses import FEED_ROUTES
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item_fields import parse_tags
from kb.model.people.user import User
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, Sort
from kb.services.clients.bookmarks import BookmarkFields, bookmark_at, save_bookmark, set_unread
from kb.services.clients.listings import ItemWindow, Span, listed_items, shared_group_slugs
from kb.services.items.reading_list import reading_list_entries
from kb.services.moderation.moderation_actions import remove_content
from kb.web.clients.answer_size import json_array
from kb.web.clients.client_routes import client_routes, selected_group, selected_library
from kb.web.clients.sent_parameters import is_yes, number_parameter, sent_parameters
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection, RequestContext
from kb.web.http.files.streamed_files import StreamedAnswer

_SORTS: Mapping[str, Sort] = {"0": Sort.RECENT, "1": Sort.UPDATED, "2": Sort.POPULAR, "3": Sort.POPULAR}
"""By creation, change, popularity and “hot”, which is popularity too."""
_FORMAT = "%Y/%m/%d %H:%M:%S +0000"
_YES_NO = {True: "yes", False: "no"}
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
        number_parameter(context, "start", 0, 0, _MOST_SKIPPED),
        number_parameter(context, "count", _USUAL_COUNT, 1, MAX_PER_PAGE),
    )
    group = selected_group(context)
    groups: tuple[str, ...] = (group,) if group is not None else ()
    if context.param("filter") == "public":
        shared = shared_group_slugs(context.library, context.actor)
        groups = tuple(slug for slug in shared if group in {None, slug})
        if not groups:
            return JSONResponse([])
    window = listed_items(context.library, context.actor, replace(request, group=groups, sort=sort), span)
    # A program that saves all bookmarks asks for them page by page: each page is whole, however large.
    pieces = json_array(_bookmark_objects(context, window))
    return StreamedAnswer(pieces, context.credentials, media_type=JSONResponse.media_type)


def post_bookmark(context: RequestContext) -> Response:
    """Save an address, or add to its item; with `merge=no`, the fields of one's own item are replaced."""
    sent = sent_parameters(context)
    tags = parse_tags(sent["tags"]) if "tags" in sent else None
    fields = BookmarkFields(_url(sent), sent.get("title") or None, sent.get("desc") or None, tags)
    merges = sent.get("merge") != "no"
    view, _ = save_bookmark(context.library, context.actor, selected_library(context), fields, merges=merges)
    if is_yes(sent.get("readLater")):
        set_unread(context.library, context.actor, view.item.id, unread=True)
    return JSONResponse({"message": "added 1 bookmark"})


def delete_bookmark(context: RequestContext) -> Response:
    """Move the item with an address to the trash of its group. Diigo also asks for the title: it is not compared."""
    view = bookmark_at(context.library, context.actor, selected_library(context), _url(sent_parameters(context)))
    if view is None:
        raise NotFound("This item does not exist, or you may not read it.")
    remove_content(context.library, context.actor, view.item.id)
    return JSONResponse({"message": "updated 1 bookmark"})


def _url(sent: Mapping[str, str]) -> str:
    url = sent.get("url", "").strip()
    if not url:
        raise Invalid("“%(name)s” is missing.", name="url")
    return url


def _bookmark_objects(context: RequestContext, window: ItemWindow) -> Iterator[dict[str, object]]:
    """The items of a listing as bookmarks, one after the other: highlights with their notes and replies, and
    comments.
    """
    entries = reading_list_entries(context.library, context.actor, window.ids)
    for view in window.items:
        item, entry = view.item, entries.get(view.item.id)
        added = stored_instant(item.added or item.updated or item.changed_at)
        updated = stored_instant(item.updated) or added
        yield {
            "title": item.title or "",
            "url": item.url or f"{context.library.settings.base_url}/items/{item.id}",
            "user": _login(item.author),
            "desc": item.description or "",
            "tags": ",".join(tag.replace(",", " ") for tag in item.tags),
            "shared": _YES_NO[not view.group.is_personal],
            "readlater": _YES_NO[entry is not None and entry.read_at is None],
            "created_at": _date(added),
            "updated_at": _date(updated),
            "comments": [
                words
                for part in item.annotations
                if part.kind is AnnotationKind.COMMENT
                for words in (_words(part.body or "", part.author, part.added), *_replies(part))
            ],
            "annotations": [_highlight(annotation) for annotation in item.annotations if annotation.quote],
        }


def _highlight(annotation: Annotation) -> dict[str, object]:
    body = [_words(annotation.body, annotation.author, annotation.added)] if annotation.body else []
    return {
        **_words(annotation.quote or "", annotation.author, annotation.added),
        "comments": [*body, *_replies(annotation)],
    }


def _replies(annotation: Annotation) -> list[dict[str, object]]:
    return [_words(reply.body, reply.author, reply.added) for reply in annotation.replies]


def _words(content: str, author: User | None, added: str | None) -> dict[str, object]:
    return {"content": content, "user": _login(author), "created_at": _date(stored_instant(added))}


def _login(user: User | None) -> str:
    return user.login if user is not None else ""


def _date(instant: datetime | None) -> str:
    return instant.strftime(_FORMAT) if instant is not None else ""


WEB = FeatureWeb(
    translatable("programs made for Diigo"),
    routes=(
        *client_routes(
            "/diigo", "/api/v2/bookmarks", get_bookmarks, {"POST": post_bookmark, "DELETE": delete_bookmark}
        ),
        *FEED_ROUTES,
    ),
    client=ClientProtocol(
        ("/diigo/",), TokenScheme.BASIC, lambda status, reason, _format: JSONResponse({"message": reason}, status)
    ),
    help=HelpSection("garder", Path(__file__).parent),
)
