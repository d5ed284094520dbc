"""The reading view of an item (`/items/<id>/read`): the text of its page or file, to be read here."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from starlette.responses import Response

from kb.features.reading.drawn_marks import LineMarks, Mark, with_levels
from kb.features.reading.kept_text import KeptText, kept_text
from kb.features.reading.margin import Note, NoteMaker, mentioned_people
from kb.features.reading.marker import Marker, marker_of
from kb.features.reading.missing_text import missing_text
from kb.features.reading.passages import Passages, passages_of
from kb.features.reading.reading_head import READ, ReadingHead, head_of
from kb.features.reading.text_markup import MOST_CELLS, Cite, cite_link, part_markup
from kb.features.reading.text_parts import PartKind, TextPart, repeats_title, text_parts, without_first
from kb.model.truncation import truncate
from kb.services.items.items import ItemView, spans_in_page_text
from kb.web.http.context import RequestContext
from kb.web.http.urls.page_urls import Addresses, url_with_query
from kb.web.ui.display_text import Link, highlight_style
from kb.web.ui.page_weight import html_bytes, page_ranges
from kb.web.ui.pager import Pager, pager_of_address, requested_page
from kb.web.ui.rendering import render

PICTURE = "picture"
MOST_PART_BYTES = 1_500_000
"""Bytes of the parts of one page; a longer text has several."""
_BYTES_AROUND_LINE, _BYTES_AROUND_CELL = 300, 100
MOST_FOUND = 5_000
"""Words of a search that are marked."""
FEWEST_HEADINGS, MOST_HEADINGS = 3, 200
"""Headings of a table of contents."""
LONGEST_HEADING = 120


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part of the text as it stands in the page, with the notes on its passages. `pictures` are addresses with
    descriptions, `pages` the numbers of the pages of a PDF that begin here.
    """

    content: Markup
    notes: tuple[Note, ...]
    pictures: tuple[tuple[str, str], ...]
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """`parts` are those of this page of the text, `contents` its headings, `totals` what the margin holds. `lost` are
    notes on passages that the text does not hold. `left_out` annotations are on the page of the item alone.

    Without a text, `missing` says why, and `advice` what one can do.
    """

    head: ReadingHead
    parts: tuple[ShownPart, ...]
    contents: tuple[tuple[int, Link], ...]
    totals: tuple[Link, ...]
    comments: tuple[Note, ...]
    lost: tuple[Note, ...]
    left_out: int
    comment: str
    people: Mapping[str, str]
    pager: Pager
    missing: str
    advice: str
    marker: Marker | None


def reading_view(context: RequestContext) -> Response:
    """The reading view; with `q`, at the words of a search. Raises NotFound."""
    kept = kept_text(context.library, context.actor, context.path_params["id"], context.param("version"))
    item, addresses = kept.item, context.addresses
    passages = passages_of(context.library, context.actor, kept)
    marker = marker_of(context, item, kept.group) if kept.text else None
    shown = _shown_text(context, kept, passages, marker)
    notes = shown.notes
    comments, lost = (tuple(notes.notes(some)) for some in (passages.comments, passages.lost))
    every = (*passages.placed, *passages.lost, *passages.comments)
    context.mark_seen(item, (passage.annotation for passage in every if passage.owner.item is item))
    missing, advice = missing_text(context, kept) if kept.missing else ("", "")
    page = ReadingPage(
        head=head_of(context, kept, current=READ),
        parts=shown.parts,
        contents=shown.contents,
        totals=tuple(_totals(context, passages)),
        comments=comments,
        lost=lost,
        left_out=passages.left_out + notes.left_out,
        comment=addresses.of_item(item.id, "annotate", (("kind", "comment"),)) if marker and marker.annotate else "",
        people=mentioned_people(context, every),
        pager=shown.pager,
        missing=missing,
        advice=advice,
        marker=marker,
    )
    return render(context, "reading/reading_view.html", page)


@dataclass(frozen=True, slots=True)
class _ShownText:
    parts: tuple[ShownPart, ...]
    contents: tuple[tuple[int, Link], ...]
    pager: Pager
    notes: NoteMaker


