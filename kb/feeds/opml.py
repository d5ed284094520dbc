"""OPML 2.0 (http://opml.org/spec2.opml): lists of feeds that a feed reader imports at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from kb.feeds.xml_writing import add_element, xml_document

MEDIA_TYPE = "text/x-opml"


@dataclass(frozen=True, slots=True)
class OpmlOutline:
    """A feed and its page; without `feed_url`, a folder of other outlines."""

    text: str
    feed_url: str | None = None
    page_url: str | None = None
    children: tuple["OpmlOutline", ...] = ()


def write_opml(title: str, outlines: Iterable[OpmlOutline], *, language: str, style_url: str = "") -> bytes:
    """The list, with its title. `style_url` is the style sheet of browsers, in whose words `language` is."""
    root = ET.Element("opml", {"version": "2.0", "xml:lang": language})
    add_element(add_element(root, "head"), "title", title)
    body = add_element(root, "body")
    for outline in outlines:
        _add_opml_outline(body, outline)
    return xml_document(root, style_url)


def _add_opml_outline(parent: ET.Element, outline: OpmlOutline) -> None:
    element = add_element(
        parent,
        "outline",
        text=outline.text,
        title=outline.text,
        # Feed readers know only this word, whatever the feed's format.
        type="rss" if outline.feed_url else None,
        xmlUrl=outline.feed_url,
        htmlUrl=outline.page_url,
    )
    for child in outline.children:
        _add_opml_outline(element, child)
