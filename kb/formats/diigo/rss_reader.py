"""The feed of a group of Diigo: `/group/<slug>/rss?count=100&start=0`.

An entry has a title, an address, a date (RFC 822), and HTML: a `<div class="annInner">` for each highlight, then three
`<p>`: the comments as a list, the tags as links, and a link to who shared it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kb.errors import translatable
from kb.formats.diigo.html_text import HtmlText
from kb.formats.diigo.item_blocks import (
    MOST_PARTS,
    AnnotationBlock,
    DiigoItem,
    LinkedText,
    linked_author,
    person_of_address,
)
from kb.formats.shared.decoded_text import decode_head
from kb.formats.shared.field_values import instant_value, text_of_html
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.markup_tokens import MarkupTag, markup_tokens
from kb.formats.shared.record_warnings import warnings_on_dates
from kb.formats.shared.xml_events import XmlNode, xml_nodes, xml_root
from kb.model.items.import_draft import AuthorDraft, GroupDraft, ItemDraft, RecordWarning
from kb.model.items.import_source import DiigoFile
from kb.model.slugs import slug_of
from kb.model.storable_text import one_line

_CONTAINERS = frozenset({"rss", "channel", "feed"})
_GROUP = re.compile(r"https?://[^/?#]*+(?<=diigo\.com)/group/([^/?#\s]++)", re.IGNORECASE)
_OF_DIIGO = re.compile(r"annInner|<link>\s*+https?://[a-z]{0,20}\.?diigo\.com/", re.IGNORECASE)
_GROUP_TITLE = re.compile(
    r"(.{1,500}?)(?: ?\| ?Diigo.{0,40}|'s (?:best content|bookmarks).{0,40}| - Diigo.{0,40})?", re.DOTALL
)
_LABEL = re.compile(r"[^:]{0,40}:")
_LONGEST_ADDRESS = 8_000
_LAST_PARAGRAPHS = 3


def is_diigo_rss(head: bytes) -> bool:
    """Whether a file that begins with these bytes is such a feed."""
    return xml_root(head).lower().startswith(("<rss", "<feed")) and _OF_DIIGO.search(decode_head(head)) is not None


def read_diigo_rss(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The entries in order; one is in memory at a time."""
    slug = name = ""
    for node in xml_nodes(chunks, _CONTAINERS):
        if isinstance(node, RecordWarning):
            yield node
            continue
        match node.name[1]:
            case "title":
                name = name or _name_in_title(one_line(text_of_html(node.text())))
            case "link":
                slug = slug or _slug_in_address(node.text() or node.attributes.get("href", ""))
            case "item" | "entry":
                group = GroupDraft(slug=slug or None, name=name or None) if slug or name else None
                date = node.text_of("pubDate", "published", "date", "updated")
                entry = _item(node).draft(group, DiigoFile.DIIGO_RSS, added=instant_value(date))
                if isinstance(entry, ItemDraft):
                    yield from warnings_on_dates(entry, (date, entry.added))
                yield entry


def _slug_in_address(address: str) -> str:
    match = _GROUP.match(address) if len(address) <= _LONGEST_ADDRESS else None
    return slug_of(match[1]) if match else ""


def _name_in_title(title: str) -> str:
    """The name of a group in the title of its feed."""
    match = _GROUP_TITLE.fullmatch(title)
    return match[1].strip() if match else ""


def _item(node: XmlNode) -> DiigoItem:
    link = node.first("link")
    url = node.text_of("link", "guid") or (link.attributes.get("href", "") if link else "")
    summary = _Summary()
    for token in markup_tokens([node.text_of("description", "summary", "content")]):
        match token:
            case str():
                summary.add_text(token)
            case MarkupTag():
                summary.take_tag(token)
            case RecordWarning():
                pass
    creator = one_line(node.text_of("creator", "author"))
    author = summary.poster() or (AuthorDraft(name=creator) if creator else None)
    title = HtmlText()
    title.add(node.text_of("title"))
    item = DiigoItem(url, title, author=author, blocks=summary.blocks)
    item.tags = summary.tags()
    item.description = summary.description()
    if texts := summary.comments:
        item.blocks = [*item.blocks, AnnotationBlock(comments=texts)]
    return item


@dataclass(slots=True)
class _Paragraph:
    """A paragraph of the summary, with its links: their addresses and texts."""

    text: HtmlText = field(default_factory=HtmlText)
    links: list[tuple[str, HtmlText]] = field(default_factory=list)
    has_list: bool = False

    @property
    def is_part(self) -> bool:
        """Whether the paragraph has comments, tags or the sharer, and no words about the item."""
        text = self.text.text()
        is_labelled = _LABEL.match(text) is not None and bool(self.links)
        has_person = any(person_of_address(address) is not None for address, _ in self.links)
        return self.has_list or has_person or is_labelled or _LABEL.fullmatch(text) is not None


