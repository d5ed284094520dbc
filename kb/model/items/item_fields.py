"""The fields that users give when they save or edit an item, checked in one place for pages and the API."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from kb.errors import Invalid
from kb.model.bibliographic_record import (
    LONGEST_ADDRESS,
    RECORD_FIELDS,
    BibliographicRecord,
    RecordField,
    RecordFieldKind,
    record_values,
    with_record_values,
)
from kb.model.dates import days_of
from kb.model.document_type import DocumentType
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.model.items.language_tag import language_tag
from kb.model.storable_text import check_text
from kb.model.web_pages import canonical_address

LONGEST_TAG = 200
MOST_TAGS = 100
LONGEST_WORDS = 50_000
"""Characters of a passage, or of a user's words."""

_BARE_HOST = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:.]{2,}(?::\d+)?(?:[/?#]\S*)?", re.DOTALL)
_PARTS = re.compile(r'[^\S\n]*"(?:[^"]|"")*+"\s*(?=[,;\n]|$)|[^,;\n]+')
_TAG = re.compile(r'\s*"(?P<quoted>(?:[^"]|"")*+)"\s*|(?P<plain>.*)', re.DOTALL)


class HighlightColor(StrEnum):
    """The four highlight colours."""

    YELLOW = "yellow"
    BLUE = "blue"
    GREEN = "green"
    PINK = "pink"


LONGEST_TYPED_TITLE = 300
"""Characters of a title that a user types; imports and programs may bring longer ones."""


class InvalidTitle(Invalid):
    """A typed title that is too long."""

    def __init__(self) -> None:
        super().__init__("A title has at most %(limit)s characters.", limit=LONGEST_TYPED_TITLE)


class InvalidDate(Invalid):
    """A date of another form, or a day that the calendar does not have."""


@dataclass(frozen=True, slots=True)
class ItemFields(BibliographicRecord):
    """The fields of an item that users give. An empty text means no value; a title or an address is required."""

    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnotationFields:
    """A new annotation: a passage, words about it, or both; without a passage, the words are about the item.

    `tags` are its own, `selectors` its further selectors, as `selectors_text` gives them: programs send them. In a
    change, None keeps those that it has.
    """

    quote: str = ""
    body: str = ""
    color: str = ""
    prefix: str = ""
    suffix: str = ""
    tags: tuple[str, ...] | None = None
    selectors: str | None = None

    @property
    def kind(self) -> AnnotationKind:
        """The kind of the annotation, by its contents."""
        return AnnotationKind.of(self.quote, self.body)


def fields_of_item(item: Item) -> ItemFields:
    """The fields of an item, as a form shows them."""
    fields = with_record_values(
        ItemFields(tags=item.tags), {name: value or None for name, value in record_values(item).items()}
    )
    return replace(fields, language=None) if item.language_decided else fields


def checked_fields(item_fields: ItemFields) -> ItemFields:
    """The fields as they are stored: without spaces around them, without repeated tags, an address with its scheme,
    None for an empty text.

    Raises Invalid, with a sentence for the first invalid field.
    """
    values = {
        record_field.name: _checked_value(record_field, getattr(item_fields, record_field.name) or "") or None
        for record_field in RECORD_FIELDS
    }
    fields = with_record_values(ItemFields(tags=checked_tags(item_fields.tags)), values)
    if not fields.url and not fields.title:
        raise Invalid("Give an address or a title: one of them at least.")
    return fields


def checked_address(text: str) -> str:
    """An address as it is stored, with its scheme; empty for none. Raises Invalid."""
    return _address(text.strip())


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags in their order, without repetition in any case, without spaces around. Raises Invalid."""
    seen: dict[str, str] = {}
    for tag in tags:
        cleaned = " ".join(check_text(tag).split())
        if len(cleaned) > LONGEST_TAG:
            raise Invalid("A tag has at most %(limit)s characters.", limit=LONGEST_TAG)
        if cleaned:
            seen.setdefault(cleaned.casefold(), cleaned)
    if len(seen) > MOST_TAGS:
        raise Invalid("An item has at most %(limit)s tags.", limit=MOST_TAGS)
    return tuple(seen.values())


def parse_tags(text: str) -> tuple[str, ...]:
    """Parse typed tags, separated by commas, semicolons or lines; text in quotation marks is one tag."""
    matches = (_TAG.fullmatch(part) for part in _PARTS.findall(text))
    tags = (
        (match["quoted"].replace('""', '"') if match["quoted"] is not None else match["plain"])
        for match in matches
        if match
    )
    return tuple(tag for tag in tags if tag.strip())


def tags_as_text(tags: Iterable[str]) -> str:
    """Tags as a form field shows them; `parse_tags` reads them back."""
    return ", ".join('"' + tag.replace('"', '""') + '"' if re.search(r'[,;\n]|^\s*"', tag) else tag for tag in tags)


def checked_annotation_fields(fields: AnnotationFields) -> AnnotationFields:
    """An annotation as it is stored: quotes to the letter, except for spaces around. Raises Invalid."""
    words = AnnotationFields(
        quote=checked_text(fields.quote, LONGEST_WORDS),
        body=checked_text(fields.body, LONGEST_WORDS),
        color=fields.color.strip(),
        prefix=check_text(fields.prefix)[-200:],
        suffix=check_text(fields.suffix)[:200],
        tags=None if fields.tags is None else checked_tags(fields.tags),
        selectors=fields.selectors,
    )
    if not words.quote and not words.body:
        raise Invalid("Write something, or paste a passage: one of them at least.")
    if words.color and words.color not in set(HighlightColor):
        raise Invalid("“%(color)s” is none of the four colours.", color=words.color[:40])
    return words if words.quote else replace(words, color="", prefix="", suffix="", selectors=None)


def checked_text(text: str, longest: int) -> str:
    """A text as it is stored: without spaces around it, lines ending in LF. Raises Invalid for one that is too long."""
    cleaned = check_text(text).replace("\r\n", "\n").strip()
    if len(cleaned) > longest:
        raise Invalid("This text is too long: at most %(limit)s characters are kept.", limit=longest)
    return cleaned


def _checked_value(field: RecordField, text: str) -> str:
    match field.kind:
        case RecordFieldKind.ADDRESS:
            return _address(text.strip())
        case RecordFieldKind.LINE:
            return checked_text(" ".join(text.split()), field.longest)
        case RecordFieldKind.TEXT:
            return checked_text(text, field.longest)
        case RecordFieldKind.DATE:
            return _date(text.strip())
        case RecordFieldKind.LANGUAGE:
            return _language(text.strip())
        case RecordFieldKind.TYPE:
            return _document_type(text.strip())
    assert_never(field.kind)


def _address(text: str) -> str:
    if not text:
        return ""
    if len(text) > LONGEST_ADDRESS:
        raise Invalid("An address has at most %(limit)s characters.", limit=LONGEST_ADDRESS)
    whole = f"https://{text}" if _BARE_HOST.fullmatch(text) else text
    if canonical_address.is_script_address(whole) or canonical_address.parsed_address(check_text(whole)) is None:
        raise Invalid("“%(address)s” is no address: https://… was expected.", address=text[:200])
    return whole


def _document_type(text: str) -> str:
    if text and DocumentType.of(text) is None:
        known = ", ".join(DocumentType)
        raise Invalid("“%(text)s” is no type of document: %(known)s.", text=text[:40], known=known)
    return text


def _date(text: str) -> str:
    if text:
        try:
            days_of(text)
        except ValueError:
            raise InvalidDate(
                "“%(date)s” is no date: YYYY, YYYY-MM or YYYY-MM-DD was expected.", date=text[:40]
            ) from None
    return text


def _language(text: str) -> str:
    if text and not (language_tag(text) and text[:2].islower()):
        raise Invalid("“%(language)s” is no language: a code such as fr or en was expected.", language=text[:40])
    return text
