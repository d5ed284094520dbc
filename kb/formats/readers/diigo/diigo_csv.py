r"""The CSV export of Diigo: `title,url,tags,description,comments,annotations,created_at`.

Tags are separated by commas, in older files by spaces, and `no_tag` stands for none. `annotations` is one text: blocks
that begin a line with `Highlight:` or `Sticky notes:`; `\n`, HTML entities and HTML elements occur in it. A sticky note
after a highlight is a note on it; others are comments. The file names no author.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from kb.formats.readers.csv_rows import csv_columns, csv_rows
from kb.formats.readers.date_remarks import remarks_on_dates
from kb.formats.readers.diigo.diigo_parts import source_of_comments
from kb.formats.readers.field_values import instant_value, tag_values, text_of_html
from kb.model.items.annotation import AnnotationKind
from kb.model.items.diigo_files import DiigoFile
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, Remark, ReplyDraft, remark
from kb.model.storable_text import one_line

_BLOCK = re.compile(r"^(Highlights?|Sticky notes?):[ \t]?", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(r'"([^"]++)"|([^\s"]++)')
_NO_TAG = "no_tag"
_FIRST_ROWS = 100
_FEW = 10
"""If fewer rows have tags, a cell with spaces is one tag."""


def is_diigo_csv(head: bytes) -> bool:
    """Whether a file that begins with these bytes is this export."""
    return {"title", "url", "annotations", "created_at"}.issubset(csv_columns(head))


def read_diigo_csv(chunks: Iterable[bytes]) -> Iterator[ItemDraft | Remark]:
    """The bookmarks in order; a few are in memory at a time."""
    entries = csv_rows(chunks)
    first = list(islice(entries, _FIRST_ROWS))
    by_spaces = _has_tags_by_spaces([entry[1].get("tags", "") for entry in first if not isinstance(entry, Remark)])
    for entry in chain(first, entries):
        if isinstance(entry, Remark):
            yield entry
            continue
        line, cells = entry
        url, title = cells.get("url", "").strip(), one_line(cells.get("title", ""))
        if not url and not title:
            yield remark("This record has neither a title nor an address.", line, skipped=True)
            continue
        annotations = (*_annotations(cells.get("annotations", "")), *_comments(cells.get("comments", "")))
        source, published = source_of_comments(annotations)
        added = instant_value(cells.get("created_at"))
        draft = ItemDraft(
            url=url or None,
            title=title or None,
            description=diigo_text(cells.get("description", "")) or None,
            tags=_tags(cells.get("tags", ""), by_spaces=by_spaces),
            added=added,
            source=source,
            published=published,
            annotations=annotations,
            read_from_comment=source is not None,
            piece=DiigoFile.DIIGO_CSV,
            line=line,
        )
        yield from remarks_on_dates(draft, (cells.get("created_at"), added))
        yield draft


def _has_tags_by_spaces(cells: list[str]) -> bool:
    """Whether the cells of the first rows are those of an older file: none has a comma, and most have several words."""
    tagged = [cell for cell in cells if cell.strip() not in {"", _NO_TAG}]
    several = sum(len(cell.split()) > 1 for cell in tagged)
    return len(tagged) >= _FEW and not any("," in cell for cell in tagged) and several * 2 > len(tagged)


def _tags(text: str, *, by_spaces: bool) -> tuple[str, ...] | None:
    """The tags of a cell; None for none. In an older file, a tag with spaces is between quotation marks."""
    if text.strip() == _NO_TAG:
        return None
    return tag_values(*(map("".join, _QUOTED.findall(text)) if by_spaces else text.split(",")))


def diigo_text(text: str) -> str:
    """The words of a text with escaped line breaks, entities and elements."""
    return text_of_html(text.replace("\\n", "\n").replace("\r\n", "\n")).strip()


def _comments(text: str) -> Iterator[AnnotationDraft]:
    for line in text.replace("\r", "\n").split("\n"):
        if body := diigo_text(line):
            yield AnnotationDraft(AnnotationKind.COMMENT, body=body)


def _annotations(text: str) -> Iterator[AnnotationDraft]:
    r"""The highlights with their notes, in order; each begins a line, or follows a `\n` in a cell of one line."""
    quote, notes = None, list[str]()
    text = text.replace("\r\n", "\n").strip()
    pieces = _BLOCK.split(text if "\n" in text else text.replace("\\n", "\n"))
    for name, block in (("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)):
        if not (words := diigo_text(block)):
            continue
        if name.casefold().startswith("highlight") or not name:
            yield from _annotation(quote, notes)
            quote, notes = words, []
        else:
            notes.append(words)
    yield from _annotation(quote, notes)


def _annotation(quote: str | None, notes: list[str]) -> Iterator[AnnotationDraft]:
    match notes:
        case []:
            if quote:
                yield AnnotationDraft(AnnotationKind.HIGHLIGHT, quote=quote)
        case [first, *others] if quote:
            replies = tuple(ReplyDraft(body=note) for note in others)
            yield AnnotationDraft(AnnotationKind.NOTE, quote=quote, body=first, replies=replies)
        case _:
            yield from (AnnotationDraft(AnnotationKind.COMMENT, body=note) for note in notes)
