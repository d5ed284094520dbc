"""The JSON objects and the forms that programs send; `kb.web.api.request_objects` reads them."""

from typing import Annotated, Any, Literal, Required, assert_never, get_args

from typing_extensions import TypedDict

from kb.model.bibliographic_record import LONGEST_ADDRESS, RECORD_FIELDS, RecordField, RecordFieldKind
from kb.model.document_type import DocumentType
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import LONGEST_TAG, LONGEST_WORDS, MOST_TAGS, HighlightColor
from kb.model.saved_search import LONGEST_NAME as LONGEST_SEARCH_NAME
from kb.web.api.json_schema import Keywords
from kb.web.api.json_types.values import DATE_OR_EMPTY, LONGEST_NAME, Position, Slug

MOST_NEW_ANNOTATIONS = 500
"""Annotations sent with a new item."""
_LONGEST_CONTEXT = 200


def _sent_record_member(field: RecordField) -> Any:
    """The type of a bibliographic field that programs send; empty for none."""
    match field.kind:
        case RecordFieldKind.DATE:
            return Annotated[str | None, Keywords(pattern=DATE_OR_EMPTY)]
        case RecordFieldKind.LANGUAGE:
            pattern = "^(?:[a-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)?$"
            return Annotated[str | None, Keywords(pattern=pattern, maxLength=LONGEST_NAME)]
        case RecordFieldKind.TYPE:
            return DocumentType | Literal[""] | None
        case RecordFieldKind.ADDRESS | RecordFieldKind.LINE | RecordFieldKind.TEXT:
            return Annotated[str | None, Keywords(maxLength=field.longest)]
        case _:
            assert_never(field.kind)


def _form_member(field: RecordField) -> Any:
    """The type of a bibliographic field of a form, which has no null."""
    if field.kind is RecordFieldKind.TYPE:
        return DocumentType | Literal[""]
    return Annotated[(str, *get_args(_sent_record_member(field))[1:])]


# Their members are those of the record, which a type checker cannot know.
SentRecord = TypedDict(  # type: ignore[misc]
    "SentRecord", {record_field.name: _sent_record_member(record_field) for record_field in RECORD_FIELDS}, total=False
)


class WordsChange(TypedDict, total=False):
    """What to change of an annotation, or of a reply, which has a body alone: null, or an empty text, empties one; what
    is not named stays (RFC 7396).
    """

    kind: AnnotationKind | Literal[""] | None
    quote: Annotated[str | None, Keywords(maxLength=LONGEST_WORDS)]
    body: Annotated[str | None, Keywords(maxLength=LONGEST_WORDS)]
    color: HighlightColor | Literal[""] | None
    prefix: Annotated[str | None, Keywords(maxLength=_LONGEST_CONTEXT)]
    suffix: Annotated[str | None, Keywords(maxLength=_LONGEST_CONTEXT)]
    start: Position | None
    end: Position | None
    version: Position | None


class NewWords(WordsChange, total=False):
    """A passage, words about it, or words about the item. A null, or an empty text, is as if not given."""


class NewReply(TypedDict):
    """An answer to an annotation."""

    body: Annotated[str, Keywords(minLength=1, maxLength=LONGEST_WORDS)]


class ItemChange(SentRecord, total=False):
    """Fields to change: null, or an empty text, empties one; those that are not named stay (RFC 7396). Tags are
    replaced as a whole.
    """

    tags: Annotated[list[Annotated[str, Keywords(maxLength=LONGEST_TAG)]] | None, Keywords(maxItems=MOST_TAGS)]


class NewItem(ItemChange, total=False):
    """An item to keep: a title or an address is needed. A null, or an empty text, is as if not given."""

    group: Required[Slug]
    annotations: Annotated[list[NewWords] | None, Keywords(maxItems=MOST_NEW_ANNOTATIONS)]


FormRecord = TypedDict(  # type: ignore[misc]
    "FormRecord", {record_field.name: _form_member(record_field) for record_field in RECORD_FIELDS}, total=False
)


class NewFile(FormRecord, total=False):
    """A form with a file that becomes an item. A text that is empty is what the file says of itself."""

    file: Required[Annotated[str, Keywords(contentMediaType="application/octet-stream", contentEncoding="binary")]]
    group: Required[Slug]
    tags: Annotated[list[str], Keywords(maxItems=MOST_TAGS)]


class NewCapture(TypedDict, total=False):
    """A form with a page that a browser saved. A text that is empty is as if not given."""

    file: Required[Annotated[str, Keywords(contentMediaType="text/html", contentEncoding="binary")]]
    url: Required[Annotated[str, Keywords(minLength=1, maxLength=LONGEST_ADDRESS)]]
    group: Annotated[str, Keywords(pattern="^[a-z0-9~-]{0,64}$")]
    tags: Annotated[list[str], Keywords(maxItems=MOST_TAGS)]
    title: str
    description: str


class NewSavedSearch(TypedDict):
    """A search to save."""

    group: Slug
    name: Annotated[str, Keywords(minLength=1, maxLength=LONGEST_SEARCH_NAME)]
    query: Annotated[str, Keywords(minLength=3)]
