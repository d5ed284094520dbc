"""Atom 1.0 (RFC 4287), with the links of paged feeds (RFC 5005)."""

from xml.etree import ElementTree as ET

from kb.feeds.feed import Entry, Feed
from kb.feeds.xml_writing import ATOM_NAMESPACE, add, document, rfc3339

MEDIA_TYPE = "application/atom+xml"


def atom(feed: Feed) -> bytes:
    """The feed in Atom."""
    root = ET.Element("feed", {"xmlns": ATOM_NAMESPACE, "xml:lang": feed.language})
    add(root, "id", feed.id)
    add(root, "title", feed.title)
    if feed.subtitle:
        add(root, "subtitle", feed.subtitle)
    add(root, "updated", rfc3339(feed.updated))
    add(add(root, "author"), "name", feed.author)
    add(root, "link", rel="self", type=MEDIA_TYPE, href=feed.self_url)
    add(root, "link", rel="alternate", type="text/html", href=feed.page_url)
    add_paging(root, "link", feed)
    for entry in feed.entries:
        _add_entry(root, entry)
    return document(root)


def add_paging(parent: ET.Element, name: str, feed: Feed, media_type: str = MEDIA_TYPE) -> None:
    """The links to other pages of a feed."""
    paging = feed.paging
    for rel, href in (
        ("first", paging.first),
        ("previous", paging.previous),
        ("next", paging.next),
        ("last", paging.last),
    ):
        if href:
            add(parent, name, rel=rel, type=media_type, href=href)


def _add_entry(root: ET.Element, entry: Entry) -> None:
    element = add(root, "entry")
    if entry.language:
        element.set("xml:lang", entry.language)
    add(element, "id", entry.id)
    add(element, "title", entry.title)
    add(element, "updated", rfc3339(entry.updated))
    if entry.published:
        add(element, "published", rfc3339(entry.published))
    if entry.author:
        add(add(element, "author"), "name", entry.author)
    add(element, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.external_url:
        add(element, "link", rel="related", href=entry.external_url)
    for tag in entry.tags:
        add(element, "category", term=tag)
    if entry.summary:
        add(element, "summary", entry.summary)
    add(element, "content", entry.html, type="html")
