"""Items as an Atom feed (RFC 4287) that is complete (RFC 5005, section 2): an archive that feed readers open.

Entries have the ids of our feeds, so that a reader that follows the group knows them.
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from kb.errors import translatable
from kb.feeds.atom import entry_element, feed_element
from kb.feeds.feed import BEGINNING, Feed, FeedEntry
from kb.feeds.xml_writing import add_element
from kb.formats.html.writer import item_body_html
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.model.dates import stored_instant
from kb.model.items.item import Item
from kb.model.items.language_tag import language_tag
from kb.model.web_pages.canonical_address import web_address

_HISTORY = "http://purl.org/syndication/history/1.0"


def write_atom_archive(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """The feed, one entry on each line."""
    feed = Feed(
        id=f"tag:{details.authority},2026:export/{details.made_at.isoformat()}",
        title=details.title,
        page_url=f"{details.base_url}/",
        self_url="",
        author=details.site_name,
        language=details.translator.language,
        entries=(),
        since=details.made_at,
    )
    root = feed_element(feed)
    root.set("xmlns:fh", _HISTORY)
    add_element(root, "fh:complete")
    head = ET.tostring(root, encoding="unicode").removesuffix("</feed>")
    yield f'<?xml version="1.0" encoding="utf-8"?>\n{head}\n'.encode()
    for item, _ in rows:
        yield ET.tostring(entry_element(_entry(item, details)), encoding="unicode").encode() + b"\n"
    yield b"</feed>\n"


def _entry(item: Item, details: ExportDetails) -> FeedEntry:
    published = stored_instant(item.added)
    changed = stored_instant(item.changed_at) or stored_instant(item.updated) or published or BEGINNING
    return FeedEntry(
        id=f"tag:{details.authority},2026:item/{item.id}",
        title=item.title or item.url or "",
        url=details.permalink(item),
        updated=max(changed, published or BEGINNING),
        html=item_body_html(item, details),
        text="",
        summary="",
        external_url=web_address(item.url),
        published=published,
        author=item.author.name if item.author else None,
        tags=item.tags,
        language=language_tag(item.language),
    )


ATOM_ARCHIVE_EXPORT = ExportFormat(
    "atom",
    translatable("Atom archive"),
    translatable("For feed readers: every item in one feed, with its passages and comments."),
    ".atom",
    "application/atom+xml",
    write_atom_archive,
)
