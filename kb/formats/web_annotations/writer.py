"""Items as annotations of the W3C (Web Annotation Data Model, 2017), in JSON-LD, for annotation tools.

The file is a collection with one page, one annotation on each line. An item is an annotation with the motivation
`bookmarking`, whose bodies are its title, its description and its tags; its own annotations have the motivations that
`kb.model.items.annotation` names, and a reply has the annotation that it answers as its target.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.formats.web_annotations.selectors import web_selectors
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.annotation_address import part_permalinks
from kb.model.items.item import Item
from kb.model.items.language_tag import language_tag
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import web_address

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_MOTIVATIONS = {
    AnnotationKind.HIGHLIGHT: "highlighting",
    AnnotationKind.NOTE: "commenting",
    AnnotationKind.COMMENT: "commenting",
}
_NOT_IN_AN_IRI = str.maketrans({character: quote(character) for character in ' <>"{}|\\^`'})
"""What no IRI contains (RFC 3987); addresses of browsers keep a few of these."""


def write_web_annotations(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """The collection, one annotation on each line."""
    collection = {
        "@context": CONTEXT,
        "type": "AnnotationCollection",
        "label": details.title,
        "generated": _utc(details.made_at),
    }
    head = json.dumps(collection, ensure_ascii=False)[:-1]
    before = head + ', "first": {"type": "AnnotationPage", "startIndex": 0, "items": [\n'
    for item, _ in rows:
        for annotation in _annotations(item, details):
            yield (before + json.dumps(annotation, ensure_ascii=False)).encode()
            before = ",\n"
    yield (b"" if before == ",\n" else before.encode()) + b"\n]}}\n"


def _annotations(item: Item, details: ExportDetails) -> Iterator[dict[str, object]]:
    page = details.permalink(item)
    source = source_of(item, page)
    address = part_permalinks(item, details.base_url)
    yield _without_empty(
        {
            "id": page,
            "type": "Annotation",
            "motivation": "bookmarking",
            **_origin(item.author, item.added),
            "modified": _instant(item.updated),
            "body": [
                *_bodies(item.title, language_tag(item.language), "identifying"),
                *_bodies(item.description, language_tag(item.language), "describing"),
                *_tag_bodies(item.tags),
            ],
            "target": source,
        }
    )
    for annotation in item.annotations:
        yield annotation_object(annotation, address(annotation.id), source)
        replies = {reply.id for reply in annotation.replies}
        for reply in annotation.replies:
            answered = reply.reply_to if reply.reply_to in replies else annotation.id
            yield reply_object(reply, address(reply.id), address(answered))


def source_of(item: Item, page: str) -> str:
    """The address of the page that an item is about, or else that of our own page about it."""
    return (web_address(item.url) or page).translate(_NOT_IN_AN_IRI)


def annotation_object(annotation: Annotation, address: str, source: str) -> dict[str, object]:
    """An annotation at an address, about the page `source`."""
    selectors = web_selectors(annotation)
    selector = selectors[0] if len(selectors) == 1 else selectors
    return _without_empty(
        {
            "id": address,
            "type": "Annotation",
            "motivation": _MOTIVATIONS[annotation.kind],
            **_origin(annotation.author, annotation.added),
            "modified": _instant(annotation.updated),
            "body": [*_bodies(annotation.body, None, None), *_tag_bodies(annotation.tags)],
            "target": {"source": source, "selector": selector} if selectors else source,
        }
    )


def reply_object(reply: Reply, address: str, answered: str) -> dict[str, object]:
    """A reply at an address, and the address of what it answers."""
    return _without_empty(
        {
            "id": address,
            "type": "Annotation",
            "motivation": "replying",
            **_origin(reply.author, reply.added),
            "modified": _instant(reply.updated),
            "body": [*_bodies(reply.body, None, None), *_tag_bodies(reply.tags)],
            "target": answered,
        }
    )


def _bodies(text: str | None, language: str | None, purpose: str | None) -> Iterator[dict[str, object]]:
    if text:
        body = {"type": "TextualBody", "value": text, "format": "text/plain"}
        yield _without_empty({**body, "language": language, "purpose": purpose})


def _tag_bodies(tags: tuple[str, ...] | None) -> Iterator[dict[str, object]]:
    for tag in tags or ():
        yield from _bodies(tag, None, "tagging")


def _origin(author: User | None, added: str | None) -> dict[str, object]:
    person = {"type": "Person", "name": author.name, "nickname": author.login} if author else None
    return {"creator": person, "created": _instant(added)}


def _instant(text: str | None) -> str | None:
    """A time of XML Schema in UTC, written with `Z` (Data Model, 3.3.1); a date begins at midnight, UTC."""
    instant = stored_instant(text)
    return _utc(instant) if instant else None


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _without_empty(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


WEB_ANNOTATIONS_EXPORT = ExportFormat(
    "annotations",
    "Web Annotation (JSON-LD)",
    translatable("For annotation tools, in the W3C’s model: items, passages, comments and replies, with authors."),
    ".jsonld",
    "application/ld+json",
    write_web_annotations,
)
