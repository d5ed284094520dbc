"""The JSON objects that the API answers; `kb.web.api.answer_objects` makes them."""

from typing import Annotated, Any, Literal, assert_never

from typing_extensions import TypedDict

from kb.model.bibliographic_record import RECORD_FIELDS, RecordField, RecordFieldKind
from kb.model.document_type import DocumentType
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_file import FileRole
from kb.model.people.group import JoinPolicy, Visibility
from kb.model.saved_search import LONGEST_NAME as LONGEST_SEARCH_NAME
from kb.model.search_request import MAX_PAGE, MAX_PER_PAGE, MAX_QUERY
from kb.search.facet_registry import COUNTED_FACETS, GROUP
from kb.services.search.answers import MOST_ANSWERS
from kb.web.api.json_schema import Keywords
from kb.web.api.json_types.values import (
    ID,
    LANGUAGE_TAG,
    MONTH,
    Count,
    Id,
    MaybeDate,
    MaybeInstant,
    Range,
    RoleName,
    Slug,
)

FACET_NAMES = (*(facet.name for facet in COUNTED_FACETS if facet is not GROUP), GROUP.name, "date")
MATCHED_FIELDS = ["title", "description", "highlight", "note", "comment", "reply", "tag", "source", "page"]


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


class Anchored(TypedDict, total=False):
    """Whether a passage stands in the text of its page."""

    anchored: Literal["exact", "moved", "lost"]


class WholeAnnotation(Annotation, Anchored):
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
    """How many annotations an item has; its first three highlights and all its comments, as far as they are among its
    first 200 annotations and replies, and 60,000 characters of them.
    """

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
            return Annotated[str | None, Keywords(pattern=f"^{LANGUAGE_TAG}$")]
        case RecordFieldKind.TYPE:
            return DocumentType | None
        case RecordFieldKind.ADDRESS | RecordFieldKind.LINE | RecordFieldKind.TEXT:
            return str | None
        case _:
            assert_never(field.kind)


# Their members are those of the record, which a type checker cannot know. Few items have those of a reference.
SomeReference = TypedDict(  # type: ignore[misc]
    "SomeReference", {field.name: _record_member(field) for field in RECORD_FIELDS if field.of_reference}, total=False
)
Record = TypedDict("Record", {field.name: _record_member(field) for field in RECORD_FIELDS if not field.of_reference})  # type: ignore[misc]


class ItemMembers(Record, SomeReference):
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

    shortened: bool
    annotations: AllAnnotations
    files: list[File]
    permalink: Annotated[str, Keywords(pattern=f"^https?://[^ ]+/items/{ID}$")]


class Match(TypedDict):
    """Words found in one place."""

    field: Annotated[str, Keywords(enum=MATCHED_FIELDS)]
    annotation: Annotated[str | None, Keywords(pattern=f"^{ID}$")]
    html: Annotated[str, Keywords(pattern="^(?:[^<>]|</?mark>)*$")]


class ByMeaning(TypedDict, total=False):
    by_meaning: bool


class ItemHit(ItemMembers, ByMeaning):
    """An item that was found. Fields as in Item."""

    shortened: bool
    score: Annotated[float | None, Keywords(minimum=0)]
    annotations: SomeAnnotations
    matches: list[Match]


class PassageHit(ByMeaning):
    """A highlight, note or comment that was found, and the item it stands in."""

    shortened: bool
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
    value: Annotated[str, Keywords(pattern=f"^(?:[0-9]{{4}}-{MONTH})?$")]
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


class AnswerSentence(TypedDict):
    """A sentence that answers a question, as it stands in a passage or in the kept text of a page or file."""

    text: str
    item: Annotated[str, Keywords(pattern=f"^{ID}$")]
    annotation: Annotated[str | None, Keywords(pattern=f"^{ID}$")]
    score: Annotated[float, Keywords(minimum=0, maximum=1)]


class SomeAnswers(TypedDict, total=False):
    answers: Annotated[list[AnswerSentence], Keywords(maxItems=MOST_ANSWERS)]


class Found(Page, SomeAnswers):
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
