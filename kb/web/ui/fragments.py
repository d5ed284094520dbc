"""Fragments used on all pages: links, marked text, highlights, and the line with an item's source."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kb.model.fast_dataclass import fast_dataclass
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest
from kb.translation import Translator
from kb.web.http.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.page_urls import VALUE_PLACEHOLDER, Addresses

MarkedPieces = tuple[tuple[str, bool], ...]
"""Text as (text, is it marked), still to be escaped."""

HIGHLIGHT_COLORS = ("green", "blue", "pink")
"""The pens that have a rule of their own; any other is drawn as yellow."""
PLAIN_STYLE = "plain"


@dataclass(frozen=True, slots=True)
class ListingContext:
    """What each part of a listing is made for: the request, the reader's language, our addresses, and where it is."""

    request: SearchRequest
    words: Translator
    addresses: Addresses
    place: ListingScope = SEARCH_SCOPE
    _choosing: dict[str, Callable[[str], str]] = field(default_factory=dict, compare=False, repr=False)

    def link(self, request: SearchRequest) -> str:
        """The address of another search, as near to this place as it can be."""
        return self.addresses.listing(self.place, request)

    def with_value(self, name: str, value: str) -> str:
        """The address of the same search with one more value under a parameter that may have several."""
        if value in getattr(self.request, name) or self.place.fixes(name, value):
            return self.link(self.request.with_value(name, value))
        # A page has a hundred such links, which differ by the value alone.
        if name not in self._choosing:
            self._choosing[name] = self.addresses.listing_by_value(
                self.place, self.request.with_value(name, VALUE_PLACEHOLDER)
            )
        return self._choosing[name](value)


@fast_dataclass
@dataclass(frozen=True, slots=True)
class Link:
    """`hint` completes the label: a count, a meaning, the facet that it belongs to."""

    label: str
    href: str
    hint: str = ""
    current: bool = False


@fast_dataclass
@dataclass(frozen=True, slots=True)
class TagLink:
    pieces: MarkedPieces
    href: str
    current: bool = False


@fast_dataclass
@dataclass(frozen=True, slots=True)
class PassageLink:
    """Words of one annotation, of a reply to it, or of the description: `kind` says which.

    `style` names the rule beside them, empty for the usual one; `by` says what they are and whose, empty for a passage
    that the sharer marked.
    """

    kind: str
    pieces: MarkedPieces
    href: str
    style: str
    language: str | None
    by: str


def joined_text(pieces: MarkedPieces) -> str:
    """The text that the pieces make."""
    return "".join(text for text, _ in pieces)


def unmarked(text: str) -> MarkedPieces:
    return ((text, False),)


_ELLIPSIS = "\u00a0…"
"""Stands where words are left out: never alone on a line."""


def truncate(text: str, size: int) -> str:
    """At most `size` characters of a text, cut between words, with an ellipsis when something is left out."""
    if len(text) <= size:
        return text
    head, _, _ = text[: size + 1].rpartition(" ")
    return (head.rstrip() or text[:size]) + _ELLIPSIS


_BREAKABLE_SPACES = re.compile(r"[ \t\r\n\f\v]+")
"""Spaces where a line may break: those that bind a mark to its word are kept."""


def truncate_to_line(text: str, size: int) -> MarkedPieces:
    """The beginning of a text on one line."""
    return unmarked(truncate(_BREAKABLE_SPACES.sub(" ", text).strip(), size))


def truncate_marked(pieces: MarkedPieces, size: int) -> MarkedPieces:
    """A title for a list: its beginning. One whose marked words stand further on is kept whole."""
    text = joined_text(pieces)
    short = truncate(text, size)
    if short == text:
        return pieces
    kept = list[tuple[str, bool]]()
    left = len(short) - len(_ELLIPSIS)
    for piece, is_marked in pieces:
        if is_marked and len(piece) > left:
            return pieces
        kept.append((piece[:left], is_marked))
        left -= len(kept[-1][0])
    return (*(pair for pair in kept if pair[0]), (_ELLIPSIS, False))


def title_or_url(item: Item) -> str:
    """What an item is called: its title, else its address."""
    return item.title or item.url or item.id


_USUAL_HOST = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|\Z)", re.ASCII)
"""The host of nearly all addresses, which needs no more to be taken apart."""


def web_host(url: str | None) -> str | None:
    """The host of an http or https address, without `www.`; None for any other address."""
    usual = _USUAL_HOST.match(url or "")
    if usual is not None:
        return usual[1].removeprefix("www.")
    try:
        parts = urlsplit(url or "")
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def date_label(item: Item, words: Translator) -> str:
    """When an item was published, else when it was added, else nothing."""
    if item.published:
        return words.period(item.published)
    return words.say("added on %(day)s", day=words.instant(item.added)) if item.added else ""


def kind_label(kind: AnnotationKind, words: Translator) -> str:
    match kind:
        case AnnotationKind.HIGHLIGHT:
            return words.say("Highlight")
        case AnnotationKind.NOTE:
            return words.say("Note")
        case AnnotationKind.COMMENT:
            return words.say("Comment")


def highlight_style(annotation: Annotation) -> str:
    """The rule beside an annotation: of the colour of its pen, or plain beside what nobody marked."""
    if annotation.kind is AnnotationKind.COMMENT:
        return PLAIN_STYLE
    pen = (annotation.color or "").casefold()
    return pen if pen in HIGHLIGHT_COLORS else ""


def foreign_language(item: Item, words: Translator) -> str | None:
    """The language of an item's words, when it is not the page's: browsers and voices must know."""
    known = item.language if item.language and item.language.replace("-", "").isalnum() else None
    return known if known != words.language else None
