"""The HTML of a part of a text. The content of an element with `data-start` is its line, to the letter.

What stands in such an element and is not of the text has one of the classes `ref` and `cite`.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from urllib.parse import quote

from markupsafe import Markup

from kb.features.reading.text_parts import PartKind, TextLine, TextPart
from kb.model.items.item_fields import LONGEST_WORDS
from kb.model.web_pages.text_layout import CELL_BREAK, CONTINUED, HEADER_ROW, ITEMS, NUMBERED_ITEMS

LONGEST_IN_ADDRESS = 2_000
"""Characters of a passage in an address, with nine bytes each at most."""
MOST_CELLS = 40
"""Cells of a row; the last one has the rest."""
Draw = Callable[[TextLine], Markup]
Cite = Callable[[int, int], Markup]
"""The link to quote the characters from the first position to before the second; empty for those who may not."""


def part_markup(part: TextPart, draw: Draw, cite: Cite, name: str = "") -> Markup:
    """The lines of a part, drawn in their order. `name` is that of a table, which a keyboard can scroll."""
    first = part.lines[0]
    match part.kind:
        case PartKind.PARAGRAPH:
            return _block("p", first, draw, cite)
        case PartKind.HEADING:
            return _block(f"h{part.rank}", first, draw, cite)
        case PartKind.QUOTATION:
            return Markup("<blockquote>{}</blockquote>").format(_blocks(part.lines, draw, cite))
        case PartKind.PREFORMATTED:
            return _preformatted(part, draw, cite)
        case PartKind.TABLE:
            rows = Markup("").join(_rows(part, draw, cite))
            return Markup(
                '<section class="wide-table" tabindex="0" aria-label="{}"><table>{}</table></section>'
            ).format(name, rows)
        case PartKind.LIST:
            return Markup("").join(_list(part.lines, draw, cite))


def _element(tag: str, line: TextLine, content: Markup, classes: str = "") -> Markup:
    named = Markup(' class="{}"').format(classes) if classes else ""
    return Markup('<{tag} id="b{number}" data-start="{start}"{named}>{content}</{tag}>').format(
        tag=tag, number=line.number, start=line.start, named=named, content=content
    )


def _block(tag: str, line: TextLine, draw: Draw, cite: Cite) -> Markup:
    return Markup('<div class="block">{}{}</div>').format(_element(tag, line, draw(line)), cite(line.start, line.end))


def _blocks(lines: tuple[TextLine, ...], draw: Draw, cite: Cite) -> Markup:
    return Markup("").join(_block("p", line, draw, cite) for line in lines)


def _preformatted(part: TextPart, draw: Draw, cite: Cite) -> Markup:
    lines = Markup("\n").join(_element("span", line, draw(line)) for line in part.lines)
    return Markup('<div class="block"><pre><code>{}</code></pre>{}</div>').format(lines, cite(part.start, part.end))


def _rows(part: TextPart, draw: Draw, cite: Cite) -> Iterator[Markup]:
    for is_header, lines in groupby(part.lines, key=lambda line: line.kind == HEADER_ROW):
        rows = Markup("").join(_row(line, draw, cite, "th" if is_header else "td") for line in lines)
        yield Markup("<{tag}>{rows}</{tag}>").format(tag="thead" if is_header else "tbody", rows=rows)


def _row(line: TextLine, draw: Draw, cite: Cite, tag: str) -> Markup:
    """A row, with the breaks between its cells, which are of the text."""
    scope = Markup(' scope="col"') if tag == "th" else ""
    cells, start = list[Markup](), 0
    pieces = line.text.split(CELL_BREAK.strip(), MOST_CELLS - 1)
    for number, piece in enumerate(pieces):
        end = start + len(piece)
        content = draw(TextLine(line.number, line.start + start, piece)) if piece else Markup("")
        is_last = number == len(pieces) - 1
        hidden = "" if is_last else Markup('<span class="cell-break">|</span>')
        link = cite(line.start, line.end) if is_last else ""
        cells.append(
            Markup("<{tag}{scope}>{content}{hidden}{link}</{tag}>").format(
                tag=tag, scope=scope, content=content, hidden=hidden, link=link
            )
        )
        start = end + 1
    return _element("tr", line, Markup("").join(cells), "block")


def _list(lines: tuple[TextLine, ...], draw: Draw, cite: Cite) -> Iterator[Markup]:
    """A list with those inside it: `opened` are the tags of the lists whose last item is not closed."""
    opened: list[str] = []
    for line in lines:
        block = Markup('<div class="block">{}{}</div>').format(
            _element("p", line, draw(line)), cite(line.start, line.end)
        )
        if line.kind == CONTINUED and opened:
            yield block
            continue
        kind = line.kind if line.kind != CONTINUED else ITEMS[0]
        tag = "ol" if kind in NUMBERED_ITEMS else "ul"
        depth = (NUMBERED_ITEMS if tag == "ol" else ITEMS).index(kind) + 1
        while len(opened) > depth or (len(opened) == depth and opened[-1] != tag):
            yield _closed(opened)
        if len(opened) == depth:
            yield Markup("</li>")
        while len(opened) < depth:
            opened.append(tag)
            # A list without an item of its own before it is inside an empty one.
            yield Markup("<{}>").format(tag) if len(opened) == depth else Markup('<{}><li class="bare">').format(tag)
        yield Markup("<li>") + block
    while opened:
        yield _closed(opened)


def _closed(opened: list[str]) -> Markup:
    return Markup("</li></{}>").format(opened.pop())


def cite_link(address: str, back: str, label: str, version: int, earlier: str = "") -> Cite:
    """Links to a form that quotes a passage of at most LONGEST_WORDS, and then leads `back`. `earlier` is the text of
    an earlier version: the form has only the present one.
    """
    prefix = f"{address}{'&' if '?' in address else '?'}back={quote(back, safe='')}&version={version or ''}"

    def link(start: int, end: int) -> Markup:
        longest = LONGEST_IN_ADDRESS if earlier else LONGEST_WORDS
        end = min(end, start + longest)
        passage = f"&quote={quote(earlier[start:end], safe='')}" if earlier else ""
        href = f"{prefix}&start={start}&end={end}{passage}"
        return Markup('<a class="cite" href="{}" rel="nofollow">{}</a>').format(href, label)

    return link
