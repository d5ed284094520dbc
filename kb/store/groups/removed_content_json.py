"""The JSON text in which a removed item is stored, with the ids of users instead of their names."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from typing import Any

from kb.model.bibliographic_record import RECORD_NAMES
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.import_source import ImportSource
from kb.model.items.item import Item, Sharing
from kb.model.items.moderation import RemovedContent
from kb.model.people.user import User

_PLAIN = (
    *("id", "group_id", "order", *RECORD_NAMES, "added", "updated"),
    *("language_decided", "views", "changed_at", "linked_url"),
)
_WORDS = ("id", "added", "quote", "body", "prefix", "suffix", "color")
_RARE = ("reply_to", "updated", "tags", "selectors")
"""Fields that few annotations and replies have: they are written only if they are known."""


def removed_content_text(content: RemovedContent) -> str:
    """The JSON text of removed content."""
    if content.item is not None:
        record: dict[str, Any] = {"item": item_record(content.item)}
    else:
        record = {"siblings": content.siblings}
        if content.annotation is not None:
            record["annotation"] = _record_of_annotation(content.annotation)
        if content.reply is not None:
            record |= {"reply": _record_of_reply(content.reply), "parent": content.parent}
    return json.dumps(record, ensure_ascii=False)


def removed_content_from_text(body: str, people: Mapping[str, User]) -> RemovedContent:
    """Removed content from its JSON text; an author who is not in `people` is None."""
    record = json.loads(body)
    siblings = tuple(record.get("siblings", ()))
    if "item" in record:
        return RemovedContent(item=item_from_record(record["item"], people))
    if "annotation" in record:
        return RemovedContent(annotation=_annotation(record["annotation"], people), siblings=siblings)
    return RemovedContent(reply=_reply(record["reply"], people), parent=record["parent"], siblings=siblings)


def people_ids_in(body: str) -> frozenset[str]:
    """The ids of all users that a text names."""
    return author_ids_in(json.loads(body))


def author_ids_in(record: dict[str, Any]) -> frozenset[str]:
    """The ids of all users that a record names."""
    return frozenset(part["author_id"] for part in _authored(record) if part["author_id"])


def reassign_authors(body: str, from_id: str, to_id: str | None) -> str:
    """The same text, with what `from_id` shared and wrote given to `to_id`, or to nobody."""
    record = json.loads(body)
    for part in _authored(record):
        if part["author_id"] == from_id:
            part["author_id"] = to_id
    return json.dumps(record, ensure_ascii=False)


def _authored(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All parts of a record that have an author."""
    for name in ("item", "annotation", "reply"):
        if name in record:
            yield record[name]
    if "item" in record:
        yield from record["item"].get("sharers", ())
    annotations = record["item"]["annotations"] if "item" in record else []
    yield from annotations
    for annotation in (*annotations, *([record["annotation"]] if "annotation" in record else [])):
        yield from annotation["replies"]


def item_record(item: Item) -> dict[str, Any]:
    """An item as JSON, without its version, which the database gives."""
    return {
        **{name: getattr(item, name) for name in _PLAIN},
        "author_id": _id_of(item.author),
        "tags": item.tags,
        **(
            {"sharers": [{"author_id": sharer.user.id, "added": sharer.added} for sharer in item.sharers]}
            if item.sharers
            else {}
        ),
        **({"import_sources": [astuple(source) for source in item.import_sources]} if item.import_sources else {}),
        "annotations": [_record_of_annotation(annotation) for annotation in item.annotations],
    }


def _record_of_annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        **{name: getattr(annotation, name) for name in _WORDS},
        **_rare_fields(annotation),
        "kind": annotation.kind.value,
        "author_id": _id_of(annotation.author),
        "replies": [_record_of_reply(reply) for reply in annotation.replies],
    }


def _record_of_reply(reply: Reply) -> dict[str, Any]:
    record = {"id": reply.id, "author_id": _id_of(reply.author), "added": reply.added, "body": reply.body}
    return {**record, **_rare_fields(reply)}


def _rare_fields(part: Annotation | Reply) -> dict[str, Any]:
    return {name: value for name in _RARE if (value := getattr(part, name, None)) is not None}


def item_from_record(record: dict[str, Any], people: Mapping[str, User]) -> Item:
    """An item from its JSON record; an author who is not in `people` is None."""
    return Item(
        # Records of earlier versions of the program do not have all keys.
        **{name: record[name] for name in _PLAIN if name in record},
        author=people.get(record["author_id"]),
        tags=tuple(record["tags"]),
        sharers=tuple(
            Sharing(people[sharing["author_id"]], sharing["added"])
            for sharing in record.get("sharers", ())
            if sharing["author_id"] in people
        ),
        import_sources=tuple(ImportSource(*source) for source in record.get("import_sources", ())),
        annotations=tuple(_annotation(annotation, people) for annotation in record["annotations"]),
    )


def _annotation(record: dict[str, Any], people: Mapping[str, User]) -> Annotation:
    return Annotation(
        **{name: record[name] for name in (*_WORDS, "updated", "selectors") if name in record},
        tags=_tags(record),
        kind=AnnotationKind(record["kind"]),
        author=people.get(record["author_id"]),
        replies=tuple(_reply(reply, people) for reply in record["replies"]),
    )


def _reply(record: dict[str, Any], people: Mapping[str, User]) -> Reply:
    author = people.get(record["author_id"])
    return Reply(
        record["id"],
        author,
        record["added"],
        record["body"],
        record.get("reply_to"),
        record.get("updated"),
        _tags(record),
    )


def _tags(record: dict[str, Any]) -> tuple[str, ...] | None:
    return tuple(record["tags"]) if "tags" in record else None


def _id_of(user: User | None) -> str | None:
    return user.id if user else None
