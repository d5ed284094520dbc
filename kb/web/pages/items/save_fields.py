"""The fields of the save form as the user sent them: from an address that opens the form, or from the form itself."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kb.model.bibliographic_record import (
    RECORD_FIELDS,
    RECORD_NAMES,
    RecordField,
    RecordFieldKind,
    record_values,
    with_record_values,
)
from kb.model.ids import new_id
from kb.model.items.item_fields import AnnotationFields, ItemFields, parse_tags
from kb.model.web_pages.page_facts import PageFacts
from kb.model.written_dates import LONGEST_WRITTEN_DATE, iso_or_typed
from kb.translation import Translator
from kb.web.http.urls.listing_scope import Pairs

MOST_FORM_PASSAGES = 20
"""Highlights that one form has fields for."""
_ADDRESS = re.compile(r"https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_DIRECTIVE = re.compile(r"#?:~:.*$", re.DOTALL)
_OPENING, _CLOSING = '"“«', '"”»'
_FIRST_FIELDS = ("description", "source", "published", "byline")
_PASSAGE = re.compile(r"(?:quote|note)-(\d{1,3})")


@dataclass(frozen=True, slots=True)
class SaveFields:
    """The values of the form, not validated.

    `tags` is the text of the tag field, `selected` are the suggestions taken. `once` is a token that identifies copies
    of the same form, `fetch` the requested page fetch, `is_truncated`: the quote was too long for an address.
    """

    fields: ItemFields = field(default_factory=ItemFields)
    tags: str = ""
    selected: tuple[str, ...] = ()
    passages: tuple[AnnotationFields, ...] = (AnnotationFields(),)
    group: str = ""
    later: bool = False
    once: str = field(default_factory=new_id)
    fetch: str = ""
    is_truncated: bool = False

    @property
    def url(self) -> str:
        return (self.fields.url or "").strip()

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The typed tags, and the selected ones."""
        return (*parse_tags(self.tags), *self.selected)

    @property
    def fields_with_tags(self) -> ItemFields:
        return replace(self.fields, tags=self.all_tags)

    @property
    def written_passages(self) -> tuple[AnnotationFields, ...]:
        """The highlights with a text; empty fields are ignored."""
        return tuple(passage for passage in self.passages if passage.quote.strip() or passage.body.strip())


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of an item in a form; the tags have no `kind`. `error` is the sentence about an invalid value.

    `of_reference`: forms fold it. `theirs` is another user's version, shown beside it if it `differs`; `take`: it is
    preselected.
    """

    name: str
    label: str
    value: str
    kind: RecordFieldKind | None
    longest: int
    hint: str = ""
    error: str = ""
    of_reference: bool = False
    differs: bool = False
    theirs: str = ""
    take: bool = False


def detail_fields(typed: SaveFields, errors: Mapping[str, str], translator: Translator) -> tuple[FormField, ...]:
    """The fields of the save form below its title: those that other sites give as well, then the language."""
    _ = translator.gettext
    hints = {
        "source": _("A journal, a site: Lagazette.fr"),
        "published": _("2024, 11/2024 or 07/11/2024"),
    }
    return tuple(
        FormField(
            record.name,
            _(record.label),
            getattr(typed.fields, record.name) or "",
            record.kind,
            longest_typed(record),
            hints.get(record.name, ""),
            errors.get(record.name, ""),
            of_reference=record.of_reference,
        )
        for record in sorted(RECORD_FIELDS, key=_position)
        if record.name not in {"url", "title"}
    )


def _position(record: RecordField) -> tuple[bool, int]:
    """The position of a field in the save form: fields without one of their own stand after the author."""
    is_last = record.kind is RecordFieldKind.LANGUAGE
    return is_last, _FIRST_FIELDS.index(record.name) if record.name in _FIRST_FIELDS else len(_FIRST_FIELDS)


def longest_typed(record: RecordField) -> int:
    """Characters of a value as users type it: dates may be in words."""
    return LONGEST_WRITTEN_DATE if record.kind is RecordFieldKind.DATE else record.longest


def save_fields_of_params(params: Pairs) -> SaveFields:
    """The values in an address: from the bookmarklet, from a phone's share menu, or from one of our links."""

    def param(name: str) -> str:
        return next((value for param_name, value in params if param_name == name), "").strip()

    fields, quote = _split_shared_text(_fields(param), param("text"), param("quote"))
    return SaveFields(
        fields=replace(fields, url=_DIRECTIVE.sub("", fields.url or "")),
        tags=param("tags"),
        passages=(AnnotationFields(quote, param("note")),),
        group=param("group"),
        is_truncated=bool(param("cut")),
    )


