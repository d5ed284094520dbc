"""The bookmark file of browsers, of Pinboard, Delicious, Diigo, linkding and others.

Source: Microsoft, *Netscape Bookmark File Format* (2006). `<DT><A HREF ADD_DATE LAST_MODIFIED PRIVATE TAGS>title</A>`,
then `<DD>` and a note; a folder is `<DT><H3>name</H3>` before a `<DL>`. The names of the folders around a bookmark
become its tags, but not those of the folders that each browser has. The report names what is left out, with a reason.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kb.errors import counted, translatable
from kb.formats.shared.decoded_text import decode_chunks, decode_head
from kb.formats.shared.field_values import instant_value, is_web_address, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.markup_tokens import MarkupTag, markup_tokens
from kb.formats.shared.record_warnings import left_out_warning, to_read_warning
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line

_HEAD = re.compile(r"<!DOCTYPE\s++NETSCAPE-Bookmark-file|<DT>\s*+<(?:A\s|H3)", re.IGNORECASE)
_BROWSER_FOLDERS = ("personal_toolbar_folder", "unfiled_bookmarks_folder", "mobile_bookmarks_folder")
_ENDS_OF_BOOKMARKS = frozenset({"a", "h3", "dl", "/dl", "dt"})
_READ = frozenset({"href", "add_date", "last_modified", "private", "tags"})
_ICONS = translatable("Icons were left out: lists of items show none.")
_REASONS: Mapping[str, str] = {
    "last_visit": translatable("When pages were last visited was left out: it concerns their visitor alone."),
    "last_charset": translatable("The encodings of pages were left out: browsers find them by themselves."),
    "icon": _ICONS,
    "icon_uri": _ICONS,
    "shortcuturl": translatable("Keywords that open a bookmark were left out: only a browser has an address bar."),
    "feedurl": translatable(
        "The addresses of feeds were left out: an item is one page, and this site follows no feeds."
    ),
}
"""Why an attribute of bookmarks is left out; the report names any other."""
_FOLDERS = translatable("Folders became tags: which folder is in which, their order and their dates were left out.")
_BROWSER_FOLDER = translatable(
    "The folders that each browser has, such as the bookmarks bar, became no tags: they say nothing about a page."
)
_SEPARATORS = translatable("Separators between bookmarks were left out: items are sorted by date, not by hand.")
_WRONG_DATES = translatable("Dates that are none were left out.")
_MOST_NAMED, _LONGEST_NAME = 100, 40
_DEEPEST = 100
"""Folders around a bookmark that become tags."""
_MOST_TEXT = 1_000_000
"""Characters of a title or a note that are kept."""


def read_netscape(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The bookmarks in order; one is in memory at a time."""
    reader = _BookmarkReader()
    for token in markup_tokens(decode_chunks(chunks)):
        match token:
            case RecordWarning():
                yield token
            case str():
                reader.add_text(token)
            case MarkupTag():
                yield from reader.take_tag(token)
    yield from reader.close()


@dataclass(slots=True)
class _Bookmark:
    attributes: dict[str, str]
    tags: tuple[str, ...]
    title: list[str] = field(default_factory=list)
    note: list[str] = field(default_factory=list)


class _BookmarkReader:
    """The state of the parser: open folders, the bookmark, and the text that is being read."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self.depth = 0
        self.folder: list[str] | None = None
        self.is_tag = True
        self.bookmark: _Bookmark | None = None
        self.text: list[str] | None = None
        self.size = 0
        self.left_out: set[str] = set()
        self.reasons: dict[str, None] = {}
        self.to_read = 0
        self.folder_notes = 0

    def add_text(self, text: str) -> None:
        if self.text is not None and self.size < _MOST_TEXT:
            self.text.append(text[: _MOST_TEXT - self.size])
            self.size += len(text)

    def take_tag(self, tag: MarkupTag) -> Iterator[ItemDraft | RecordWarning]:
        """The bookmark that a tag completes."""
        if tag.name in _ENDS_OF_BOOKMARKS:
            yield from self._end_bookmark()
        match tag.name:
            case "a":
                self.bookmark = _Bookmark(tag.attributes, tuple(filter(None, self.folders)))
                self._read_into(self.bookmark.title)
            case "dd":
                self.folder_notes += self.bookmark is None and self.folder is not None
                self._read_into(self.bookmark.note if self.bookmark else None)
            case "h3":
                self.folder = []
                self.is_tag = not any(name in tag.attributes for name in _BROWSER_FOLDERS)
                self.reasons[_FOLDERS if self.is_tag else _BROWSER_FOLDER] = None
                self._read_into(self.folder)
            case "hr":
                self.reasons[_SEPARATORS] = None
            case "dl":
                self._open_folder()
            case "/dl":
                self._close_folder()
            case "/a" | "/h3":
                self._read_into(None)
            case "br":
                self.add_text("\n")

    def _open_folder(self) -> None:
        self.depth += 1
        if self.depth <= _DEEPEST:
            self.folders.append(one_line("".join(self.folder or ())) if self.is_tag else "")
        self.folder, self.is_tag = None, True

    def _close_folder(self) -> None:
        if self.depth <= len(self.folders):
            del self.folders[-1:]
        self.depth = max(self.depth - 1, 0)

    def close(self) -> Iterator[ItemDraft | RecordWarning]:
        yield from self._end_bookmark()
        if self.depth:
            yield warning_of("This file ends before its last folder does: bookmarks may be missing.")
        if self.folder_notes:
            message = counted(
                "%(count)s note on a folder was left out.",
                "%(count)s notes on folders were left out.",
                self.folder_notes,
            )
            yield warning_of(message, count=self.folder_notes)
        if self.to_read:
            yield to_read_warning(self.to_read)
        yield from map(warning_of, self.reasons)
        yield from left_out_warning(self.left_out)

    def _read_into(self, text: list[str] | None) -> None:
        self.text, self.size = text, 0

    def _end_bookmark(self) -> Iterator[ItemDraft | RecordWarning]:
        bookmark, self.bookmark = self.bookmark, None
        self._read_into(None)
        if bookmark is None:
            return
        values = bookmark.attributes
        url, title = values.get("href", "").strip(), one_line("".join(bookmark.title))
        if not is_web_address(url):
            yield warning_of("This bookmark does not lead to a page.", item=title[:200] or url[:200], skipped=True)
            return
        self._note_left_out(values)
        yield ItemDraft(
            url=url,
            title=title or None,
            description="".join(bookmark.note).strip() or None,
            tags=tag_values(*values.get("tags", "").split(","), *bookmark.tags),
            added=self._date(values.get("add_date", "")),
            updated=self._date(values.get("last_modified", "")),
            private=values.get("private") == "1",
        )

    def _date(self, text: str) -> str | None:
        date = instant_value(text)
        if date is None and text.strip() not in {"", "0"}:
            self.reasons[_WRONG_DATES] = None
        return date

    def _note_left_out(self, values: Mapping[str, str]) -> None:
        """Remember the attributes that an item does not have."""
        self.to_read += values.get("toread") == "1"
        for name in sorted(values.keys() - _READ - {"toread"}):
            if name in _REASONS:
                self.reasons[_REASONS[name]] = None
            elif len(self.left_out) < _MOST_NAMED:
                self.left_out.add(name[:_LONGEST_NAME])


NETSCAPE_IMPORT = ImportFormat(
    "netscape",
    translatable("Bookmarks of a browser (HTML)"),
    (".html", ".htm", "text/html"),
    lambda head: _HEAD.search(decode_head(head)) is not None,
    read_netscape,
)
