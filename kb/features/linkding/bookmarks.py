"""`/linkding/api/bookmarks/`."""

import re
from dataclasses import replace
from datetime import datetime

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound
from kb.features.linkding.bookmark_objects import SentObject, bookmark_object, bookmark_objects
from kb.features.linkding.bundles import bundle_search
from kb.features.linkding.pages import Paging, page_response, parameter_number, path_number
from kb.model.items.item_fields import checked_address
from kb.model.items.reading_list import ReadingListPart
from kb.model.search_request import SearchRequest, Sort
from kb.services.clients.bookmarks import (
    bookmark_at,
    change_bookmark,
    save_bookmark,
    set_archived,
    set_own_comment,
    set_unread,
)
from kb.services.clients.listings import MOST_LISTED, ItemWindow, Span, listed_items, newer_count, reading_list_items
from kb.services.clients.numeric_ids import item_with_number
from kb.services.items.item_edit import item_to_edit
from kb.services.items.items import ItemView
from kb.services.moderation.moderation_actions import remove_content
from kb.web.clients.answer_size import light_views, rows_within
from kb.web.clients.client_routes import instant_parameter, selected_group, selected_library
from kb.web.http.context import RequestContext

_HASH_TAG = re.compile(r'"[^"]*"|(?<![^\s(-])#([^\s"()]+)')
"""A phrase, or a tag as linkding writes it in a query."""
_SORTS = {"added_asc": Sort.OLDEST, "title_asc": Sort.TITLE}


def list_bookmarks(context: RequestContext) -> Response:
    """The items that the user may read, or those of the chosen group, the last added first."""
    paging = Paging.of(context, MOST_LISTED)
    request = _request(context)
    if context.param("unread") == "yes":
        return _page(context, paging, _reading_list(context, ReadingListPart.UNREAD, request, paging))
    added, modified = (instant_parameter(context, name) for name in ("added_since", "modified_since"))
    if modified is not None:
        if added is not None:
            request = _added_from(request, added)
        return _page(context, paging, _newer(context, request, paging, Sort.UPDATED, modified))
    if added is not None:
        return _page(context, paging, _newer(context, request, paging, Sort.RECENT, added))
    return _page(context, paging, listed_items(context.library, context.actor, request, paging.span))


def list_archived(context: RequestContext) -> Response:
    """The items that the user has read: the part “read” of the own reading list."""
    paging = Paging.of(context, MOST_LISTED)
    return _page(context, paging, _reading_list(context, ReadingListPart.READ, _request(context), paging))


def get_bookmark(context: RequestContext) -> Response:
    """One item."""
    return JSONResponse(bookmark_object(context, _item(context)))


def check_bookmark(context: RequestContext) -> Response:
    """Whether the library in which the program saves has an address. Nothing is fetched from it."""
    address = checked_address(context.param("url"))
    if not address:
        raise Invalid("“%(name)s” is missing.", name="url")
    view = bookmark_at(context.library, context.actor, selected_library(context), address)
    metadata = {"url": address, "title": None, "description": None, "preview_image": None}
    bookmark = bookmark_object(context, view) if view is not None else None
    return JSONResponse({"bookmark": bookmark, "metadata": metadata, "auto_tags": []})


def post_bookmark(context: RequestContext) -> Response:
    """Save an address, or change its item, and answer 201 in both cases, as linkding does."""
    slug, sent = selected_library(context), SentObject.of(context)
    fields = sent.fields(context, slug)
    if not fields.url:
        raise Invalid("“%(name)s” is missing.", name="url")
    # What is empty says nothing here: programs send it for what their user has not filled in.
    fields = replace(fields, title=fields.title or None, description=fields.description or None)
    saved, is_new = save_bookmark(context.library, context.actor, slug, fields)
    unsaid = ("notes", "unread", "is_archived") if is_new else ("notes",)
    _set_more(context, saved.item.id, sent.without(*(name for name in unsaid if not sent.members.get(name))))
    return _bookmark_response(context, saved.item.id, 201)


def change(context: RequestContext) -> Response:
    """Change the given fields; others stay, with PUT and with PATCH, as linkding says."""
    view, sent = _item(context), SentObject.of(context)
    fields = sent.fields(context, view.group.slug)
    if context.method == "PUT" and not fields.url:
        raise Invalid("“%(name)s” is missing.", name="url")
    change_bookmark(context.library, context.actor, view.item.id, fields)
    _set_more(context, view.item.id, sent)
    return _bookmark_response(context, view.item.id)