def save_fields_of_form(sent: Pairs) -> SaveFields:
    """The values sent by the form."""

    def get(name: str) -> str:
        return next((value for field_name, value in sent if field_name == name), "")

    numbers = sorted({int(match[1]) for name, _ in sent if (match := _PASSAGE.fullmatch(name))})
    passages = tuple(
        AnnotationFields(get(f"quote-{number}"), get(f"note-{number}"), get(f"color-{number}"))
        for number in numbers[:MOST_FORM_PASSAGES]
    )
    return SaveFields(
        fields=_fields(get),
        tags=get("tags"),
        selected=tuple(value for name, value in sent if name == "tag"),
        passages=passages or (AnnotationFields(),),
        group=get("group"),
        later=bool(get("later")),
        once=get("once")[:64] or new_id(),
        fetch=get("fetch")[:64],
    )


def fill_from_page(typed: SaveFields, facts: PageFacts, known: Iterable[str]) -> SaveFields:
    """The form with the page's data in its empty fields; of languages, only those that are `known`."""
    fields = typed.fields
    code = (facts.language or "").partition("-")[0].lower()
    filled = {name: getattr(fields, name) or value or "" for name, value in record_values(facts).items()}
    own = {"url": fields.url, "language": fields.language or (code if code in known else "")}
    return replace(typed, fields=with_record_values(fields, filled | own))


def clear_page_facts(typed: SaveFields, facts: PageFacts, known: Iterable[str]) -> SaveFields:
    """The form without values that came from another page and that the user has not typed."""
    brought_in = fill_from_page(SaveFields(), facts, known).fields

    def left(name: str) -> str:
        value: str = getattr(typed.fields, name)
        return "" if name != "url" and value == getattr(brought_in, name) else value

    return replace(typed, fields=_fields(left), fetch="")


def has_typed_details(typed: SaveFields, facts: PageFacts | None, known: Iterable[str]) -> bool:
    """Whether a field other than address and title has a value that the page did not bring."""
    page = fill_from_page(SaveFields(), facts, known).fields if facts else ItemFields()
    details = (name for name in RECORD_NAMES if name not in {"url", "title"})
    return any((value := getattr(typed.fields, name)) and value != getattr(page, name) for name in details)


def with_another_passage(typed: SaveFields) -> SaveFields:
    """The form with fields for one more highlight, up to the limit."""
    color = typed.passages[-1].color
    return replace(typed, passages=(*typed.passages, AnnotationFields(color=color))[:MOST_FORM_PASSAGES])


def typed_record_values(get: Callable[[str], str]) -> dict[str, str | None]:
    """The bibliographic fields of a form by name, as they were typed, with dates in ISO form where they can be read."""
    return {
        record.name: iso_or_typed(get(record.name)) if record.kind is RecordFieldKind.DATE else get(record.name)
        for record in RECORD_FIELDS
    }


def _fields(get: Callable[[str], str]) -> ItemFields:
    """The fields except tags, each by its name."""
    return with_record_values(ItemFields(), typed_record_values(get))


def _split_shared_text(fields: ItemFields, text: str, quote: str) -> tuple[ItemFields, str]:
    """Split a text shared by a phone, which contains the address, and the selected text or the title."""
    if not text:
        return fields, quote
    match = None if fields.url else _ADDRESS.search(text)
    if match is not None:
        fields = replace(fields, url=match[0].rstrip(".,;)"))
        text = f"{text[: match.start()]} {text[match.end() :]}".strip()
    marked = text[1:-1].strip() if text[:1] in _OPENING and text[-1:] in _CLOSING else ""
    if marked and not quote:
        return fields, marked
    if text and not fields.title and len(text) <= 300 and "\n" not in text:
        return replace(fields, title=text), quote
    if text not in {"", fields.title, fields.url} and not fields.description:
        return replace(fields, description=text), quote
    return fields, quote