class _Summary:
    """The parser of the HTML of an entry."""

    def __init__(self) -> None:
        self.blocks: list[AnnotationBlock] = []
        self.comments: list[LinkedText] = []
        self.paragraphs: list[_Paragraph] = [_Paragraph()]
        self.block: AnnotationBlock | None = None
        self.depth = 0
        self.comment: LinkedText | None = None
        self.link: HtmlText | None = None
        self.login = ""

    def add_text(self, text: str) -> None:
        """Add a text to the highlight, the comment or the paragraph that contains it."""
        if self.comment is not None:
            (self.link if self.link is not None and self.login else self.comment.text).add(text)
        elif self.block is not None:
            self.block.quote.add(text)
        else:
            self.paragraphs[-1].text.add(text)
            if self.link is not None:
                self.link.add(text)

    def take_tag(self, tag: MarkupTag) -> None:
        """Open or close a part, and break a line."""
        self._take_part(tag)
        if self.comment is not None:
            self.comment.text.take_tag(tag.name)
        elif self.block is not None:
            self.block.quote.take_tag(tag.name)
        else:
            self.paragraphs[-1].text.take_tag(tag.name)

    def _take_part(self, tag: MarkupTag) -> None:
        match tag.name:
            case "div" | "/div":
                self._take_div(tag)
            case "p" if self.block is None:
                self.comment = None
                if len(self.paragraphs) < MOST_PARTS:
                    self.paragraphs.append(_Paragraph())
            case "li":
                self._open_comment()
            case "/li" | "/ul" | "/ol":
                self.comment = None
            case "a":
                self._open_link(tag.attributes.get("href", ""))
            case "/a":
                self._close_link()

    def _take_div(self, tag: MarkupTag) -> None:
        if self.block is not None:
            self.depth += -1 if tag.name == "/div" else 1
            if not self.depth:
                self.block = self.comment = None
        elif "annInner" in tag.attributes.get("class", "").split():
            self.block, self.depth, self.comment = AnnotationBlock(), 1, None
            if len(self.blocks) < MOST_PARTS:
                self.blocks.append(self.block)

    def _open_comment(self) -> None:
        if self.comment is not None and self.comment.text.is_blank:
            return
        self.comment, self.link = LinkedText(), None
        comments = self.comments if self.block is None else self.block.comments
        if len(comments) < MOST_PARTS:
            comments.append(self.comment)
        if self.block is None:
            self.paragraphs[-1].has_list = True

    def _open_link(self, address: str) -> None:
        self._close_link()
        person = person_of_address(address)
        if self.comment is not None:
            is_author = person is not None and self.comment.text.is_blank and self.comment.author is None
            self.link, self.login = (HtmlText(), person or "") if is_author else (None, "")
        elif self.block is None:
            self.link, self.login = HtmlText(), ""
            if len(self.paragraphs[-1].links) < MOST_PARTS:
                self.paragraphs[-1].links.append((address, self.link))

    def _close_link(self) -> None:
        if self.link is not None and self.comment is not None and self.login:
            self.comment.author = linked_author(self.login, self.link.text())
        self.link, self.login = None, ""

    def poster(self) -> AuthorDraft | None:
        """The sharer: the last link to a person outside of highlights and comments."""
        linked = (
            (person_of_address(address), text)
            for paragraph in reversed(self.paragraphs)
            for address, text in paragraph.links
        )
        return next((linked_author(login, text.text()) for login, text in linked if login is not None), None)

    def tags(self) -> list[HtmlText]:
        """The links of the paragraph of tags."""
        for paragraph in reversed(self.paragraphs[-_LAST_PARAGRAPHS:]):
            texts = [text for address, text in paragraph.links if person_of_address(address) is None]
            if texts and _LABEL.match(paragraph.text.text()):
                return texts
        return []

    def description(self) -> HtmlText:
        """The paragraphs before the last ones, which have comments, tags and the sharer."""
        last = self.paragraphs[-_LAST_PARAGRAPHS:]
        others = [*self.paragraphs[:-_LAST_PARAGRAPHS], *(paragraph for paragraph in last if not paragraph.is_part)]
        return HtmlText(["\n".join(filter(None, (paragraph.text.text() for paragraph in others)))])


DIIGO_RSS_IMPORT = ImportFormat(
    "diigo-rss",
    translatable("The feed of a group of Diigo (RSS)"),
    (".rss", ".xml", "application/rss+xml", "application/xml", "text/xml"),
    is_diigo_rss,
    read_diigo_rss,
    lacks=translatable(
        "The feed of a Diigo group does not have private bookmarks, the dates of changes, of passages and of"
        " comments, the numbers of views, and the colours of passages."
    ),
)
