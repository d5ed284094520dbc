"""An item becomes documents: one for itself and one for each of its annotations."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from index import Document, Value, folded
from kb.catalogue.fields import ITEM, PASSAGE
from kb.model.annotation import Annotation
from kb.model.dates import days_of, instant_of
from kb.model.item import Item
from kb.model.user import User

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACES = 1 << 20
"""How many passages of one item keep an order of their own."""

Period = tuple[int, int]


def item_key(item_id: str) -> str:
    """The key of an item's document."""
    return f"i/{item_id}"


def passage_key(annotation_id: str) -> str:
    """The key of an annotation's document."""
    return f"p/{annotation_id}"


def id_of(key: str) -> str:
    """The id of the item or of the annotation that a key names."""
    return key[2:]


def documents_of(item: Item) -> tuple[Document, ...]:
    """The item's document, then one for each of its annotations, in their order."""
    shared = _shared(item)
    passages = (_passage(item, place, annotation, shared) for place, annotation in enumerate(item.annotations))
    return (_item(item, shared), *passages)


def _shared(item: Item) -> dict[str, tuple[Value | None, ...]]:
    """What an item's document and those of its passages have in common."""
    return {
        "item": (item.id,),
        "group": (item.group_id,),
        "tag": item.tags,
        "tag_folded": tuple(folded(tag) for tag in item.tags),
        "source": (item.source,),
        "language": (item.language,),
        "site": sites_of(item.url),
        "title_order": (folded(item.title or item.url or ""),),
        "title": (item.title,),
        "source_words": (item.source,),
        "published": (published := _period(item.published, days_of),),
        "published_year": (_year(published),),
        "updated_at": (_moment(item.updated or item.added),),
        "views": (item.views,),
    }


def _item(item: Item, shared: dict[str, tuple[Value | None, ...]]) -> Document:
    words = (
        item.title,
        item.description,
        *(text for annotation in item.annotations for text in _words(annotation)),
        *item.tags,
        item.source,
    )
    by_kind: dict[str, list[Value | None]] = {}
    for annotation in item.annotations:
        by_kind.setdefault(annotation.kind.value, []).extend((annotation.quote, annotation.body))
    values = {
        **shared,
        **{kind: tuple(texts) for kind, texts in by_kind.items()},
        **_signed(item.author, item.added, item.published),
        "document": (ITEM,),
        "kind": tuple(by_kind),
        "order": (item.order,),
        "text": words,
        "exact": words,
        "description": (item.description,),
        "reply": tuple(reply.body for annotation in item.annotations for reply in annotation.replies),
    }
    return Document(item_key(item.id), _held(values), item.language)


def _passage(item: Item, place: int, annotation: Annotation, shared: dict[str, tuple[Value | None, ...]]) -> Document:
    words = _words(annotation)
    values = {
        **shared,
        **_signed(annotation.author, annotation.added, item.published),
        "document": (PASSAGE,),
        "kind": (annotation.kind.value,),
        "order": (item.order * _PLACES + min(place, _PLACES - 1),),
        "text": words,
        "exact": words,
        annotation.kind.value: (annotation.quote, annotation.body),
        "reply": tuple(reply.body for reply in annotation.replies),
    }
    return Document(passage_key(annotation.id), _held(values), item.language)


def _words(annotation: Annotation) -> tuple[str | None, ...]:
    return (annotation.quote, annotation.body, *(reply.body for reply in annotation.replies))


def _signed(author: User | None, added: str | None, published: str | None) -> dict[str, tuple[Value | None, ...]]:
    """Who and when: an item's cited date is its publication, else its arrival; a passage's, its own arrival."""
    day = _period(added, _day)
    cited = _period(published, days_of) or day
    return {
        "author": (author.login if author else None,),
        "author_name": (author.name if author else None,),
        "added": (day,),
        "added_at": (_moment(added),),
        "added_year": (_year(day),),
        "cited": (cited,),
        "cited_year": (_year(cited),),
    }


def _held(values: dict[str, tuple[Value | None, ...]]) -> dict[str, tuple[Value, ...]]:
    """The values without those that say nothing, and without the fields that then hold none."""
    held = {name: tuple(_said(some)) for name, some in values.items()}
    return {name: some for name, some in held.items() if some}


def _said(values: Iterable[Value | None]) -> Iterable[Value]:
    return (value for value in values if value is not None and value != "")


def _day(instant: str) -> Period:
    day = instant_of(instant).date().toordinal() - _EPOCH.date().toordinal()
    return day, day


def _period(text: str | None, read: Callable[[str], Period]) -> Period | None:
    """The days of a date; None where there is none, or none that a calendar knows: such an item has no date."""
    try:
        return read(text) if text else None
    except ValueError:
        return None


def _year(period: Period | None) -> str | None:
    """The four digits of the year that a period lies in."""
    return f"{(_EPOCH.date() + timedelta(days=period[0])).year:04}" if period else None


def _moment(text: str | None) -> int | None:
    """Microseconds since 1970-01-01 UTC, or None as for `_period`."""
    try:
        return (instant_of(text) - _EPOCH) // _MICROSECOND if text else None
    except ValueError:
        return None


def site_of(text: str) -> str | None:
    """The host that an address or a typed site names: lower case, in letters rather than Punycode, without `www.`."""
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    if "xn--" in host:
        with suppress(UnicodeError):
            host = host.encode("ascii").decode("idna")
    return host.rstrip(".").removeprefix("www.") or None


def sites_of(url: str | None) -> tuple[str, ...]:
    """An address's host and each of its parent domains: choosing `exemple.fr` finds `blog.exemple.fr` too."""
    host = site_of(url) if url and "//" in url else None
    if host is None:
        return ()
    if ":" in host or host.replace(".", "").isdigit():
        return (host,)
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))
