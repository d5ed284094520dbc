"""Atom 1.0 (RFC 4287), with the links of paged feeds (RFC 5005)."""

from xml.etree import ElementTree as ET

from kb.feeds.feed import Feed, FeedEntry
from kb.feeds.xml_writing import ATOM_NAMESPACE, add_comment, add_element, rfc3339, xml_document

MEDIA_TYPE = "application/atom+xml"


def write_atom(feed: Feed) -> bytes:
    """The feed in Atom."""
    root = feed_element(feed)
    root.extend(map(entry_element, feed.entries))
    return xml_document(root, feed.style_url)


def feed_element(feed: Feed) -> ET.Element:
    """The feed, without its entries."""
    root = ET.Element("feed", {"xmlns": ATOM_NAMESPACE, "xml:lang": feed.language})
    if feed.notice:
        add_comment(root, feed.notice)
    add_element(root, "id", feed.id)
    add_element(root, "title", feed.title)
    if feed.subtitle:
        add_element(root, "subtitle", feed.subtitle)
    add_element(root, "updated", rfc3339(feed.updated))
    add_element(add_element(root, "author"), "name", feed.author)
    if feed.self_url:
        add_element(root, "link", rel="self", type=MEDIA_TYPE, href=feed.self_url)
    add_element(root, "link", rel="alternate", type="text/html", href=feed.page_url)
    if feed.hub_url:
        add_element(root, "link", rel="hub", href=feed.hub_url)
    add_paging_links(root, "link", feed)
    return root


def add_paging_links(parent: ET.Element, name: str, feed: Feed, media_type: str = MEDIA_TYPE) -> None:
    """The links to other pages of a feed."""
    paging = feed.paging
    for rel, href in (
        ("first", paging.first),
        ("previous", paging.previous),
        ("next", paging.next),
        ("last", paging.last),
    ):
        if href:
            add_element(parent, name, rel=rel, type=media_type, href=href)


def entry_element(entry: FeedEntry) -> ET.Element:
    """One entry."""
    element = ET.Element("entry")
    if entry.language:
        element.set("xml:lang", entry.language)
    add_element(element, "id", entry.id)
    add_element(element, "title", entry.title)
    add_element(element, "updated", rfc3339(entry.updated))
    if entry.published:
        add_element(element, "published", rfc3339(entry.published))
    if entry.author:
        add_element(add_element(element, "author"), "name", entry.author)
    add_element(element, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.external_url:
        add_element(element, "link", rel="related", href=entry.external_url)
    for tag in entry.tags:
        add_element(element, "category", term=tag)
    if entry.summary:
        add_element(element, "summary", entry.summary)
    add_element(element, "content", entry.html, type="html")
    return element
