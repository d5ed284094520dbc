"""Bounds of one imported record: those of the forms for a member, somewhat larger ones for the operator.

The whole has the budget of an item (`kb.model.items.item_budget`), whoever imports it. Lengths and counts are checked
first, so that no slower function reads a text that is too long.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kb.errors import Invalid
from kb.model.bibliographic_record import (
    LONGEST_ADDRESS,
    LONGEST_DESCRIPTION,
    LONGEST_LINE,
    LONGEST_TITLE,
    RECORD_FIELDS,
    RecordFieldKind,
)
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, Remark, draft_remark
from kb.model.items.item import Item
from kb.model.items.item_budget import MOST_ITEM_PARTS, ItemSize, item_size
from kb.model.items.item_fields import LONGEST_TAG, LONGEST_WORDS, MOST_TAGS, checked_address
from kb.model.people.account import LONGEST_NAME, checked_person_name

FIELD_TOO_LONG = "“%(field)s” is too long: at most %(limit)s characters are kept."
TOO_MANY_ENTRIES = "“%(field)s” has too many entries: at most %(limit)s are kept."


_BOUNDS_OF_KINDS = {
    RecordFieldKind.ADDRESS: "address",
    RecordFieldKind.LINE: "line",
    RecordFieldKind.TEXT: "description",
    RecordFieldKind.DATE: "short",
    RecordFieldKind.LANGUAGE: "short",
}
RECORD_BOUNDS = {record.name: _BOUNDS_OF_KINDS[record.kind] for record in RECORD_FIELDS} | {"title": "title"}
"""The bound of each field of a bibliographic record, by the names of ImportBounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBounds:
    """The most characters of each field, and the most entries of each list of a record; the defaults are a member's.

    `line`: a byline or a source; `words`: a quote, or a text about it; `context`: the context of a quote; `short`: a
    colour or a language; `name`: a login or a name.
    """

    address: int = LONGEST_ADDRESS
    title: int = LONGEST_TITLE
    line: int = LONGEST_LINE
    description: int = LONGEST_DESCRIPTION
    tag: int = LONGEST_TAG
    words: int = LONGEST_WORDS
    context: int = 1_000
    short: int = 40
    name: int = LONGEST_NAME
    tags: int = MOST_TAGS
    sharers: int = 100


MEMBER_BOUNDS = ImportBounds()
OPERATOR_BOUNDS = ImportBounds(
    address=16_000,
    title=10_000,
    line=5_000,
    description=100_000,
    tag=1_000,
    words=100_000,
    context=10_000,
    short=200,
    name=1_000,
    tags=2_000,
    sharers=1_000,
)
"""Larger than the forms allow, for data of other programs and merged items; small enough for every page."""


def bounds_excess(draft: ItemDraft, bounds: ImportBounds) -> Remark | None:
    """The first field of a record beyond the bounds, as a remark; None if there is none."""
    for field, count, most in _list_sizes(draft, bounds):
        if count > most:
            return _excess_remark(draft, TOO_MANY_ENTRIES, field, most)
    for field, text, most in _text_fields(draft, bounds):
        if text is not None and len(text) > most:
            return _excess_remark(draft, FIELD_TOO_LONG, field, most)
    for place, annotation in enumerate(draft.annotations):
        if _has_long_text(annotation, bounds):
            fields = _annotation_text_fields(f"annotations[{place}]", annotation, bounds)
            field, most = next((field, most) for field, text, most in fields if text is not None and len(text) > most)
            return _excess_remark(draft, FIELD_TOO_LONG, field, most)
    return _budget_remark(draft, item_size(draft), ItemSize())


def member_form_excess(draft: ItemDraft) -> Remark | None:
    """A value within MEMBER_BOUNDS that no form would accept, as a remark; None if there is none."""
    try:
        checked_address(draft.url or "")
        for author in draft.authors:
            for name in (author.name, author.login):
                if name and name.strip():
                    checked_person_name(name)
    except Invalid as error:
        return draft_remark(draft, error.message, skipped=True, **error.values)
    return None


def item_bounds_excess(draft: ItemDraft, before: Item | None, after: Item, bounds: ImportBounds) -> Remark | None:
    """What of a new or merged item is beyond the bounds because of a record; what the item had before is ignored."""
    if len(after.tags) > max(bounds.tags, len(before.tags) if before is not None else 0):
        return _excess_remark(draft, TOO_MANY_ENTRIES, "tags", bounds.tags)
    return _budget_remark(draft, item_size(after), item_size(before) if before is not None else ItemSize())


def _list_sizes(draft: ItemDraft, bounds: ImportBounds) -> Iterable[tuple[str, int, int]]:
    yield "tags", len(draft.tags or ()), bounds.tags
    yield "sharers", len(draft.sharers), bounds.sharers
    yield "annotations", sum(1 + len(annotation.replies) for annotation in draft.annotations), MOST_ITEM_PARTS
    for part in draft.parts:
        yield "annotations.tags", len(part.tags or ()), bounds.tags


def _text_fields(draft: ItemDraft, bounds: ImportBounds) -> Iterable[tuple[str, str | None, int]]:
    group = draft.group
    for name, bound in RECORD_BOUNDS.items():
        yield name, getattr(draft, name), getattr(bounds, bound)
    yield "group", group.slug if group else None, bounds.line
    yield "group.name", group.name if group else None, bounds.line
    yield "group.description", group.description if group else None, bounds.description
    for author in dict.fromkeys(draft.authors):
        yield "author.login", author.login, bounds.name
        yield "author.name", author.name, bounds.name
    for tag in draft.tags or ():
        yield "tags", tag, bounds.tag
    for part in draft.parts:
        for tag in part.tags or ():
            yield "annotations.tags", tag, bounds.tag
    for file in draft.files:
        yield "files.name", file.name, bounds.line


def _has_long_text(annotation: AnnotationDraft, bounds: ImportBounds) -> bool:
    """Whether a text of an annotation or of its replies is too long."""
    words, context = bounds.words, bounds.context
    quote, body, color = len(annotation.quote or ""), len(annotation.body or ""), len(annotation.color or "")
    prefix, suffix = len(annotation.prefix or ""), len(annotation.suffix or "")
    is_within = quote <= words and body <= words and prefix <= context and suffix <= context and color <= bounds.short
    return not is_within or any(len(reply.body) > words for reply in annotation.replies)


def _annotation_text_fields(
    path: str, annotation: AnnotationDraft, bounds: ImportBounds
) -> Iterable[tuple[str, str | None, int]]:
    yield f"{path}.quote", annotation.quote, bounds.words
    yield f"{path}.body", annotation.body, bounds.words
    yield f"{path}.prefix", annotation.prefix, bounds.context
    yield f"{path}.suffix", annotation.suffix, bounds.context
    yield f"{path}.color", annotation.color, bounds.short
    for place, reply in enumerate(annotation.replies):
        yield f"{path}.replies[{place}].body", reply.body, bounds.words


def _budget_remark(draft: ItemDraft, size: ItemSize, before: ItemSize) -> Remark | None:
    error = size.error_beyond_budget(before)
    return draft_remark(draft, error.message, skipped=True, **error.values) if error is not None else None


def _excess_remark(draft: ItemDraft, message: str, field: str, limit: int) -> Remark:
    return draft_remark(draft, message, skipped=True, field=field, limit=limit)
