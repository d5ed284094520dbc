"""RSS 2.0 with the modules that readers know: `content:encoded`, `dc:creator`, and Atom's links."""

from html import escape
from xml.etree import ElementTree as ET

from kb.feeds.atom import add_paging
from kb.feeds.feed import Entry, Feed
from kb.feeds.xml_writing import ATOM_NAMESPACE, add, document, rfc822, rfc3339

MEDIA_TYPE = "application/rss+xml"

_MODULES = {
    "xmlns:atom": ATOM_NAMESPACE,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}


def rss(feed: Feed) -> bytes:
    """The feed in RSS."""
    root = ET.Element("rss", {"version": "2.0", **_MODULES})
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.page_url)
    add(channel, "description", feed.subtitle or feed.title)
    add(channel, "language", feed.language)
    add(channel, "lastBuildDate", rfc822(feed.updated))
    add(channel, "atom:id", feed.id)
    add(channel, "atom:link", rel="self", type=MEDIA_TYPE, href=feed.self_url)
    add_paging(channel, "atom:link", feed, MEDIA_TYPE)
    for entry in feed.entries:
        _add_item(channel, entry)
    return document(root)


def _add_item(channel: ET.Element, entry: Entry) -> None:
    item = add(channel, "item")
    add(item, "title", entry.title)
    add(item, "link", entry.url)
    add(item, "guid", entry.id, isPermaLink="false")
    # Without a date, readers would take the instant at which they saw it.
    add(item, "pubDate", rfc822(entry.published or entry.updated))
    if entry.author:
        add(item, "dc:creator", entry.author)
    for tag in entry.tags:
        add(item, "category", tag)
    if entry.summary:
        # Readers take a description for HTML.
        add(item, "description", escape(entry.summary, quote=False))
    add(item, "content:encoded", entry.html)
    if entry.external_url:
        add(item, "atom:link", rel="related", href=entry.external_url)
    add(item, "atom:updated", rfc3339(entry.updated))
