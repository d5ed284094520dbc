"""The JSON objects of the API: those that it answers, and those that programs send.

`kb.web.api.answer_objects` makes the answers, `kb.web.api.request_objects` reads what is sent; the API description is
generated from here (`kb.web.api.description`).
"""

from typing import Annotated, Any, Literal, Required, assert_never, get_args

from typing_extensions import TypedDict

from kb.model.bibliographic_record import LONGEST_ADDRESS, RECORD_FIELDS, RecordField, RecordFieldKind
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import LONGEST_TAG, LONGEST_WORDS, MOST_TAGS, HighlightColor
from kb.model.items.item_file import FileRole
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.model.saved_search import LONGEST_NAME as LONGEST_SEARCH_NAME
from kb.model.search_request import MAX_PAGE, MAX_PER_PAGE, MAX_QUERY
from kb.search.facet_registry import COUNTED_FACETS, GROUP
from kb.web.api.json_schema import Keywords

FACET_NAMES = (*(facet.name for facet in COUNTED_FACETS if facet is not GROUP), GROUP.name, "date")
MOST_NEW_ANNOTATIONS = 500
"""Annotations sent with a new item."""
_LONGEST_CONTEXT = 200
LONGEST_NAME = 64
"""Characters of a slug, a date, a language, a kind or a colour."""
MATCHED_FIELDS = ["title", "description", "highlight", "note", "comment", "reply", "tag", "source", "page"]

ID = "[A-Za-z0-9_-]{1,64}"
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
_MONTH = "(?:0[1-9]|1[0-2])"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DATE = (
    f"(?:{_YEAR}|{_YEAR}-{_MONTH}|{_YEAR}-{_MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|{_YEAR}-(?:0[13-9]|1[0-2])-(?:29|30)"
    f"|{_YEAR}-(?:0[13578]|1[02])-31|{_LEAP_YEAR}-02-29)"
)
"""A year, month or day of the calendar."""
DATE_OR_EMPTY = f"^{_DATE}?$"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_LANGUAGE_TAG = "[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"

Id = Annotated[str, Keywords(name="Id", pattern=f"^{ID}$")]
Slug = Annotated[str, Keywords(name="Slug", pattern="^[a-z0-9~-]{1,64}$")]
Count = Annotated[int, Keywords(name="Count", minimum=0, maximum=1 << 53)]
Place = Annotated[int, Keywords(minimum=1)]
Range = Annotated[list[Place] | None, Keywords(name="Range", minItems=2, maxItems=2)]
MaybeDate = Annotated[str | None, Keywords(name="MaybeDate", pattern=f"^{_DATE}$")]
MaybeInstant = Annotated[str | None, Keywords(name="MaybeInstant", pattern=f"^{_DAY}(?:[Tt ]{_TIME})?$")]
RoleName = Annotated[str, Keywords(enum=[role.key for role in Role])]


class Person(TypedDict):
    """Somebody, with or without an account."""

    login: Annotated[str, Keywords(pattern="^[a-z0-9-]{1,64}$")]
    name: str


MaybePerson = Annotated[Person | None, Keywords(name="MaybePerson")]


class GroupName(TypedDict):
    slug: Slug
    name: str


class Reply(TypedDict):
    """An answer to an annotation, or to another reply of its thread, which `reply_to` names."""

    id: Id
    author: MaybePerson
    added: MaybeInstant
    body: str
    reply_to: Id | None
    updated: MaybeInstant
    tags: list[str] | None


class Annotation(TypedDict):
    """A highlight, a note or a comment, as searches show it."""

    id: Id
    kind: AnnotationKind
    author: MaybePerson
    added: MaybeInstant
    quote: str | None
    body: str | None
    replies: list[Reply]


class WholeAnnotation(Annotation):
    """An annotation with all that is known of it. Fields as in Annotation."""

    prefix: str | None
    suffix: str | None
    color: str | None
    updated: MaybeInstant
    tags: list[str] | None
    selectors: Annotated[str | None, Keywords(contentMediaType="application/json")]