def _shown_text(context: RequestContext, kept: KeptText, passages: Passages, marker: Marker | None) -> _ShownText:
    """The requested page of the text, or the one with the words of the search."""
    _ = context.translator.gettext
    view, request = ItemView(kept.item, kept.group), context.search_request
    found, target = (
        spans_in_page_text(context.library, context.actor, view, kept.text, request) if request.q else ((), None)
    )
    starts = (*(start for start, _end in found), *(each.anchor.start for each in passages.placed if each.anchor))
    parts = text_parts(kept.text, kept.layout)
    if repeats_title(parts, kept.item.title or "") and min(starts, default=len(kept.text)) >= parts[0].end:
        parts = without_first(parts)
    pages = page_ranges([_weight(part) for part in parts], MOST_PART_BYTES)
    page_of_part = {place: number for number, places in enumerate(pages, 1) for place in places}
    at_target = bisect_right([part.start for part in parts], target) - 1 if target is not None else 0
    requested = requested_page(context.param("page")) if context.param("page") else page_of_part.get(at_target, 1)
    number = min(requested, len(pages))
    notes = NoteMaker(context, kept.item.id, passages.changed)
    shown = [parts[place] for place in pages[number - 1]]
    begin, end = (shown[0].start, shown[-1].end) if shown else (0, 0)
    numbered = [
        (count, passage, passage.anchor)
        for count, passage in enumerate(passages.placed, 1)
        if passage.anchor is not None and passage.anchor.start < end and passage.anchor.end > begin
    ]
    marks = with_levels(
        Mark(
            passage.annotation.id,
            count,
            anchor.start,
            anchor.end,
            highlight_style(passage.annotation) or "yellow",
            _("Note %(number)s", number=count),
        )
        for count, passage, anchor in numbered
    )
    draw = LineMarks(marks, found[:MOST_FOUND], target).draw
    cite = _cite(context, kept, marker)
    drawn = {mark.id for mark in marks if mark.level is not None}
    waiting = deque(numbered)
    result, tables = list[ShownPart](), 0
    for part in shown:
        own = list[Note]()
        while waiting and waiting[0][2].start < part.end:
            count, passage = waiting.popleft()[:2]
            note = notes.note(passage, count, is_drawn=passage.annotation.id in drawn)
            own += [note] if note else []
        tables += part.kind is PartKind.TABLE
        content = part_markup(part, draw, cite, _("Table %(number)s", number=tables))
        pictures = [(_picture(kept, picture.name), picture.description) for picture in part.pictures]
        result.append(ShownPart(content, tuple(own), tuple(pictures), part.pages))
    contents = tuple(_contents(parts, lambda place: _anchor(context, page_of_part[place], number)))
    return _ShownText(tuple(result), contents, pager_of_address(context, number, len(pages)), notes)


def _anchor(context: RequestContext, page: int, current: int) -> str:
    """The address of another page of the text, empty for this one."""
    if page == current:
        return ""
    others = tuple(pair for pair in context.params if pair[0] != "page")
    return url_with_query(context.path, (*others, ("page", str(page))))


def _contents(parts: Sequence[TextPart], address: Callable[[int], str]) -> Iterator[tuple[int, Link]]:
    """The headings with their rank, if there are enough of them."""
    headings = [(place, part) for place, part in enumerate(parts) if part.kind is PartKind.HEADING]
    if len(headings) < FEWEST_HEADINGS:
        return
    for place, part in headings[:MOST_HEADINGS]:
        line = part.lines[0]
        yield part.rank, Link(truncate(line.text, LONGEST_HEADING), f"{address(place)}#b{line.number}")


def _weight(part: TextPart) -> int:
    """The most bytes of a part in the page, without marks."""
    cells = sum(min(line.text.count("|"), MOST_CELLS) for line in part.lines) if part.kind is PartKind.TABLE else 0
    lines = sum(_BYTES_AROUND_LINE + html_bytes(line.text) for line in part.lines)
    return lines + _BYTES_AROUND_CELL * cells + 400 * len(part.pictures)


def _cite(context: RequestContext, kept: KeptText, marker: Marker | None) -> Cite:
    address = marker and (marker.annotate or marker.private)
    if not address:
        return lambda _start, _end: Markup("")
    here = url_with_query(context.path, tuple(pair for pair in context.params if pair[0] in {"page", "version"}))
    version = kept.version.number if kept.version else 0
    is_earlier = kept.version is not None and kept.version != kept.versions[-1]
    label = context.translator.gettext("Highlight this passage")
    return cite_link(address, here, label, version, kept.text if is_earlier else "")


def _picture(kept: KeptText, name: str) -> str:
    return Addresses().of_item(kept.item.id, f"{READ}/{PICTURE}/{name}")


def _totals(context: RequestContext, passages: Passages) -> Iterator[Link]:
    _ = context.translator.gettext
    number = context.translator.number
    if passages.placed:
        yield Link(_("Passages"), f"#a-{passages.placed[0].annotation.id}", number(len(passages.placed)))
    if passages.comments:
        yield Link(_("Comments"), "#comments", number(len(passages.comments)))
    if passages.lost:
        yield Link(_("Not in this text"), "#lost", number(len(passages.lost)))
