"""Mark the words of an item that a query matched, in texts from the database."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from index import Marker, Snippet
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.search.text_fields import RECORD_LINES

MOST_MATCHED_TEXTS = 6
"""Places shown for one hit."""
MOST_TEXTS = 300
"""Texts of one item that are looked at: an item with a thousand passages must not slow a page down."""
MOST_CHARACTERS = 60_000
"""Characters of the texts of one hit that are read in a list; texts that do not fit are shown without marks.

Twenty hits of texts with combining and invisible characters then take about half a second.
"""
SNIPPET_SIZE = 200
"""Characters of a text that are shown around the words found; a title is shown whole."""

_BARE = ("text", "exact")
_TITLE, _DESCRIPTION, _REPLY = ((*_BARE, field) for field in ("title", "description", "reply"))
_LINES = [(field.record, (*_BARE, field.name)) for field in RECORD_LINES]
_PAGE = ("page", "page_exact")
_KINDS = {kind: (*_BARE, kind.value) for kind in AnnotationKind}


class MatchedText(NamedTuple):
    """Words found in one field. `field`: title, description, highlight, note, comment, reply, tag, page, or the name of
    a line of the bibliographic record, such as source.

    `pieces` are (text, is it marked), to be escaped by the page that shows them; "…" marks truncated text. Titles,
    tags and lines of the record are whole. `annotation` is the id of the annotation, if any.
    """

    field: str
    annotation: str | None
    pieces: tuple[tuple[str, bool], ...]


class _SearchedText(NamedTuple):
    """A text, its field, and the fields that hold its words in the index.

    A named tuple and not a dataclass, for speed: a page of results has hundreds, most of them without a match.
    """

    field: str
    annotation: str | None
    text: str
    fields: tuple[str, ...]
    whole: bool = False


def matched_texts_of_hit(item: Item, annotation: Annotation | None, marker: Marker) -> tuple[MatchedText, ...]:
    """As `matched_texts_of_hits`, of one hit."""
    return matched_texts_of_hits([(item, annotation)], marker)[0]


def matched_texts_of_hits(
    hits: Sequence[tuple[Item, Annotation | None]], marker: Marker
) -> list[tuple[MatchedText, ...]]:
    """The texts of each hit that hold query words: of the item, or of one annotation and its item's title.

    At most MOST_MATCHED_TEXTS, in reading order: the title if it matches, then those with the most marked words. All
    hits together take two thirds of the time that each alone would take.
    """
    texts = [_within_budget(_texts_of_hit(*hit)) for hit in hits]
    every = [(text, item.language) for (item, _), some in zip(hits, texts, strict=True) for text in some]
    matches = iter(_find_matched_texts(every, marker, SNIPPET_SIZE))
    return [_most_matched(list(filter(None, islice(matches, len(some))))) for some in texts]


def _most_matched(every: Sequence[MatchedText]) -> tuple[MatchedText, ...]:
    if len(every) <= MOST_MATCHED_TEXTS:
        return tuple(every)
    numbers = sorted(
        range(len(every)), key=lambda number: (every[number].field != "title", -count_marked_words(every[number]))
    )
    return tuple(every[number] for number in sorted(numbers[:MOST_MATCHED_TEXTS]))


def matched_texts_of_item(item: Item, marker: Marker, most: int | None = None) -> tuple[MatchedText, ...]:
    """Every whole text of an item that holds query words; only of its first `most` texts, if there are many items."""
    texts = [(text, item.language) for text in _searched_texts(item)[:most]]
    return tuple(filter(None, _find_matched_texts(texts, marker, None)))


def matched_page_text(text: str, language: str | None, marker: Marker) -> tuple[MatchedText, ...]:
    """The part of an item's page text that holds the query words, if any."""
    searched = [(_SearchedText("page", None, text, _PAGE), language)]
    return tuple(filter(None, _find_matched_texts(searched, marker, SNIPPET_SIZE)))


def marked_spans(text: str, language: str | None, marker: Marker) -> tuple[tuple[tuple[int, int], ...], int | None]:
    """Where the words of a query stand in a page text, as (start, end), in order, and the start of those that
    `matched_page_text` shows.
    """
    (shown,) = marker.snippets([(_PAGE, text, language, SNIPPET_SIZE)])
    if shown is None:
        return (), None
    places = tuple((span.start, span.end) for span in marker.spans(text, _PAGE, language))
    return places, next(start for start, _ in places if start >= shown.start)


def _find_matched_texts(
    texts: Sequence[tuple[_SearchedText, str | None]], marker: Marker, size: int | None
) -> list[MatchedText | None]:
    """The match of each text, given with its language, in about `size` characters around it, or in the whole text; None
    for a text without one.
    """
    snippets = marker.snippets(
        [
            (text.fields, text.text, language, len(text.text) if text.whole or size is None else size)
            for text, language in texts
        ]
    )
    return [snippet and _matched_text(text, snippet) for (text, _), snippet in zip(texts, snippets, strict=True)]


def _matched_text(text: _SearchedText, snippet: Snippet) -> MatchedText:
    before = (("… ", False),) if snippet.start > 0 else ()
    after = ((" …", False),) if snippet.end < len(text.text) else ()
    return MatchedText(text.field, text.annotation, before + snippet.pieces + after)


def _texts_of_hit(item: Item, annotation: Annotation | None) -> list[_SearchedText]:
    if annotation is None:
        return _searched_texts(item)
    return [*_searched_title(item), *_searched_annotation_texts(annotation)]


def _within_budget(texts: Iterable[_SearchedText]) -> list[_SearchedText]:
    """The texts that are searched for one hit, within MOST_CHARACTERS and MOST_TEXTS."""
    searched, remaining = list[_SearchedText](), MOST_CHARACTERS
    for text in texts:
        if len(text.text) <= remaining:
            remaining -= len(text.text)
            searched.append(text)
    return searched[:MOST_TEXTS]


def count_marked_words(mark: MatchedText) -> int:
    """How many different words of a text are marked."""
    return len({text.casefold() for text, is_marked in mark.pieces if is_marked})


def _searched_texts(item: Item) -> list[_SearchedText]:
    texts = _searched_title(item)
    if item.description:
        texts.append(_SearchedText("description", None, item.description, _DESCRIPTION))
    for annotation in item.annotations:
        texts += _searched_annotation_texts(annotation)
    texts += [_SearchedText("tag", None, tag, _BARE, whole=True) for tag in item.tags]
    for record, fields in _LINES:
        if text := getattr(item, record):
            texts.append(_SearchedText(record, None, text, fields, whole=True))
    return texts


def _searched_title(item: Item) -> list[_SearchedText]:
    return [_SearchedText("title", None, item.title, _TITLE, whole=True)] if item.title else []


def _searched_annotation_texts(annotation: Annotation) -> list[_SearchedText]:
    kind, fields = annotation.kind.value, _KINDS[annotation.kind]
    texts = [_SearchedText(kind, annotation.id, text, fields) for text in (annotation.quote, annotation.body) if text]
    return texts + [
        _SearchedText("reply", annotation.id, reply.body, _REPLY) for reply in annotation.replies if reply.body
    ]
