"""What each line of a page text is, for the reading view. The text itself has no markup.

Stored as JSON beside the text: `{"kinds": "1pp2ab", "pages": [0, 12], "pictures": [[3, "<name>", "<description>"]]}`.
`kinds` has one character for each line, of LINE_KINDS.
"""

import json
from dataclasses import dataclass, replace
from itertools import islice

PARAGRAPH, QUOTATION, PREFORMATTED = "p", "q", "x"
HEADINGS = "123456"
"""By their level."""
ITEMS, NUMBERED_ITEMS = "abcdef", "ABCDEF"
"""Items of lists, by the depth of the list."""
CONTINUED = "i"
"""A further paragraph of the item before."""
ROW, HEADER_ROW = "r", "R"
"""Rows of a table, whose cells have CELL_BREAK between them."""
LINE_KINDS = frozenset(
    PARAGRAPH + QUOTATION + PREFORMATTED + HEADINGS + ITEMS + NUMBERED_ITEMS + CONTINUED + ROW + HEADER_ROW
)
CELL_BREAK = " | "
MOST_PICTURES = 200
_MOST_PAGES = 2_000
_LONGEST_NAME, _LONGEST_DESCRIPTION = 64, 300


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture before the line of this index, from 0: `name` finds it in the saved copy of the page."""

    line: int
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class TextLayout:
    """The kinds of all lines of a text; the index of the line with which each page of a PDF begins; pictures."""

    kinds: str
    pages: tuple[int, ...] = ()
    pictures: tuple[Picture, ...] = ()

    def without_lines(self, kept: list[bool]) -> "TextLayout":
        """The layout after only these of its lines were kept."""
        index, places = 0, list[int]()
        for is_kept in kept:
            places.append(index)
            index += is_kept
        places.append(index)
        last = len(kept)
        return TextLayout(
            "".join(kind for kind, is_kept in zip(self.kinds, kept, strict=True) if is_kept),
            tuple(places[min(line, last)] for line in self.pages),
            tuple(replace(picture, line=places[min(picture.line, last)]) for picture in self.pictures),
        )


def layout_json(layout: TextLayout) -> str:
    """The layout as it is stored."""
    stored: dict[str, object] = {"kinds": layout.kinds}
    if layout.pages:
        stored["pages"] = layout.pages
    if layout.pictures:
        stored["pictures"] = [(picture.line, picture.name, picture.description) for picture in layout.pictures]
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


def layout_of(stored: object, text: str) -> TextLayout | None:
    """The stored layout of a text, or of a text of which this is the beginning; None if it does not fit."""
    try:
        value = json.loads(stored) if isinstance(stored, str) and stored else stored
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(kinds := value.get("kinds"), str):
        return None
    lines = text.count("\n") + 1 if text else 0
    kinds = kinds[:lines]
    if len(kinds) < lines or not LINE_KINDS.issuperset(kinds):
        return None
    pages = [line for line in _values(value, "pages", _MOST_PAGES) if type(line) is int and 0 <= line <= lines]
    pictures = list[Picture]()
    for entry in _values(value, "pictures", MOST_PICTURES):
        match entry:
            case [int(line), str(name), str(description)] if 0 <= line <= lines and len(name) <= _LONGEST_NAME:
                pictures.append(Picture(line, name, description[:_LONGEST_DESCRIPTION]))
    return TextLayout(kinds, tuple(pages), tuple(pictures))


def _values(value: dict[str, object], name: str, most: int) -> list[object]:
    values = value.get(name)
    return list(islice(values, most)) if isinstance(values, list) else []