def delete_bookmark(context: RequestContext) -> Response:
    """Move an item to the trash of its group."""
    remove_content(context.library, context.actor, _item(context).item.id)
    return Response(status_code=204)


def archive(context: RequestContext) -> Response:
    """Mark an item as read, on the user's own reading list."""
    set_archived(context.library, context.actor, _item(context).item.id, archived=True)
    return Response(status_code=204)


def unarchive(context: RequestContext) -> Response:
    """Take an item that is marked as read off the user's own reading list."""
    set_archived(context.library, context.actor, _item(context).item.id, archived=False)
    return Response(status_code=204)


def list_assets(context: RequestContext) -> Response:
    """No file: what this site keeps of a page is not an asset of linkding."""
    _item(context)
    return page_response(context, Paging.of(context, MOST_LISTED), 0, [])


def _item(context: RequestContext) -> ItemView:
    view = item_with_number(context.library, context.actor, path_number(context))
    group = selected_group(context)
    # Below a group, only its own items are there.
    if group not in {None, view.group.slug}:
        raise NotFound("This item does not exist, or you may not read it.")
    return view


def _request(context: RequestContext) -> SearchRequest:
    """The search of a listing. Raises Invalid."""
    typed = SearchRequest.from_params(pair for pair in context.params if pair[0] == "q")
    request = replace(typed, q=_HASH_TAG.sub(_tag_query, typed.q))
    if (bundle := parameter_number(context, "bundle")) is not None:
        stored = bundle_search(context, bundle)
        request = replace(stored, q=f"{stored.q} {request.q}".strip(), page=1)
    group = selected_group(context)
    request = replace(request, group=(group,)) if group is not None else request
    return replace(request, sort=_SORTS.get(context.param("sort"), Sort.RECENT))


def _tag_query(match: re.Match[str]) -> str:
    """A tag in our query language; one with hyphens may be a tag of several words."""
    tag = match[1]
    if tag is None:
        return match[0]
    words = tag.replace("-", " ").strip()
    return f'mot-clé:"{tag}"' if words in {tag, ""} else f'(mot-clé:"{tag}" OU mot-clé:"{words}")'


def _added_from(request: SearchRequest, added: datetime) -> SearchRequest:
    """The request, for what was added on the day of an instant or later."""
    return SearchRequest.from_params((*request.to_params(), ("date", "added"), ("from", added.date().isoformat())))


def _newer(context: RequestContext, request: SearchRequest, paging: Paging, sort: Sort, since: datetime) -> ItemWindow:
    """The items added, or changed, after an instant: the first of the listing in that order."""
    total = newer_count(context.library, context.actor, request, sort, since)
    span = Span(paging.offset, max(0, min(paging.limit, total - paging.offset)))
    window = listed_items(context.library, context.actor, replace(request, sort=sort), span)
    return replace(window, total=total)


def _reading_list(context: RequestContext, part: ReadingListPart, request: SearchRequest, paging: Paging) -> ItemWindow:
    return reading_list_items(context.library, context.actor, part, request, paging.span)


def _page(context: RequestContext, paging: Paging, window: ItemWindow) -> Response:
    objects = bookmark_objects(context, window.ids, light_views(window.items))
    return page_response(context, paging, window.total, rows_within(objects))


def _set_more(context: RequestContext, item_id: str, sent: SentObject) -> None:
    """What is not a field of the item: the user's own comment, and the own reading list."""
    library, actor = context.library, context.actor
    notes = sent.value("notes", str)
    unread, archived = (sent.value(name, bool) for name in ("unread", "is_archived"))
    sent.value("shared", bool)
    if notes is not None:
        set_own_comment(library, actor, item_id, notes)
    if unread is not None:
        set_unread(library, actor, item_id, unread=unread)
    if archived is not None:
        set_archived(library, actor, item_id, archived=archived)


def _bookmark_response(context: RequestContext, item_id: str, status: int = 200) -> Response:
    item, group = item_to_edit(context.library, context.actor, item_id)
    return JSONResponse(bookmark_object(context, ItemView(item, group)), status)
