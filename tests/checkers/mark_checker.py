"""A checker of marks that is independent of the marker: it uses the analysis for words, and an engine for matches.

A mark is right if it begins and ends at word boundaries of the original text, and if a document with its words alone,
in the same fields, matches a part of the query.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index.analysis import analyze
from index.document import Document
from index.plan import Plan
from index.query import And, Everything, Fuzzy, Or, Phrase, Prefix, Query, Term, TermInFields, Wildcard
from kb.search.index_fields import SCHEMA
from tests.reference_engine import ReferenceEngine

_TAGS = re.compile(r"(</?mark>)")
_BARE = ("text", "exact")
_FIELDS = {name: (*_BARE, name) for name in ("title", "description", "highlight", "note", "comment", "reply")}
_FIELDS |= {"tag": _BARE, "source": (*_BARE, "source_words")}


@dataclass(frozen=True, slots=True)
class Marked:
    """A displayed text without ellipses, and the start and end of its marks."""

    text: str
    marks: tuple[tuple[int, int], ...]


def read_marks(html_text: str) -> Marked:
    """Parse the HTML of a match. Asserts that it has no markup except marks, and that these are not nested or empty."""
    text, marks, start = "", [], -1
    for piece in _TAGS.split(html_text):
        if piece == "<mark>":
            assert start < 0, html_text
            start = len(text)
        elif piece == "</mark>":
            assert 0 <= start < len(text), html_text
            marks.append((start, len(text)))
            start = -1
        else:
            assert "<" not in piece, html_text
            assert ">" not in piece, html_text
            text += html.unescape(piece)
    assert start < 0, html_text
    return Marked(text, tuple(marks))


def uncut(marked: Marked, texts: Sequence[str]) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """The original texts that the displayed text may be a part of (cut between words or at a mark), each with its
    marks.
    """
    begin = 2 if marked.text.startswith("… ") else 0
    end = len(marked.text) - (2 if marked.text.endswith(" …") else 0)
    for cut_begin, cut_end in {(0, len(marked.text)), (begin, end)}:
        part = marked.text[cut_begin:cut_end]
        for text in texts:
            place = text.find(part)
            while place >= 0:
                marks = tuple((place + s - cut_begin, place + e - cut_begin) for s, e in marked.marks)
                if _is_cut_well(text, place, place + len(part), marks):
                    yield text, marks
                place = text.find(part, place + 1)


def _is_cut_well(text: str, start: int, end: int, marks: Sequence[tuple[int, int]]) -> bool:
    before = start == 0 or text[start - 1].isspace() or start in {mark[0] for mark in marks}
    return before and (end == len(text) or text[end].isspace() or end in {mark[1] for mark in marks})


def texts_of(item: Mapping[str, Any], field: str, annotation_id: str | None) -> list[str]:
    """The texts of a record that a field of this name may display."""
    if field == "tag":
        return list(item["tags"])
    if annotation_id is None:
        return [item[field]]
    (annotation,) = [annotation for annotation in item["annotations"] if annotation["id"] == annotation_id]
    if field == "reply":
        return [reply["body"] for reply in annotation["replies"]]
    assert annotation["kind"] == field
    return [text for text in (annotation.get("quote"), annotation.get("body")) if text]


def stands_on_words(text: str, start: int, end: int, language: str | None) -> bool:
    """Whether words of the text begin at `start` and end at `end`, by the analysis and by their letters."""
    tokens = [*analyze(text, language), *analyze(text, language, exact=True)]
    begins, ends = {token.start for token in tokens}, {token.end for token in tokens}
    return start in begins and end in ends and not _is_inside(text, start) and not _is_inside(text, end)


def _is_inside(text: str, place: int) -> bool:
    """Whether letters or digits are on both sides; in scripts without spaces, each character is a word."""
    both = text[place - 1 : place + 1] if place else ""
    return len(both) == 2 and all(character.isalnum() and not "\u3040" <= character <= "\u9fff" for character in both)


def unreached(query: Query, marks: Iterable[tuple[str, str, str | None]]) -> list[tuple[str, str, str | None]]:
    """Those of the marks (field, marked words, language) that no part of the query matches."""
    texts = list(dict.fromkeys(marks))
    engine = ReferenceEngine(SCHEMA)
    with engine.write() as writer:
        for key, (place, words, language) in enumerate(texts):
            values = {"key": (str(key),), "document": ("item",)} | dict.fromkeys(_FIELDS[place], (words,))
            writer.put(Document(str(key), values, language))
    reached: set[str] = set()
    for part in dict.fromkeys(parts_of(query)):
        hits = engine.search(Plan(part, within=Everything(), size=len(texts)))
        reached.update(hit.key for hit in hits.page)
    engine.close()
    return [mark for key, mark in enumerate(texts) if str(key) not in reached]


def parts_of(query: Query) -> Iterator[Query]:
    """The parts of a query that match words; excluded parts match nothing."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from parts_of(part)
        case Term() | TermInFields() | Phrase() | Prefix() | Wildcard() | Fuzzy():
            yield query
        case _:
            return
