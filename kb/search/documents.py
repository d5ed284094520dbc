"""Convert an item to documents: one for the item and one for each of its annotations."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from index import Document, Unindexable, Value, failure_of, fold
from kb.model.dates import days_of, instant_of
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item, date_of_change
from kb.model.items.item_vectors import ItemVectors, text_digest
from kb.model.people.user import User
from kb.search.facet_registry import FACETS, sharers_of
from kb.search.index_fields import ITEM, PASSAGE
from kb.search.text_fields import RECORD_LINES
from kb.search.text_pieces import text_pieces_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_PLACES = 1 << 20
"""How many passages of one item keep an order of their own."""

MOST_CHARACTERS = 5_000_000
"""Characters of all documents of one item: an item of more is not indexed, which bounds the memory of the indexer."""
_OVERHEAD = 50
"""The size of a document beside its texts, in characters."""

_SHARED_FACETS = [(facet.name, facet.item_values) for facet in FACETS if facet.item_values and not facet.passage_values]
_ITEM_FACETS = [(facet.name, facet.item_values) for facet in FACETS if facet.item_values and facet.passage_values]
_LINES = [(field.name, field.record) for field in RECORD_LINES]
_PASSAGE_FACETS = [(facet.name, facet.passage_values) for facet in FACETS if facet.passage_values]

Values = tuple[Value, ...]
Fields = Mapping[str, Values]


def item_key(item_id: str) -> str:
    """The key of an item's document."""
    return f"i/{item_id}"


def passage_key(annotation_id: str) -> str:
    """The key of an annotation's document."""
    return f"p/{annotation_id}"


def id_from_key(key: str) -> str:
    """The id of the item or of the annotation of a key."""
    return key[2:]


