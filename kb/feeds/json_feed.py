"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

import json
from typing import Any

from kb.feeds.feed import Feed, FeedEntry
from kb.feeds.xml_writing import rfc3339

MEDIA_TYPE = "application/feed+json"

_ALWAYS = frozenset({"title", "items", "content_html"})
"""The keys that are written even if they are empty."""


def write_json_feed(feed: Feed) -> bytes:
    """The feed in JSON; missing values are left out.

    The feed's author is left out too: feed readers would show it beside an entry's own author.
    """
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page_url,
        "feed_url": feed.self_url,
        "description": feed.subtitle,
        "next_url": feed.paging.next,
        "language": feed.language,
        "hubs": [{"type": "WebSub", "url": feed.hub_url}] if feed.hub_url else None,
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return json.dumps(_without_empty_values(value), ensure_ascii=False, indent=1).encode() + b"\n"


def _json_item(entry: FeedEntry) -> dict[str, Any]:
    return _without_empty_values(
        {
            "id": entry.id,
            "url": entry.url,
            "external_url": entry.external_url,
            "title": entry.title,
            "content_html": entry.html,
            "content_text": entry.text,
            "summary": entry.summary,
            "date_published": rfc3339(entry.published) if entry.published else None,
            "date_modified": rfc3339(entry.updated),
            "authors": [{"name": entry.author}] if entry.author else None,
            "tags": list(entry.tags),
            "language": entry.language,
        }
    )


def _without_empty_values(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if part or name in _ALWAYS}
