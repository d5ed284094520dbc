"""The text copy of a group's page, as a browser saves it: sharers, titles, passages, comments; no addresses, no dates.

Each item is a name, a title that ends in "- 3 views", and a list. A bullet with words is a highlight of the sharer. A
bullet without words is followed by a more indented comment, whose author is unknown. Words indented under a highlight
reply to it. Only the layout of the list is dropped: text is unchanged.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kb.errors import counted, translatable
from kb.formats.diigo import text_copy_lines
from kb.formats.diigo.item_blocks import with_source_of_comments
from kb.formats.diigo.text_copy_lines import (
    PageLine,
    announced_count_warning,
    announced_item_count,
    folded_count,
    is_blank,
    parse_bullet,
    parse_path_line,
    parse_title_line,
)
from kb.formats.shared.import_format import ImportFormat
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    GroupDraft,
    ItemDraft,
    RecordWarning,
    ReplyDraft,
    warning_of,
)
from kb.model.items.import_source import DiigoFile

_BLANKS_BEFORE_TITLE = 3
_NESTED = re.compile(r"([◦○▪▫‣•*o])[ \t]+")
ELLIPSES = ("...", "…")


def read_saved_page(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The items of one page, or of several in one file, in order; one item is in memory at a time."""
    page = _PageReader()
    lines = _LookaheadLines(text_copy_lines.page_lines(chunks))
    while (line := lines.next()) is not None:
        if isinstance(line, RecordWarning):
            yield line
        else:
            yield from page.take(line, lines)
    yield from page.close()


