"""Cut the texts of an item into pieces of a few sentences, each of which gets a vector of its own.

The pieces are the same whenever the item is: their order is that of the vectors in the item's document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from kb.model.items.item import Item

LONGEST = 700
"""Characters of a piece."""
LONG_ENOUGH = 400
"""Characters after which the end of a paragraph ends a piece."""
MOST_PIECES = 500
"""Pieces of one item, about 300,000 characters; what comes after them in the text of the page has no vector."""
ITEM, PAGE = "/item", "/page"
"""Sources of pieces: no annotation has such an id."""
# Each alternative looks at the characters before it first: a run of spaces is read once.
_SENTENCE_END = re.compile(r"\n\s*|(?<=[.!?…])\s+(?![»”])|(?<=[.!?…][»”\"’)\]])\s+|(?<=[.!?…]\s[»”])\s+")


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of a text of an item: `text` is `source_text(item, page, source)[start:end]`.

    `source` is `ITEM` (title and description), the id of an annotation (quote and note), or `PAGE` (the page's text).
    """

    source: str
    start: int
    end: int
    text: str


def text_pieces_of(item: Item, page: str | None) -> tuple[TextPiece, ...]:
    """The pieces of an item: those of its title and description, of each annotation, then of the text of its page.

    At most MOST_PIECES of LONGEST characters. A piece begins and ends with a sentence; a longer sentence is cut between
    two words, and only what has no space in LONGEST characters is cut elsewhere. Takes a time that grows with the
    length of the texts.
    """
    return tuple(islice(_all_text_pieces(item, page), MOST_PIECES))


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each sentence of a text, without the spaces around it."""
    for begin, end, _ in _sentences(text):
        sentence = text[begin:end]
        if stripped := sentence.strip():
            start = begin + sentence.index(stripped[0])
            yield start, start + len(stripped)


def source_text(item: Item, page: str | None, source: str) -> str:
    """The text of a source of pieces; empty if the item has none of this name."""
    if source == PAGE:
        return page or ""
    if source == ITEM:
        return _item_text(item)
    annotation = next((annotation for annotation in item.annotations if annotation.id == source), None)
    return "" if annotation is None else _joined(annotation.quote, annotation.body)


def _all_text_pieces(item: Item, page: str | None) -> Iterator[TextPiece]:
    yield from _text_pieces(ITEM, _item_text(item))
    for annotation in item.annotations:
        yield from _text_pieces(annotation.id, _joined(annotation.quote, annotation.body))
    yield from _text_pieces(PAGE, page or "")


def _item_text(item: Item) -> str:
    return _joined(item.title, item.description)


def _joined(*texts: str | None) -> str:
    return "\n".join(filter(None, texts))


def _text_pieces(source: str, text: str) -> Iterator[TextPiece]:
    for start, end in _spans(text):
        whole = text[start:end]
        piece = whole.strip()
        if any(map(str.isalnum, piece)):
            first = start + len(whole) - len(whole.lstrip())
            yield TextPiece(source, first, first + len(piece), piece)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each piece: as many whole sentences as fit."""
    start = reached = 0
    for begin, end, ends_paragraph in _sentences(text):
        if end - start > LONGEST:
            if reached > start:
                yield start, reached
            start = begin
            while end - start > LONGEST:
                cut = text.rfind(" ", start + 1, start + LONGEST) + 1 or start + LONGEST
                yield start, cut
                start = cut
        reached = end
        if ends_paragraph and reached - start >= LONG_ENOUGH:
            yield start, reached
            start = reached
    if reached > start:
        yield start, reached


def _sentences(text: str) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of each sentence, with the space after it, and whether it ends a paragraph."""
    begin = 0
    for found in _SENTENCE_END.finditer(text):
        yield begin, found.end(), "\n" in found[0]
        begin = found.end()
    if begin < len(text):
        yield begin, len(text), True
