"""Fragments used on all pages: links, marked text, highlights, and the line with an item's source."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.model.items.language_tag import language_tag
from kb.model.people.group import Group, Visibility
from kb.model.search_request import SearchRequest
from kb.model.truncation import ELLIPSIS, truncate
from kb.translation import Translator
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import VALUE_PLACEHOLDER, Addresses

MarkedPieces = tuple[tuple[str, bool], ...]
"""Text in pieces (text, is it marked), not escaped yet."""

HIGHLIGHT_COLORS = ("green", "blue", "pink")
"""The highlight colours with a style of their own; any other is shown as yellow."""
PLAIN_STYLE = "plain"


@dataclass(frozen=True, slots=True)
class ListingContext:
    """The context of the parts of a listing: the request, the reader's language, our addresses, and the listing
    scope.
    """

    request: SearchRequest
    translator: Translator
    addresses: Addresses
    scope: ListingScope = SEARCH_SCOPE
    _value_links: dict[str, Callable[[str], str]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def address_bytes(self) -> int:
        """Bytes of the search in each address that repeats it: up to nine for a character."""
        return len(urlencode(self.request.to_params()))

    def link(self, request: SearchRequest | None = None, **changes: object) -> str:
        """The address of another search, or of this one with other values of some fields, in the narrowest scope around
        this one.
        """
        return self.addresses.listing(self.scope, request or self.request, **changes)

    def with_value(self, name: str, value: str) -> str:
        """The address of the same search with one more value of a repeatable parameter."""
        if value in getattr(self.request, name) or self.scope.fixes(name, value):
            return self.link(self.request.with_value(name, value))
        # A page has a hundred such links, which differ in the value only.
        if name not in self._value_links:
            self._value_links[name] = self.addresses.listing_by_value(
                self.scope, self.request.with_value(name, VALUE_PLACEHOLDER)
            )
        return self._value_links[name](value)


class Link(NamedTuple):
    """`hint` completes the label: a count, an explanation, the facet of a value.

    Named tuples, here and below, and not dataclasses: a page of results has two hundred, and a frozen dataclass takes
    three times as long to make.
    """

    label: str
    href: str
    hint: str = ""
    current: bool = False


class TagLink(NamedTuple):
    pieces: MarkedPieces
    href: str
    current: bool = False


class PassageLink(NamedTuple):
    """A text of one annotation, of a reply to it, or of the description: `kind` says which.

    `style` names the colour of the line beside it, empty for the usual one; `by` gives kind and author, empty for a
    highlight by the sharer.
    """

    kind: str
    pieces: MarkedPieces
    href: str
    style: str
    language: str | None
    by: str


def facts_line(*facts: str) -> str:
    """The facts that are not empty, in a line."""
    return " · ".join(filter(None, facts))


def joined_text(pieces: MarkedPieces) -> str:
    return "".join(text for text, _ in pieces)


def unmarked(text: str) -> MarkedPieces:
    return ((text, False),)


_BREAKABLE_SPACES = re.compile(r"[ \t\r\n\f\v]+")
"""Spaces where a line may break: the narrow ones beside a punctuation mark stay."""


def truncate_to_line(text: str, size: int) -> MarkedPieces:
    """The beginning of a text on one line."""
    return unmarked(truncate(_BREAKABLE_SPACES.sub(" ", text).strip(), size))


def truncate_marked(pieces: MarkedPieces, size: int) -> MarkedPieces:
    """The beginning of a title for a list. A title with marked words after that stays whole."""
    text = joined_text(pieces)
    short = truncate(text, size)
    if short == text:
        return pieces
    short_pieces = list[tuple[str, bool]]()
    remaining = len(short) - len(ELLIPSIS)
    for piece, is_marked in pieces:
        if is_marked and len(piece) > remaining:
            return pieces
        short_pieces.append((piece[:remaining], is_marked))
        remaining -= len(short_pieces[-1][0])
    return (*(pair for pair in short_pieces if pair[0]), (ELLIPSIS, False))


def title_or_url(item: Item) -> str:
    """The title of an item, or its address without one."""
    return item.title or item.url or item.id


_USUAL_HOST = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|\Z)", re.ASCII)
"""The pattern of nearly all addresses, whose host is found without full parsing."""


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


def date_label(item: Item, translator: Translator) -> str:
    """The date of publication of an item, otherwise the date when it was added, otherwise nothing."""
    if item.published:
        return translator.period(item.published)
    return translator.gettext("added on %(day)s", day=translator.instant(item.added)) if item.added else ""


def kind_label(kind: AnnotationKind, translator: Translator) -> str:
    _ = translator.gettext
    match kind:
        case AnnotationKind.HIGHLIGHT:
            return _("Highlight")
        case AnnotationKind.NOTE:
            return _("Note")
        case AnnotationKind.COMMENT:
            return _("Comment")


def highlight_style(annotation: Annotation) -> str:
    """The style of the line beside an annotation: its highlight colour, or plain for an annotation without a
    highlight.
    """
    if annotation.kind is AnnotationKind.COMMENT:
        return PLAIN_STYLE
    color = (annotation.color or "").casefold()
    return color if color in HIGHLIGHT_COLORS else ""


def foreign_language(item: Item, translator: Translator) -> str | None:
    """The language of an item's text, if it differs from the page's: browsers and screen readers need it."""
    known = language_tag(item.language)
    return known if known != translator.language else None


def group_name(group: Group, translator: Translator) -> str:
    """The name of a group on pages: a user's own library, which nobody else reads, is not called by the user's name."""
    return (
        translator.gettext("My own library")
        if group.is_personal and group.visible is Visibility.MEMBERS
        else group.name
    )


def archived_mark(group: Group, translator: Translator) -> str:
    """The word beside the name of an archived group in lists; empty for another one."""
    return "" if group.archived_at is None else translator.gettext("archived")
