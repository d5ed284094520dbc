"""Bounds of one imported record: those of the forms for a member, somewhat larger ones for the operator.

The whole has the budget of an item (`kb.model.items.item_budget`), whoever imports it. Lengths and counts are checked
first, so that no slower function reads a text that is too long.
"""

from collections.abc import Mapping
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
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    FileDraft,
    GroupDraft,
    ItemDraft,
    RecordWarning,
    ReplyDraft,
    draft_warning,
)
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
    RecordFieldKind.TYPE: "short",
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


_TEXT_BOUNDS: Mapping[type, Mapping[str, str]] = {
    ItemDraft: RECORD_BOUNDS,
    GroupDraft: {"slug": "line", "name": "line", "description": "description"},
    AuthorDraft: {"login": "name", "name": "name"},
    AnnotationDraft: {"quote": "words", "body": "words", "prefix": "context", "suffix": "context", "color": "short"},
    ReplyDraft: {"body": "words"},
    FileDraft: {"name": "line"},
}
"""The bound of each text of a record, by the names of ImportBounds."""


def is_within_bounds(draft: ItemDraft, bounds: ImportBounds) -> bool:
    """Whether no text and no list of a record is too long, and all of them fit into an item; its group apart."""
    parts = tuple(draft.parts)
    if len(draft.sharers) > bounds.sharers or len(parts) > MOST_ITEM_PARTS:
        return False
    for tags in (draft.tags, *(part.tags for part in parts)):
        if tags and (len(tags) > bounds.tags or max(map(len, tags)) > bounds.tag):
            return False
    values = (draft, *parts, *dict.fromkeys(draft.authors), *draft.files)
    return not any(_long_text(value, bounds) for value in values) and item_size(draft).is_within_budget


def fitted_excess(draft: ItemDraft, bounds: ImportBounds) -> RecordWarning | None:
    """What is too long in a record that was fitted into the bounds, as a warning: a text of its group, or all its tags
    and sharers together. None if there is none.
    """
    if draft.group is not None and (excess := _long_text(draft.group, bounds)) is not None:
        name, limit = excess
        return _excess_warning(draft, FIELD_TOO_LONG, "group" if name == "slug" else f"group.{name}", limit)
    return _budget_warning(draft, item_size(draft), ItemSize())


def member_form_excess(draft: ItemDraft) -> RecordWarning | None:
    """A value within MEMBER_BOUNDS that no form would accept, as a warning; None if there is none."""
    try:
        checked_address(draft.url or "")
        for author in draft.authors:
            for name in (author.name, author.login):
                if name and name.strip():
                    checked_person_name(name)
    except Invalid as error:
        return draft_warning(draft, error.message, skipped=True, **error.values)
    return None


def item_bounds_excess(
    draft: ItemDraft, before: Item | None, after: Item, bounds: ImportBounds
) -> RecordWarning | None:
    """What of a new or merged item is beyond the bounds because of a record; what the item had before is ignored."""
    if len(after.tags) > max(bounds.tags, len(before.tags) if before is not None else 0):
        return _excess_warning(draft, TOO_MANY_ENTRIES, "tags", bounds.tags)
    return _budget_warning(draft, item_size(after), item_size(before) if before is not None else ItemSize())


def _long_text(value: object, bounds: ImportBounds) -> tuple[str, int] | None:
    """The first text of a draft that is too long: the name of its field, and the limit."""
    for name, bound in _TEXT_BOUNDS[type(value)].items():
        if (text := getattr(value, name)) is not None and len(text) > (limit := getattr(bounds, bound)):
            return name, limit
    return None


def _budget_warning(draft: ItemDraft, size: ItemSize, before: ItemSize) -> RecordWarning | None:
    error = size.error_beyond_budget(before)
    return draft_warning(draft, error.message, skipped=True, **error.values) if error is not None else None


def _excess_warning(draft: ItemDraft, message: str, field: str, limit: int) -> RecordWarning:
    return draft_warning(draft, message, skipped=True, field=field, limit=limit)
