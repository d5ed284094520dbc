"""The entries of feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed.
Sources: https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/spec, RFC 4287, and
https://www.jsonfeed.org/version/1.1/. The title of the feed is the source of its entries.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urljoin

from kb.errors import counted, translatable
from kb.formats.feed.own_entries import own_item_entry
from kb.formats.shared.decoded_text import BYTE_ORDER_MARK, decode_head, with_first_bytes
from kb.formats.shared.field_values import (
    instant_value,
    is_web_address,
    language_value,
    local_day_value,
    tag_values,
    text_of_html,
)
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import json_records, record_field, records_field, text_field, texts_field
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.formats.shared.xml_events import XmlNode, xml_nodes, xml_root
from kb.model.bibliographic_record import LONGEST_DESCRIPTION
from kb.model.byline_names import byline_of_names
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line
from kb.model.truncation import truncate

_CONTAINERS = frozenset({"rss", "channel", "RDF", "feed"})
_RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
_JSON_FEED = "https://jsonfeed.org/version/"
_MAIL_AND_NAME = re.compile(r"[^\s@]++@[^\s@]++(?:\s++\(([^()]*+)\))?+")
_LONGEST_SCHEME = 20
_FARTHEST_TITLE = 64 * 1024
_FEED_TITLE = re.compile(r'"title"\s*+:\s*+("(?:[^"\\]|\\.)*+")')
_LONGEST_CONTENT = 2_000
"""Characters of the content of an entry that has no summary."""


def is_feed(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a feed."""
    root = xml_root(head)
    name = root[1:].partition(" ")[0].rpartition(":")[2].strip(">\r\n\t").lower()
    if name == "rdf":
        return any(f"{space}{mark}" in root for space in _RSS_1 for mark in "\"'")
    text = decode_head(head)[:_LONGEST_CONTENT].lstrip()
    return name in {"rss", "feed"} or (text[:1] == "{" and _JSON_FEED in text.replace("\\/", "/"))


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry, whether its text was shortened, and its dates as they are written and as they were read.

    `has_left_out`: an item of ours had passages or comments.
    """

    draft: ItemDraft
    is_cut: bool
    dates: tuple[tuple[str, str | None], ...]
    has_left_out: bool = False


def read_feed(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The entries in order; one is in memory at a time."""
    head, chunks = with_first_bytes(chunks)
    is_json = head.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] == b"{"
    shortened = left_out = 0
    for entry in _json_entries(chunks) if is_json else _xml_entries(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        shortened += entry.is_cut
        left_out += entry.has_left_out
        yield from draft_with_warnings(entry.draft, *entry.dates)
    if shortened:
        message = counted(
            "The text of %(count)s entry is long: only its beginning is kept.",
            "The texts of %(count)s entries are long: only their beginnings are kept.",
            shortened,
        )
        yield warning_of(message, count=shortened)
    if left_out:
        message = counted(
            "The passages and comments of %(count)s item were left out: export JSON Lines to keep them.",
            "The passages and comments of %(count)s items were left out: export JSON Lines to keep them.",
            left_out,
        )
        yield warning_of(message, count=left_out)


def _xml_entries(chunks: Iterable[bytes]) -> Iterator[_Entry | RecordWarning]:
    source, language, site = "", "", ""
    for node in xml_nodes(chunks, _CONTAINERS):
        if isinstance(node, RecordWarning):
            yield node
            continue
        match node.name[1]:
            case "title":
                source = source or _text(node)
            case "language":
                language = language or node.text()
            case "link" if node.attributes.get("rel", "alternate") in {"alternate", "self"}:
                site = site or node.text() or node.attributes.get("href", "").strip()
            case "item":
                yield _rss_item(node, source, language, site)
            case "entry":
                yield _atom_entry(node, source, site)
            case _:
                pass


def _rss_item(node: XmlNode, source: str, language: str, site: str) -> _Entry:
    guid = node.first("guid")
    identifier = guid.text() if guid and guid.attributes.get("isPermaLink", "true") == "true" else ""
    own = node.first("source")
    date = node.text_of("pubDate", "date", "published")
    # `author` of RSS is an address of e-mail, perhaps with a name: `creator` is a name.
    names = [_text(child) for child in node.children if child.name[1] == "creator"] or [_author(node.text_of("author"))]
    summary, is_cut = _summary(_html(node, "description", "summary"), _html(node, "encoded", "content"))
    draft = ItemDraft(
        url=_address(_absolute_url(site, node.text_of("link")), identifier) or _atom_link(node, site) or None,
        title=_text(node.first("title")) or None,
        description=summary,
        byline=byline_of_names(names),
        published=local_day_value(date),
        source=one_line(own.text() if own else "") or source or None,
        language=language_value(node.text_of("language") or language),
        tags=tag_values(*(child.text() for child in node.children if child.name[1] in {"category", "subject"})),
        added=instant_value(date),
    )
    return _Entry(draft, is_cut, ((date, draft.added or draft.published),))


def _atom_entry(node: XmlNode, source: str, site: str) -> _Entry:
    own = node.first("source")
    published, updated = node.text_of("published", "issued", "created"), node.text_of("updated", "modified")
    names = [child.text_of("name") for child in node.children if child.name[1] == "author"]
    identifier = node.text_of("id")
    summary, is_cut = _summary(_text_lines(node.first("summary")), _text_lines(node.first("content")))
    draft = ItemDraft(
        url=_atom_link(node, site) or (identifier if identifier.startswith("http") else "") or None,
        title=_text(node.first("title")) or None,
        description=summary,
        byline=byline_of_names(names),
        published=local_day_value(published),
        source=(_text(own.first("title")) if own else "") or source or None,
        tags=tag_values(
            *(
                child.attributes.get("label") or child.attributes.get("term", "")
                for child in node.children
                if child.name[1] == "category"
            )
        ),
        added=instant_value(published or updated),
        updated=instant_value(updated),
    )
    if (own_item := own_item_entry(node, draft)) is not None:
        return _Entry(own_item[0], False, (), has_left_out=own_item[1])
    return _Entry(draft, is_cut, ((published, draft.added or draft.published), (updated, draft.updated)))


def _json_entries(chunks: Iterable[bytes]) -> Iterator[_Entry | RecordWarning]:
    pieces, head = iter(chunks), bytearray()
    while b'"items"' not in head and len(head) < _FARTHEST_TITLE and (piece := next(pieces, None)):
        head += piece
    source = _title_of_json(bytes(head))
    for entry in json_records(chain([bytes(head)], pieces), is_in_items=True):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        _, record = entry
        people = (*records_field(record, "authors"), record_field(record, "author"))
        identifier = text_field(record, "id").strip()
        date = text_field(record, "date_published")
        content = text_field(record, "content_text").strip() or text_of_html(text_field(record, "content_html")).strip()
        summary, is_cut = _summary(text_field(record, "summary").strip(), content)
        updated = text_field(record, "date_modified")
        draft = ItemDraft(
            url=_address(text_field(record, "url", "external_url"), identifier) or None,
            title=one_line(text_field(record, "title")) or None,
            description=summary,
            byline=byline_of_names(text_field(person, "name") for person in people),
            published=local_day_value(date),
            source=source or None,
            language=language_value(text_field(record, "language")),
            tags=tag_values(*texts_field(record, "tags")),
            added=instant_value(date),
            updated=instant_value(updated),
        )
        yield _Entry(draft, is_cut, ((date, draft.added or draft.published), (updated, draft.updated)))


def _title_of_json(head: bytes) -> str:
    """The title of a JSON Feed, which stands before its items; empty if it does not."""
    match = _FEED_TITLE.search(decode_head(head).partition('"items"')[0])
    try:
        return one_line(json.loads(match[1])) if match else ""
    except ValueError:
        return ""


def _author(text: str) -> str:
    """The name in an address of e-mail: `lise@exemple.fr (Lise Été)`."""
    match = _MAIL_AND_NAME.fullmatch(text)
    return text if match is None else match[1] or ""


def _summary(summary: str, content: str) -> tuple[str | None, bool]:
    """The text of an entry to keep, and whether it was truncated."""
    if summary:
        return summary[:LONGEST_DESCRIPTION], len(summary) > LONGEST_DESCRIPTION
    if len(content) > _LONGEST_CONTENT:
        return truncate(content, _LONGEST_CONTENT), True
    return content or None, False


def _address(*candidates: str) -> str:
    web = (candidate.strip() for candidate in candidates)
    return next(
        (address for address in web if address.startswith(("http://", "https://")) and is_web_address(address)), ""
    )


def _atom_link(node: XmlNode, site: str) -> str:
    links = [child.attributes for child in node.children if child.name[1] == "link"]
    pages = [link.get("href", "").strip() for link in links if link.get("rel", "alternate") == "alternate"]
    base = node.attributes.get("base", "").strip() or site
    return next((_absolute_url(base, page) for page in pages if page and is_web_address(page)), "")


def _absolute_url(base: str, address: str) -> str:
    """An address that may be relative to that of its feed."""
    if not base or not address or "://" in address[:_LONGEST_SCHEME]:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _text(node: XmlNode | None) -> str:
    """The words of an element on one line; its text may be HTML."""
    if node is None:
        return ""
    text = node.text()
    return one_line(text_of_html(text) if "<" in text or "&" in text else text)


def _text_lines(node: XmlNode | None) -> str:
    """The words of an element of Atom on lines: plain, HTML as a text, or XHTML as elements."""
    if node is None:
        return ""
    kind = node.attributes.get("type", "text")
    return text_of_html(node.text()).strip() if kind in {"html", "text/html"} else node.text()


def _html(node: XmlNode, *names: str) -> str:
    return text_of_html(node.text_of(*names)).strip()


FEED_IMPORT = ImportFormat(
    "feed",
    translatable("Feed (RSS, Atom or JSON Feed)"),
    (".rss", ".atom", ".xml", ".json", "application/rss+xml", "application/atom+xml", "application/feed+json"),
    is_feed,
    read_feed,
)
