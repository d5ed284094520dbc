r"""The CSV export of Diigo: `title,url,tags,description,comments,annotations,created_at`.

`annotations` is one text: blocks that begin a line with `Highlight:` or `Sticky notes:`; `\n`, HTML entities and HTML
elements occur in it. A sticky note after a highlight is a note on it; others are comments. The file names no author.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from kb.errors import translatable
from kb.formats.diigo.item_blocks import with_source_of_comments
from kb.formats.diigo.tags import diigo_tags, has_tags_by_spaces
from kb.formats.shared.csv_rows import csv_rows, has_header
from kb.formats.shared.field_values import instant_value, text_of_html
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, RecordWarning, ReplyDraft, warning_of
from kb.model.items.import_source import DiigoFile
from kb.model.storable_text import one_line

_BLOCK = re.compile(r"^(Highlights?|Sticky notes?):[ \t]?", re.IGNORECASE | re.MULTILINE)
_FIRST_ROWS = 100


def read_diigo_csv(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The bookmarks in order; a few are in memory at a time."""
    entries = csv_rows(chunks)
    first = list(islice(entries, _FIRST_ROWS))
    by_spaces = has_tags_by_spaces(
        [entry[1].get("tags", "") for entry in first if not isinstance(entry, RecordWarning)]
    )
    for entry in chain(first, entries):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        line, cells = entry
        url, title = cells.get("url", "").strip(), one_line(cells.get("title", ""))
        if not url and not title:
            yield warning_of("This record has neither a title nor an address.", line, skipped=True)
            continue
        annotations = (*_annotations(cells.get("annotations", "")), *_comments(cells.get("comments", "")))
        added = instant_value(cells.get("created_at"))
        draft = with_source_of_comments(
            ItemDraft(
                url=url or None,
                title=title or None,
                description=diigo_text(cells.get("description", "")) or None,
                tags=diigo_tags(cells.get("tags", ""), by_spaces=by_spaces),
                added=added,
                annotations=annotations,
                diigo_file=DiigoFile.DIIGO_CSV,
                line=line,
            )
        )
        yield from draft_with_warnings(draft, (cells.get("created_at"), added))


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


DIIGO_CSV_IMPORT = ImportFormat(
    "diigo-csv",
    translatable("Export of Diigo (CSV)"),
    (".csv", "text/csv"),
    has_header("title", "url", "annotations", "created_at"),
    read_diigo_csv,
    lacks=translatable(
        "The CSV of Diigo does not say who shared or wrote what, which group it is from, what is private, the time"
        " zone of its dates, when passages and comments were added, and the colours of passages."
    ),
)