def count_characters(item: Item, page: str | None = None) -> int:
    """About how many characters the documents of an item hold.

    Each passage repeats the shared fields of its item, which are analysed once, so they count for a fiftieth. An item
    within the bounds of forms and of members' imports is therefore never over MOST_CHARACTERS.
    """
    shared = _OVERHEAD + sum(map(len, (item.title or item.url or "", *filter(None, _lines_of(item)), *item.tags)))
    own = len(item.description or "") + len(page or "")
    for annotation in item.annotations:
        own += len(annotation.quote or "") + len(annotation.body or "")
        own += sum(len(reply.body) for reply in annotation.replies)
    return shared + own + (_OVERHEAD + shared // 50) * len(item.annotations)


def index_documents_of(item: Item, page: str | None = None, vectors: ItemVectors | None = None) -> tuple[Document, ...]:
    """The item's document, then one for each of its annotations, in order. `page` is the text of its page, `vectors`
    are those of its texts: the item's document has one for each of its pieces (`text_pieces_of`), in their order, empty
    if there is none yet; that of an annotation has those of its own pieces.
    """
    shared = _shared_fields(item)
    near = _vectors_by_source(item, page, vectors) if vectors else {}
    passages = (
        _passage_document(item, index, annotation, shared, _vector_fields(vectors, near.get(annotation.id, ())))
        for index, annotation in enumerate(item.annotations)
    )
    every = [vector for values in near.values() for vector in values]
    return (_item_document(item, shared, page, _vector_fields(vectors, every)), *passages)


def checked_documents(item: Item, page: str | None, vectors: ItemVectors | None = None) -> tuple[Document, ...]:
    """The documents of an item. Raises Unindexable for any error in making them, and for an item over the bound."""
    size = count_characters(item, page)
    if size > MOST_CHARACTERS:
        raise Unindexable(f"The item holds {size:,} characters; at most {MOST_CHARACTERS:,} can be indexed.")
    try:
        return index_documents_of(item, page, vectors)
    except Exception as error:
        raise Unindexable(failure_of(error)) from error


def _vectors_by_source(item: Item, page: str | None, vectors: ItemVectors) -> dict[str, list[bytes]]:
    """The vector of each piece of an item, by source, in their order."""
    by_source: dict[str, list[bytes]] = {}
    for piece in text_pieces_of(item, page):
        by_source.setdefault(piece.source, []).append(vectors.by_text.get(text_digest(piece.text), b""))
    return by_source


def _vector_fields(vectors: ItemVectors | None, values: Sequence[bytes]) -> Fields:
    if vectors is None or not any(values):
        return {}
    return {"embedding": tuple(values), "embedding_model": (vectors.model,)}


def _shared_fields(item: Item) -> Fields:
    published = _days_of(item.published) if item.published else None
    changed = item.updated or item.added
    moment = _moment_of(changed) if changed else None
    texts = {
        **{name: values(item) for name, values in _SHARED_FACETS},
        "item": (item.id,),
        "tag_folded": map(fold, item.tags),
        "title_order": (fold(item.title or item.url or ""),),
        "title": (item.title,),
        **{name: (getattr(item, record),) for name, record in _LINES},
        "published_year": (item.published[:4] if item.published and published else None,),
    }
    numbers = {"published": published, "updated_at": moment.microseconds if moment else None, "views": item.views}
    return _nonempty_fields(texts, numbers)


def _item_document(item: Item, shared: Fields, page: str | None, near: Fields) -> Document:
    by_kind: dict[str, list[str | None]] = {}
    for annotation in item.annotations:
        by_kind.setdefault(annotation.kind.value, []).extend((annotation.quote, annotation.body))
    words = [item.title, item.description]
    for annotation in item.annotations:
        words += _annotation_texts(annotation)
    texts = {
        **by_kind,
        **{name: values(item) for name, values in _ITEM_FACETS},
        "document": (ITEM,),
        "text": (*words, *item.tags, *_lines_of(item)),
        "description": (item.description,),
        "reply": [reply.body for annotation in item.annotations for reply in annotation.replies],
        "page": (page,),
        "page_exact": (page,),
    }
    own = _nonempty_fields(texts, {"order": item.order})
    return _make_document(
        item_key(item.id), item, (shared, own, _author_and_date_fields(sharers_of(item), item.added, shared), near)
    )


def _passage_document(item: Item, index: int, annotation: Annotation, shared: Fields, near: Fields) -> Document:
    texts = {
        "document": (PASSAGE,),
        **{name: values(annotation) for name, values in _PASSAGE_FACETS},
        "text": _annotation_texts(annotation),
        annotation.kind.value: (annotation.quote, annotation.body),
        "reply": [reply.body for reply in annotation.replies],
    }
    changed = date_of_change(annotation, item)
    moment = _moment_of(changed) if changed else None
    numbers = {
        "order": item.order * _PLACES + min(index, _PLACES - 1),
        "updated_at": moment.microseconds if moment else None,
    }
    own = _nonempty_fields(texts, numbers)
    signed = _author_and_date_fields([annotation.author] if annotation.author else [], annotation.added, shared)
    return _make_document(passage_key(annotation.id), item, (shared, own, signed, near))


def _make_document(key: str, item: Item, parts: Iterable[Fields]) -> Document:
    values: dict[str, Values] = {}
    for part in parts:
        values |= part
    if "text" in values:
        values["exact"] = values["text"]
    return Document(key, values, item.language)


def _annotation_texts(annotation: Annotation) -> tuple[str | None, ...]:
    return (annotation.quote, annotation.body, *[reply.body for reply in annotation.replies])


def _lines_of(item: Item) -> list[str | None]:
    return [getattr(item, record) for _, record in _LINES]


def _author_and_date_fields(authors: Sequence[User], added: str | None, shared: Fields) -> Fields:
    """The cited date of an item is its publication, otherwise its addition; that of a passage is its own addition."""
    signed: dict[str, Values] = {}
    if names := tuple(author.name for author in authors if author.name):
        signed["author_name"] = names
    if added and (moment := _moment_of(added)):
        signed["added"] = signed["cited"] = ((moment.day, moment.day),)
        signed["added_year"] = signed["cited_year"] = (moment.year,)
        signed["added_at"] = (moment.microseconds,)
    if "published" in shared:
        signed["cited"], signed["cited_year"] = shared["published"], shared["published_year"]
    return signed


def _nonempty_fields(texts: Mapping[str, Iterable[str | None]], numbers: Mapping[str, Value | None]) -> Fields:
    """The values that are not empty, without the fields that have none."""
    fields: dict[str, Values] = {name: values for name, some in texts.items() if (values := tuple(filter(None, some)))}
    for name, number in numbers.items():
        if number is not None:
            fields[name] = (number,)
    return fields


class _Moment(NamedTuple):
    """A time as an index keeps it: its day since 1970-01-01, its year, and microseconds since 1970-01-01 UTC."""

    day: int
    year: str
    microseconds: int


# A document has the time of its item twice, and its annotations often have it too.
@lru_cache(maxsize=1024)
def _moment_of(text: str) -> _Moment | None:
    """The moment of a time; None if it is invalid: such an item has no date."""
    try:
        instant = instant_of(text)
    except ValueError:
        return None
    return _Moment(instant.toordinal() - _FIRST_DAY, f"{instant.year:04}", (instant - _EPOCH) // _MICROSECOND)


@lru_cache(maxsize=1024)
def _days_of(text: str) -> tuple[int, int] | None:
    """First and last day of a partial date; None if it is invalid."""
    try:
        return days_of(text)
    except ValueError:
        return None