def is_saved_page(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a saved page."""
    lines = [line for line in text_copy_lines.page_lines([head]) if isinstance(line, PageLine)]
    return any(parse_path_line(line) or (parse_title_line(line) and not parse_bullet(line, None)) for line in lines)


class _LookaheadLines:
    def __init__(self, lines: Iterator[PageLine | RecordWarning]) -> None:
        self._lines = lines
        self._lookahead: deque[PageLine | RecordWarning] = deque()

    def next(self) -> PageLine | RecordWarning | None:
        return self._lookahead.popleft() if self._lookahead else next(self._lines, None)

    def following(self) -> PageLine | None:
        """The next line that is not blank, if it is near."""
        for index in range(_BLANKS_BEFORE_TITLE + 1):
            while len(self._lookahead) <= index:
                line = next(self._lines, None)
                if line is None:
                    return None
                self._lookahead.append(line)
            line = self._lookahead[index]
            if isinstance(line, PageLine) and not line.is_blank:
                return line
        return None

    def skip_to(self, line: PageLine) -> None:
        """Skip all lines up to this one, which `following` returned."""
        index = next(index for index, entry in enumerate(self._lookahead) if entry is line)
        passed = [self._lookahead.popleft() for _ in range(index + 1)]
        self._lookahead.extendleft(entry for entry in reversed(passed) if isinstance(entry, RecordWarning))


@dataclass(slots=True)
class _Bullet:
    """One bullet while it is being read. `under` holds the lines under it, with their indentation."""

    quote: str | None
    under: list[tuple[int, str]] = field(default_factory=list)

    def entries(self, sign: str | None) -> list[str]:
        """The texts under the bullet: one, or, if they have bullets of their own, one for each.

        `sign` is that of the page's bullets: a list inside a comment may have the same.
        """
        first = _NESTED.match(self.under[0][1]) if self.under else None
        if first is None or first[1] == sign:
            return [text] if (text := _dedent(self.under)) else []
        entries: list[list[tuple[int, str]]] = []
        for indent, text in self.under:
            if indent == self.under[0][0] and text.startswith(first[0]):
                entries.append([(indent + len(first[0]), text.removeprefix(first[0]))])
            else:
                entries[-1].append((indent, text))
        return [text for lines in entries if (text := _dedent(lines))]


@dataclass(slots=True)
class _OpenItem:
    line: int
    sharer: str | None
    title: str
    views: int
    bullet_indent: int | None = None
    marks: list[_Bullet] = field(default_factory=list)
    highlights: int = 0
    """How many of the marks have a quote."""
    fold: tuple[int, int, int] | None = None
    """The number that a fold announced, its line, and the number of highlights before it."""


class _PageReader:
    """The state of the parser: group, tag, item, and the number of items since the page began."""

    def __init__(self) -> None:
        self.group: GroupDraft | None = None
        self.ended_by: str | None = None
        self.tags: tuple[str, ...] | None = None
        self.sign: str | None = None
        self.item: _OpenItem | None = None
        self.count = 0
        self.pager: tuple[int, int] | None = None

    def take(self, line: PageLine, lines: _LookaheadLines) -> Iterator[ItemDraft | RecordWarning]:
        """The items and warnings that a line completes."""
        if not self._accept_item_line(line):
            yield from self._read_page_line(line, lines)

    def _accept_item_line(self, line: PageLine) -> bool:
        """Add a line to the list of the open item; returns whether it belongs there."""
        item = self.item
        if line.is_blank:
            self._continue_comment(item, PageLine(line.number, 0, ""))
        elif item and item.marks and item.bullet_indent is not None and line.indent > item.bullet_indent:
            self._continue_comment(item, line)
        elif item and (bullet := parse_bullet(line, self.sign)):
            self._open_bullet(item, line, *bullet)
        else:
            return False
        return True

    def _read_page_line(self, line: PageLine, lines: _LookaheadLines) -> Iterator[ItemDraft | RecordWarning]:
        if (announced := announced_item_count(line)) is not None:
            yield from self._end_item()
            yield from self._read_pager(line, announced)
        elif path := parse_path_line(line):
            yield from self.close()
            self.group = GroupDraft(name=path[0])
            self.tags = (path[1],) if path[1] else None
        elif not parse_bullet(line, self.sign) and (following := lines.following()) and self._is_title(following):
            yield from self._end_item()
            lines.skip_to(following)
            self._open_item(following, line.text.strip())
        elif self._is_title(line):
            yield from self._end_item()
            self._open_item(line, None)
        elif self.item and self.item.marks and self.item.bullet_indent == 0:
            # If bullets are not indented, the words under them are not either.
            self._continue_comment(self.item, line)
        elif self.item:
            yield warning_of("This line was not understood and is left out.", line.number)

    def _read_pager(self, line: PageLine, announced: int) -> Iterator[RecordWarning]:
        # Some pages have it above and below, or twice below.
        if self.count or line.text != self.ended_by:
            self.pager = (announced, line.number)
        if self.count:
            self.ended_by = line.text
            yield from self._end_page()

    def close(self) -> Iterator[ItemDraft | RecordWarning]:
        """Complete what is still open, at the end of a page."""
        yield from self._end_item()
        yield from self._end_page()

    def _is_title(self, line: PageLine) -> bool:
        return parse_title_line(line) is not None and parse_bullet(line, self.sign) is None

    def _open_item(self, line: PageLine, sharer: str | None) -> None:
        title, views = parse_title_line(line) or ("", 0)
        self.item = _OpenItem(line.number, sharer, title, views)
        self.count += 1

    def _open_bullet(self, item: _OpenItem, line: PageLine, sign: str, words: str) -> None:
        self.sign = self.sign or sign
        item.bullet_indent = line.indent
        if (count := folded_count(words)) is not None:
            item.fold = (count, line.number, item.highlights)
        else:
            mark = _Bullet(None if is_blank(words) else words)
            item.marks.append(mark)
            item.highlights += mark.quote is not None

    def _continue_comment(self, item: _OpenItem | None, line: PageLine) -> None:
        """Add a line to the open comment, if there is one; blank lines are kept only between other lines."""
        if item and item.marks and (item.marks[-1].under or not line.is_blank):
            item.marks[-1].under.append((line.indent, line.text))

    def _end_item(self) -> Iterator[ItemDraft | RecordWarning]:
        item, self.item = self.item, None
        if item is None:
            return
        if item.sharer is None:
            yield warning_of("This item names nobody who shared it.", item=item.title)
        if item.fold is not None:
            announced, line, before = item.fold
            if item.highlights - before != announced:
                message = counted(
                    "The page announces %(announced)s more highlight here, and %(found)s follow.",
                    "The page announces %(announced)s more highlights here, and %(found)s follow.",
                    announced,
                )
                yield warning_of(message, line, announced=announced, found=item.highlights - before)
        yield self._draft(item)

    def _draft(self, item: _OpenItem) -> ItemDraft | RecordWarning:
        sharer = AuthorDraft(name=item.sharer) if item.sharer else None
        annotations = tuple(annotation for mark in item.marks for annotation in _annotations(mark, sharer, self.sign))
        return with_source_of_comments(
            ItemDraft(
                group=self.group,
                title=item.title or None,
                truncated_title=item.title.endswith(ELLIPSES),
                author=sharer,
                tags=self.tags,
                views=item.views,
                annotations=annotations,
                diigo_file=DiigoFile.SAVED_PAGE,
                line=item.line,
            )
        )

    def _end_page(self) -> Iterator[RecordWarning]:
        if self.pager is not None and self.pager[0] != self.count:
            yield announced_count_warning(self.pager[0], self.count, self.pager[1])
        self.count, self.pager = 0, None


def _annotations(mark: _Bullet, sharer: AuthorDraft | None, sign: str | None) -> Iterator[AnnotationDraft]:
    """The annotations of a bullet: a highlight with its replies, or comments; none if there are no words."""
    entries = mark.entries(sign)
    if mark.quote is None:
        yield from (AnnotationDraft(AnnotationKind.COMMENT, body=text) for text in entries)
    else:
        replies = tuple(ReplyDraft(body=text) for text in entries)
        yield AnnotationDraft(AnnotationKind.HIGHLIGHT, author=sharer, quote=mark.quote, replies=replies)


def _dedent(lines: list[tuple[int, str]]) -> str | None:
    """Join lines to one text: lines indented more than the first stay so. None if nothing is visible."""
    end = len(lines)
    while end and is_blank(lines[end - 1][1]):
        end -= 1
    if not end:
        return None
    first = lines[0][0]
    return "\n".join(" " * max(indent - first, 0) + text if text else "" for indent, text in lines[:end])


DIIGO_TEXT_COPY_IMPORT = ImportFormat(
    "saved-page",
    translatable("A page of a group library of Diigo, saved as text"),
    (".txt", "text/plain"),
    is_saved_page,
    read_saved_page,
    lacks=translatable(
        "The text of a page of a Diigo group does not have addresses, dates, descriptions, tags but that of the"
        " page, the authors of comments, private bookmarks, the ends of long titles, and the colours of passages."
    ),
)
