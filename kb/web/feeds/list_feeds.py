"""The feed of a list: its items and passages, those added last first, each with the words that stand beside it."""

from dataclasses import replace
from html import escape

from starlette.responses import Response

from kb.errors import NotFound
from kb.feeds.feed import BEGINNING, Feed, FeedEntry
from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.dates import stored_instant
from kb.model.truncation import truncate
from kb.services.lists.list_windows import ListWindow, list_additions
from kb.services.lists.lists import ListEntryWithItem
from kb.services.search.feed_freshness import FeedFreshness, feed_freshness_of
from kb.services.search.result_types import SearchHit
from kb.web.feeds.feed_entries import EntryBuilder, within_budget
from kb.web.feeds.feed_pages import (
    FEED_STYLE,
    LONGEST_FEED_TITLE,
    conditional_feed_response,
    feed_notice,
    site_translator,
)
from kb.web.http.context import RequestContext
from kb.web.http.request_actor import with_feed_key_owner
from kb.web.http.urls.feed_urls import KEY_PARAMETER, feed_address, with_feed_key
from kb.web.http.urls.page_urls import Addresses

_LONGEST_WORDS = 300
"""Characters of the words beside an entry: a feed stays under a megabyte."""


def list_feed(context: RequestContext) -> Response:
    """The feed of a list, in one of the formats that end its address.

    Raises NotFound for an unknown format, and for a list that the user of the key or the session may not read.
    """
    context = with_feed_key_owner(context)
    if (feed_format := FEED_FORMATS.get(context.path_params["form"])) is None:
        raise NotFound("There is nothing at this address.")
    window = list_additions(context.library, context.actor, context.path_params["id"])
    freshness = feed_freshness_of(context.library, context.actor, group_id=window.group.id)
    # An edit of a list, and of items in other groups, leaves no time in the group: compare the answers.
    freshness = replace(freshness, changed_at=None)
    return conditional_feed_response(
        context, freshness, feed_format.media_type, lambda: feed_format.write(_feed(context, window, freshness))
    )


def _feed(context: RequestContext, window: ListWindow, freshness: FeedFreshness) -> Feed:
    settings, translator, item_list = context.library.settings, site_translator(context), window.item_list
    name = context.site_name
    many_groups = any(item.group != window.group for item in window.shown)
    builder = EntryBuilder(freshness.authority, settings.base_url, translator, many_groups=many_groups)
    pairs = [(item, hit) for item in window.shown if (hit := _hit(item)) is not None]
    entries = within_budget((hit for _, hit in pairs), builder.entry)
    here, key = settings.base_url + feed_address(context.path, ()), context.param(KEY_PARAMETER)
    return Feed(
        id=f"tag:{freshness.authority},2026:feed/list/{item_list.id}",
        title=truncate(f"{item_list.name} – {window.group.name} – {name}", LONGEST_FEED_TITLE),
        subtitle=item_list.description,
        page_url=settings.base_url + Addresses().item_list(item_list.id),
        self_url=with_feed_key(here, key) if key else here,
        author=name,
        language=translator.language,
        entries=tuple(
            _listed_entry(item, entry, freshness.authority) for (item, _), entry in zip(pairs, entries, strict=True)
        ),
        since=stored_instant(item_list.created_at) or BEGINNING,
        notice=feed_notice(translator),
        style_url=FEED_STYLE,
    )


def _hit(item: ListEntryWithItem) -> SearchHit | None:
    if item.item is None or item.group is None or not item.is_there:
        return None
    return SearchHit(item.item, item.group, item.annotation, None, ())


def _listed_entry(item: ListEntryWithItem, entry: FeedEntry, authority: str) -> FeedEntry:
    """The entry of an item or a passage as one of the list: dated by its addition, after the words beside it."""
    added, words = stored_instant(item.entry.added_at), truncate(item.entry.text, _LONGEST_WORDS)
    if words:
        entry = replace(entry, html=f"<p>{escape(words)}</p>{entry.html}", text=f"{words}\n{entry.text}")
    return replace(
        entry,
        id=f"tag:{authority},2026:list-entry/{item.entry.id}",
        published=added or entry.published,
        updated=max(entry.updated, added or BEGINNING),
    )
