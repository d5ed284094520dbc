"""`/pinboard/v1/posts/…`: the items of one library, that of the chosen group or the user's own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from starlette.responses import JSONResponse, Response

from kb.features.pinboard import answers
from kb.feeds.xml_writing import add_element
from kb.model.dates import stored_instant
from kb.model.search_request import DateKind, SearchRequest, Sort
from kb.services.clients.bookmarks import BookmarkFields, bookmark_at, save_bookmark, set_unread
from kb.services.clients.listings import (
    MOST_LISTED,
    Span,
    counts_by_day,
    item_window,
    library_changed_at,
    listed_items,
    newer_count,
)
from kb.services.clients.tag_names import one_word_tag, tags_from_words
from kb.services.moderation.moderation_actions import remove_content
from kb.services.tags.tag_suggestions import PageToTag, suggested_tags
from kb.web.clients.client_routes import instant_parameter, selected_library
from kb.web.clients.sent_parameters import is_yes, sent_parameters
from kb.web.http.context import RequestContext
from kb.whole_numbers import parse_whole_number

MOST_EXPORTED = 10_000
"""Posts of one `posts/all`; programs ask for the next ones with `start`."""
_USUAL_RECENT, _MOST_RECENT = 15, 100


def get_update(context: RequestContext) -> Response:
    """When the library was last changed, so that a program fetches nothing in vain."""
    changed = library_changed_at(context.library, context.actor, selected_library(context))
    time = answers.pinboard_date(changed)
    if answers.is_json(context):
        return JSONResponse({"update_time": time})
    return answers.xml_response(answers.element("update", {"time": time}))


def add_post(context: RequestContext) -> Response:
    """Save an address, or replace the fields of one's own item. The date of saving is now, whatever `dt` says."""
    sent, slug = sent_parameters(context), selected_library(context)
    url = sent.get("url", "").strip()
    if not url:
        return answers.result_code(context, answers.MISSING_URL)
    if sent.get("replace") == "no" and bookmark_at(context.library, context.actor, slug, url) is not None:
        return answers.result_code(context, answers.EXISTS)
    tags = None
    if "tags" in sent:
        tags = tags_from_words(context.library, context.actor, slug, sent["tags"].replace(",", " ").split())
    fields = BookmarkFields(url, sent.get("description") or None, sent.get("extended"), tags)
    view, is_new = save_bookmark(context.library, context.actor, slug, fields)
    if "toread" in sent and (is_yes(sent["toread"]) or not is_new):
        set_unread(context.library, context.actor, view.item.id, unread=is_yes(sent["toread"]))
    return answers.result_code(context, answers.DONE)


def delete_post(context: RequestContext) -> Response:
    """Move the item with an address to the trash of its group."""
    url = context.param("url").strip()
    if not url:
        return answers.result_code(context, answers.MISSING_URL)
    view = bookmark_at(context.library, context.actor, selected_library(context), url)
    if view is None:
        return answers.result_code(context, answers.NOT_FOUND)
    remove_content(context.library, context.actor, view.item.id)
    return answers.result_code(context, answers.DONE)


def get_posts(context: RequestContext) -> Response:
    """The item with an address; else those of a day, by default of the last day with any."""
    if url := context.param("url").strip():
        view = bookmark_at(context.library, context.actor, selected_library(context), url)
        return _dated(context, (view.item.id,) if view is not None else ())
    request, day = _request(context), instant_parameter(context, "dt")
    if day is None:
        newest = next(listed_items(context.library, context.actor, request, Span(0, 1)).items, None)
        day = stored_instant(newest.item.added) if newest is not None else None
    if day is None:
        return _dated(context, ())
    date = day.date().isoformat()
    of_day = replace(request, date=DateKind.ADDED, date_from=date, date_to=date)
    return _dated(context, listed_items(context.library, context.actor, of_day, Span(0, MOST_LISTED)).ids)


def get_recent(context: RequestContext) -> Response:
    """The last added items."""
    count = min(_number(context, "count", _USUAL_RECENT), _MOST_RECENT)
    return _dated(context, listed_items(context.library, context.actor, _request(context), Span(0, count)).ids)


def get_all(context: RequestContext) -> Response:
    """All items, the last added first, or those added between two instants."""
    request, library, actor = _request(context), context.library, context.actor
    start, count = _number(context, "start", 0), min(_number(context, "results", MOST_EXPORTED), MOST_EXPORTED)
    after, before = instant_parameter(context, "fromdt"), instant_parameter(context, "todt")
    if before is not None:
        # Those added at this instant are not before it.
        start += newer_count(library, actor, request, Sort.RECENT, before - timedelta.resolution)
    if after is not None:
        count = max(0, min(count, newer_count(library, actor, request, Sort.RECENT, after) - start))
    ids: list[str] = []
    while len(ids) < count:
        span = Span(start + len(ids), min(MOST_LISTED, count - len(ids)))
        listed = listed_items(library, actor, request, span).ids
        ids += listed
        if len(listed) < span.count:
            break
    posts = answers.posts_of(context, item_window(library, actor, len(ids), ids))
    return answers.posts_response(context, posts, answers.pinboard_date(None), bare=True)


def get_dates(context: RequestContext) -> Response:
    """How many items were added on each day."""
    counts = counts_by_day(context.library, context.actor, _request(context))
    login, tag = context.actor.login, context.param("tag")
    if answers.is_json(context):
        return JSONResponse({"user": login, "tag": tag, "dates": {day: str(count) for day, count in counts}})
    root = answers.element("dates", {"user": login, "tag": tag})
    for day, count in counts:
        add_element(root, "date", date=day, count=str(count))
    return answers.xml_response(root)


def suggest_tags(context: RequestContext) -> Response:
    """Tags for an address: those that its item's words suggest, if the library has it."""
    slug = selected_library(context)
    view = bookmark_at(context.library, context.actor, slug, context.param("url").strip())
    item = view.item if view is not None else None
    page = PageToTag(title=item.title or "", description=item.description or "") if item is not None else PageToTag()
    names = [
        one_word_tag(suggestion.label) for suggestion in suggested_tags(context.library, context.actor, slug, page)
    ]
    if answers.is_json(context):
        return JSONResponse([{"popular": []}, {"recommended": names}])
    root = answers.element("suggested")
    for name in names:
        add_element(root, "recommended", name)
    return answers.xml_response(root)


def _request(context: RequestContext) -> SearchRequest:
    """The search of a listing; up to three tags narrow it. Raises Invalid."""
    slug = selected_library(context)
    tags = tags_from_words(context.library, context.actor, slug, context.param("tag").replace(",", " ").split())
    return replace(SearchRequest.from_params(("tag", tag) for tag in tags), group=(slug,), sort=Sort.RECENT)


def _dated(context: RequestContext, ids: Sequence[str]) -> Response:
    """The items with these ids, with the date of the first."""
    first = next(item_window(context.library, context.actor, 1, ids[:1]).items, None)
    newest = stored_instant(first.item.added) if first is not None else None
    posts = answers.posts_of(context, item_window(context.library, context.actor, len(ids), ids))
    return answers.posts_response(context, posts, answers.pinboard_date(newest))


def _number(context: RequestContext, name: str, usual: int) -> int:
    return parse_whole_number(context.param(name), usual)
