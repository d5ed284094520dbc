"""RSS 2.0 with the modules that feed readers know: `content:encoded`, `dc:creator`, and Atom's links."""

from html import escape
from xml.etree import ElementTree as ET

from kb.feeds.atom import add_paging_links
from kb.feeds.feed import Feed, FeedEntry
from kb.feeds.xml_writing import ATOM_NAMESPACE, add_comment, add_element, rfc822, rfc3339, xml_document

MEDIA_TYPE = "application/rss+xml"

_MODULES = {
    "xmlns:atom": ATOM_NAMESPACE,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}


def write_rss(feed: Feed) -> bytes:
    """The feed in RSS."""
    # Style sheets know the language from this attribute alone.
    root = ET.Element("rss", {"version": "2.0", "xml:lang": feed.language, **_MODULES})
    if feed.notice:
        add_comment(root, feed.notice)
    channel = add_element(root, "channel")
    add_element(channel, "title", feed.title)
    add_element(channel, "link", feed.page_url)
    add_element(channel, "description", feed.subtitle or feed.title)
    add_element(channel, "language", feed.language)
    add_element(channel, "lastBuildDate", rfc822(feed.updated))
    add_element(channel, "atom:id", feed.id)
    add_element(channel, "atom:link", rel="self", type=MEDIA_TYPE, href=feed.self_url)
    if feed.hub_url:
        add_element(channel, "atom:link", rel="hub", href=feed.hub_url)
    add_paging_links(channel, "atom:link", feed, MEDIA_TYPE)
    for entry in feed.entries:
        _add_item(channel, entry)
    return xml_document(root, feed.style_url)


def _add_item(channel: ET.Element, entry: FeedEntry) -> None:
    item = add_element(channel, "item")
    add_element(item, "title", entry.title)
    add_element(item, "link", entry.url)
    add_element(item, "guid", entry.id, isPermaLink="false")
    # Without a date, feed readers would show the time at which they fetched the entry.
    add_element(item, "pubDate", rfc822(entry.published or entry.updated))
    if entry.author:
        add_element(item, "dc:creator", entry.author)
    for tag in entry.tags:
        add_element(item, "category", tag)
    if entry.summary:
        # Feed readers take a description for HTML.
        add_element(item, "description", escape(entry.summary, quote=False))
    add_element(item, "content:encoded", entry.html)
    if entry.external_url:
        add_element(item, "atom:link", rel="related", href=entry.external_url)
    add_element(item, "atom:updated", rfc3339(entry.updated))