class PlacedAnnotation(WholeAnnotation):
    """An annotation with all that is known of it, and the item that it is on. Fields as in WholeAnnotation."""

    item: Id


class PlacedReply(Reply):
    """A reply, and what it answers."""

    item: Id
    annotation: Id


class Replies(TypedDict):
    """All replies to an annotation, in their order."""

    total: Count
    items: list[Reply]


class SomeAnnotations(TypedDict):
    """How many annotations an item has; its first three highlights and all its comments."""

    total: Count
    items: list[Annotation]


class AllAnnotations(TypedDict):
    """All annotations of an item, in their order."""

    total: Count
    items: list[WholeAnnotation]


def _record_member(field: RecordField) -> Any:
    """The type of a bibliographic field in an answer."""
    match field.kind:
        case RecordFieldKind.DATE:
            return MaybeDate
        case RecordFieldKind.LANGUAGE:
            return Annotated[str | None, Keywords(pattern=f"^{_LANGUAGE_TAG}$")]
        case RecordFieldKind.ADDRESS | RecordFieldKind.LINE | RecordFieldKind.TEXT:
            return str | None
        case _:
            assert_never(field.kind)


def _sent_record_member(field: RecordField) -> Any:
    """The type of a bibliographic field that programs send; empty for none."""
    match field.kind:
        case RecordFieldKind.DATE:
            return Annotated[str | None, Keywords(pattern=DATE_OR_EMPTY)]
        case RecordFieldKind.LANGUAGE:
            pattern = "^(?:[a-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)?$"
            return Annotated[str | None, Keywords(pattern=pattern, maxLength=LONGEST_NAME)]
        case RecordFieldKind.ADDRESS | RecordFieldKind.LINE | RecordFieldKind.TEXT:
            return Annotated[str | None, Keywords(maxLength=field.longest)]
        case _:
            assert_never(field.kind)


def _form_member(field: RecordField) -> Any:
    """The type of a bibliographic field of a form, which has no null."""
    return Annotated[(str, *get_args(_sent_record_member(field))[1:])]


# Their members are those of the record, which a type checker cannot know.
Record = TypedDict("Record", {record_field.name: _record_member(record_field) for record_field in RECORD_FIELDS})  # type: ignore[misc]
SentRecord = TypedDict(  # type: ignore[misc]
    "SentRecord", {record_field.name: _sent_record_member(record_field) for record_field in RECORD_FIELDS}, total=False
)


class ItemMembers(Record):
    """What every form of an item has."""

    id: Id
    group: GroupName
    author: MaybePerson
    tags: list[str]
    added: MaybeInstant
    updated: MaybeInstant
    views: Count


class Item(ItemMembers):
    """Something that a group keeps."""

    annotations: SomeAnnotations


class File(TypedDict):
    """A file of an item: the one that was uploaded, or the copy of its page."""

    role: FileRole
    name: str
    media_type: str
    size: Count
    sha256: Annotated[str, Keywords(pattern="^[0-9a-f]{64}$")]


class WholeItem(ItemMembers):
    """An item with all its annotations and its files. Fields as in Item."""

    annotations: AllAnnotations
    files: list[File]
    permalink: Annotated[str, Keywords(pattern=f"^https?://[^ ]+/items/{ID}$")]


class Match(TypedDict):
    """Words found in one place."""

    field: Annotated[str, Keywords(enum=MATCHED_FIELDS)]
    annotation: Annotated[str | None, Keywords(pattern=f"^{ID}$")]
    html: Annotated[str, Keywords(pattern="^(?:[^<>]|</?mark>)*$")]


class ItemHit(ItemMembers):
    """An item that was found. Fields as in Item."""

    score: Annotated[float | None, Keywords(minimum=0)]
    annotations: SomeAnnotations
    matches: list[Match]


