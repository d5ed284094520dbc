"""A page of a group of Diigo as HTML: `/group/<slug>?view=recent&page_num=N`, as it is or saved by a browser.

Programs that read it name these parts: items are `#item_N`; the title is the link `#title_link_N`; tags are the links
in `#tags_N`; a highlight is `.annContent`, whose first `div` is the quote, before a list of the comments on it. If the
quote is empty, they are comments on the item. A link to `/user/<login>` names who shared it. Dates are `07 Nov 14`.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kb.errors import translatable
from kb.formats.diigo.html_text import BLOCKS, HtmlText
from kb.formats.diigo.item_blocks import (
    MOST_PARTS,
    AnnotationBlock,
    DiigoItem,
    LinkedText,
    linked_author,
    person_of_address,
)
from kb.formats.diigo.text_copy_lines import (
    MOST_VIEWS,
    PageLine,
    announced_count_warning,
    announced_item_count,
    parse_count,
    parse_path_line,
)
from kb.formats.shared.decoded_text import decode_chunks, decode_head
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.markup_tokens import MarkupTag, markup_tokens
from kb.model.items.import_draft import GroupDraft, ItemDraft, RecordWarning, warning_of
from kb.model.items.import_source import DiigoFile
from kb.model.slugs import slug_of
from kb.model.storable_text import one_line
from kb.model.written_dates import MONTHS, lower_without_accents

_HEAD = re.compile(r"""\bid\s?=\s?["']?title_link_\d|\bclass\s?=\s?["']?annContent\b""", re.IGNORECASE)
_MARKUP_START = re.compile(r"\s*+<[A-Za-z!]")
_GROUP_PAGE = re.compile(r"""(?:href|content)\s?=\s?["']?[^\s"'<>]{0,200}?diigo\.com/group/""", re.IGNORECASE)
_PART = re.compile(r"(item|title_link|tags|desc|description)_\d{1,20}", re.ASCII)
_DESCRIPTIONS = frozenset({"desc", "description"})
_GROUP = re.compile(r"(?:https?://[^/?#]*+)?/group/([^/?#\s]++)(/rss\b)?", re.IGNORECASE)
_VIEWS = re.compile(r"(\d[\d.,' \xa0\u202f\u2009]{0,20}+)(?:views?|vues?|consultations?)\b", re.IGNORECASE)
# A number before the day is not read as the day: "7 views 24 Nov 14".
_DAY = re.compile(r"(?<!\d)(\d{1,2})\s(?=([^\W\d_]{3,9})\.?\s(\d{2}|\d{4})(?!\d))")
_LONGEST_REST = 4_000
"""Characters of an item beside its parts, and of a line of the page, in which dates and names are looked for."""


def is_diigo_html(head: bytes) -> bool:
    """Whether a file that begins with these bytes is such a page."""
    text = decode_head(head)
    return _MARKUP_START.match(text) is not None and bool(_HEAD.search(text) or _GROUP_PAGE.search(text))


def read_diigo_html(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The items in order; one is in memory at a time."""
    page = _HtmlPage()
    for token in markup_tokens(decode_chunks(chunks)):
        match token:
            case RecordWarning():
                yield token
            case str():
                page.add_text(token)
            case MarkupTag():
                yield from page.take_tag(token)
    yield from page.close()


@dataclass(slots=True)
class _Region:
    """An open element, and where its text goes. `depth` counts the open elements of its name."""

    kind: str
    element: str
    text: HtmlText | None = None
    login: str = ""
    comment: LinkedText | None = None
    block: AnnotationBlock = field(default_factory=AnnotationBlock)
    depth: int = 1


class _HtmlPage:
    """The state of the parser: the group, the open item, and the elements around the text."""

    def __init__(self) -> None:
        self.slug: str | None = None
        self.is_sure = False
        self.names: dict[str, HtmlText] = {}
        self.path: tuple[str, str | None] | None = None
        self.item: DiigoItem | None = None
        self.regions: list[_Region] = []
        self.line = HtmlText()
        self.count = 0
        self.announced: int | None = None

    def add_text(self, text: str) -> None:
        """Add a text to the part that contains it."""
        if (part := self._open_text()) is not None:
            part.add(text)
        elif self.item is not None and not self.regions and self.item.rest.size < _LONGEST_REST:
            self.item.rest.add(text)
        if self.line.size < _LONGEST_REST:
            self.line.add(text)

    def _open_text(self) -> HtmlText | None:
        return next((region.text for region in reversed(self.regions) if region.text is not None), None)

    def take_tag(self, tag: MarkupTag) -> Iterator[ItemDraft | RecordWarning]:
        """The item that a tag completes."""
        name = tag.name.removeprefix("/")
        if tag.name.startswith("/"):
            self._close_element(name)
        else:
            if name == "a":
                self._close_links()
            for region in self.regions:
                region.depth += region.element == name
        if (text := self._open_text()) is not None:
            text.take_tag(tag.name)
        if name in BLOCKS or name == "br":
            self._end_line()
            if self.item is not None and not self.regions:
                self.item.rest.add(" ")
        if not tag.name.startswith("/"):
            yield from self._open_element(tag)

    def close(self) -> Iterator[ItemDraft | RecordWarning]:
        """Complete the last item, and compare the pager with what was read."""
        self._end_line()
        yield from self._end_item()
        if self.announced is not None and self.announced != self.count:
            yield announced_count_warning(self.announced, self.count)
        elif not self.count:
            yield warning_of("This page holds no item of a group.")

    def _open_element(self, tag: MarkupTag) -> Iterator[ItemDraft | RecordWarning]:
        match = _PART.fullmatch(tag.attributes["id"]) if "id" in tag.attributes else None
        part = match[1] if match else ""
        href = tag.attributes.get("href", "").strip()
        item = self.item
        if part == "item" or (part == "title_link" and (item is None or item.url or not item.title.is_blank)):
            yield from self._end_item()
            item = self.item = DiigoItem()
            self.count += 1
        if item is None:
            self._read_group_link(tag, href)
        elif part == "title_link":
            item.url, item.whole_title = href, tag.attributes.get("title", "")
            self._open("title", tag, item.title)
        elif part != "item":
            self._open_part(item, tag, part, href)

    def _open_part(self, item: DiigoItem, tag: MarkupTag, part: str, href: str) -> None:
        kinds = {region.kind for region in self.regions}
        classes = tag.attributes.get("class", "").split()
        if part == "tags":
            item.tags = []
            self._open("tags", tag)
        elif "tags" in kinds:
            if tag.name == "a" and item.tags is not None and len(item.tags) < MOST_PARTS:
                item.tags.append(HtmlText())
                self._open("tag", tag, item.tags[-1])
        elif "annContent" in classes:
            self._close_kind("annotation")
            block = AnnotationBlock()
            if len(item.blocks) < MOST_PARTS:
                item.blocks.append(block)
            self._open("annotation", tag, block.quote, block=block)
        elif "annotation" in kinds:
            self._open_annotation_part(kinds, tag, href)
        elif part in _DESCRIPTIONS or not _DESCRIPTIONS.isdisjoint(classes):
            self._open("description", tag, item.description)
        elif tag.name == "a" and item.author is None and (login := person_of_address(href)) is not None:
            self._open("author", tag, HtmlText(), login=login)

    def _open_annotation_part(self, kinds: set[str], tag: MarkupTag, href: str) -> None:
        around = next(region for region in self.regions if region.kind == "annotation")
        block = around.block
        comment = next((region.comment for region in reversed(self.regions) if region.comment is not None), None)
        if tag.name == "li":
            # An item of a list may lack its end.
            if comment is not None and comment.text.is_blank:
                return
            self._close_kind("comment")
            comment = LinkedText()
            if len(block.comments) < MOST_PARTS:
                block.comments.append(comment)
            self._open("comment", tag, comment.text, comment=comment)
        elif tag.name in {"ul", "ol"} and comment is None:
            self._open("comments", tag, HtmlText())
        elif comment is not None and tag.name == "a" and comment.text.is_blank and comment.author is None:
            if (login := person_of_address(href)) is not None:
                self._open("comment_author", tag, HtmlText(), login=login, comment=comment)
        elif tag.name == "div" and not kinds & {"quote", "comments", "comment"} and block.quote.is_blank:
            # Text outside this element is not part of the quote.
            around.text = HtmlText()
            self._open("quote", tag, block.quote)

    def _open(self, kind: str, tag: MarkupTag, text: HtmlText | None = None, **parts: Any) -> None:
        self.regions.append(_Region(kind, tag.name, text, **parts))

    def _close_kind(self, kind: str) -> None:
        """Close the part of a kind, of which one is open at most, and what is open in it."""
        for index, region in enumerate(self.regions):
            if region.kind == kind:
                self._close_from(index)
                break

    def _close_element(self, name: str) -> None:
        for index in range(len(self.regions) - 1, -1, -1):
            region = self.regions[index]
            if region.element == name:
                region.depth -= 1
                if not region.depth:
                    self._close_from(index)

    def _close_links(self) -> None:
        """Close a link that has no end: there are no links within links."""
        for index, region in enumerate(self.regions):
            if region.element == "a":
                self._close_from(index)
                break

    def _close_from(self, index: int) -> None:
        closed = self.regions[index:]
        del self.regions[index:]
        for region in closed:
            text = region.text.text() if region.text is not None else ""
            if region.kind == "author" and self.item is not None and text:
                self.item.author = linked_author(region.login, text)
            elif region.kind == "comment_author" and region.comment is not None:
                region.comment.author = linked_author(region.login, text)

    def _read_group_link(self, tag: MarkupTag, href: str) -> None:
        """The group, from the address of its feed, else from the first address of a group."""
        self._close_kind("group")
        match = _GROUP.match(href)
        if match is None or tag.name not in {"a", "link"}:
            return
        slug = slug_of(match[1])
        if not self.slug or (match[2] and not self.is_sure):
            self.slug, self.is_sure = slug, bool(match[2])
        if tag.name == "a" and match.end() == len(href) and slug not in self.names and len(self.names) < MOST_PARTS:
            self.names[slug] = HtmlText()
            self._open("group", tag, self.names[slug])

    def _end_line(self) -> None:
        """Look for the path and the pager in a line of the page."""
        text, self.line = self.line.text(), HtmlText()
        if not text:
            return
        line = PageLine(0, 0, text)
        if self.item is None and (path := parse_path_line(line)) is not None:
            self.path = path
        if (announced := announced_item_count(line)) is not None:
            self.announced = announced

    def _end_item(self) -> Iterator[ItemDraft | RecordWarning]:
        self._close_from(0)
        item, self.item = self.item, None
        if item is None:
            return
        rest = item.rest.text()
        filtered = self.path[1] if self.path else None
        if item.tags is None and filtered:
            item.tags = [HtmlText([filtered])]
        yield item.draft(self._group(), DiigoFile.DIIGO_HTML, added=_day_in(rest), views=_views_in(rest))

    def _group(self) -> GroupDraft | None:
        name = self.path[0] if self.path else None
        if self.slug is None:
            return GroupDraft(name=name) if name else None
        linked = one_line(self.names[self.slug].text()) if self.slug in self.names else ""
        return GroupDraft(slug=self.slug, name=name or linked or None)


def _views_in(text: str) -> int | None:
    match = _VIEWS.search(text)
    return min(parse_count(match[1]), MOST_VIEWS) if match else None


def _day_in(text: str) -> str | None:
    """The first day in a text, `07 Nov 14`, as `YYYY-MM-DD`."""
    for match in _DAY.finditer(text):
        month = MONTHS.get(lower_without_accents(match[2]))
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        day = int(match[1])
        if month is not None and 1900 <= year < 2100 and 1 <= day <= monthrange(year, month)[1]:
            return f"{year:04}-{month:02}-{day:02}"
    return None


DIIGO_HTML_IMPORT = ImportFormat(
    "diigo-html",
    translatable("A page of a group of Diigo (HTML)"),
    (".html", ".htm", "text/html"),
    is_diigo_html,
    read_diigo_html,
    lacks=translatable(
        "The page of a Diigo group does not have private bookmarks, hours, the dates of changes, of passages and of"
        " comments, the ends of long titles, and the colours of passages."
    ),
)