class PassageHit(TypedDict):
    """A highlight, note or comment that was found, and the item it stands in."""

    annotation: Annotation
    item: Item
    matches: list[Match]
    score: Annotated[float | None, Keywords(minimum=0)]


class FacetValue(TypedDict):
    value: str
    label: str
    count: Count
    selected: bool


class Month(TypedDict):
    value: Annotated[str, Keywords(pattern=f"^(?:[0-9]{{4}}-{_MONTH})?$")]
    count: Count


FacetValues = Annotated[list[FacetValue], Keywords(name="FacetValues")]
Months = Annotated[list[Month], Keywords(name="Months")]
Facets = TypedDict(  # type: ignore[misc] # its members are those of the registry
    "Facets", {name: Months if name == "date" else FacetValues for name in FACET_NAMES}
)
Facets.__doc__ = (
    "Counts over the whole result. Tags narrow it; the values of all others are alternatives, each facet counted"
    " without its own selection. By count, then label."
)


class Page(TypedDict):
    """The members of every answer with pages."""

    total: Count
    page: Annotated[int, Keywords(minimum=1, maximum=MAX_PAGE)]
    per_page: Annotated[int, Keywords(minimum=1, maximum=MAX_PER_PAGE)]
    range: Range


class Found(Page):
    """The members of every answer to a search."""

    query: Annotated[str, Keywords(maxLength=MAX_QUERY)]
    took_ms: Annotated[float, Keywords(minimum=0)]
    understood: bool
    suggestion: str | None


class FoundItems(Found):
    """The answer with view=items."""

    items: Annotated[list[ItemHit], Keywords(maxItems=MAX_PER_PAGE)]
    facets: Facets


class FoundPassages(Found):
    """The answer with view=passages."""

    items: Annotated[list[PassageHit], Keywords(maxItems=MAX_PER_PAGE)]
    facets: Facets


class Items(Page):
    """One page of whole items."""

    items: Annotated[list[WholeItem], Keywords(maxItems=MAX_PER_PAGE)]


class Group(GroupName):
    """A library that people share."""

    description: str | None
    visible: Visibility
    join: JoinPolicy
    feeds: bool
    role: RoleName | None
    items: Count
    annotations: Count


class Groups(TypedDict):
    """All groups that may be read, by name."""

    total: Count
    items: list[Group]


class OwnGroup(GroupName):
    role: RoleName


class Me(TypedDict):
    """Who asks."""

    login: str
    name: str
    email: str | None
    administrator: bool
    groups: list[OwnGroup]
    scope: Literal["read", "write"]


class TagCount(TypedDict):
    tag: str
    count: Annotated[int, Keywords(minimum=1, maximum=1 << 53)]


class Tags(Page):
    """One page of tags."""

    items: Annotated[list[TagCount], Keywords(maxItems=MAX_PER_PAGE)]


class SavedSearch(TypedDict):
    """A search that a group keeps under a name."""

    id: Id
    group: GroupName
    name: Annotated[str, Keywords(minLength=1, maxLength=LONGEST_SEARCH_NAME)]
    parameters: str
    created: Annotated[
        str,
        Keywords(
            format="date-time", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,6})?Z$"
        ),
    ]
    permalink: Annotated[str, Keywords(pattern=f"^https?://[^ ]+/saved/{ID}$")]


class SavedSearches(TypedDict):
    """Saved searches, by name."""

    total: Count
    items: list[SavedSearch]


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


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: Literal["about:blank"]
    title: Annotated[str, Keywords(minLength=1)]
    status: Annotated[int, Keywords(minimum=400, maximum=599)]
    detail: Annotated[str, Keywords(minLength=1)]


class KeptProblem(Problem):
    """A problem (RFC 9457) of an address that the group has already."""

    status: Literal[409]  # type: ignore[misc]
    item: Id
