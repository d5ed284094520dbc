"""Select the parts of an item, or of hidden and removed content, that belong to one user. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.people.user import User

_WORD_FIELDS = ("added", "updated", "quote", "body", "color", "tags")
"""The fields that only the author of an annotation or a reply can change."""


def own_part_of_item(item: Item, user: User, own_group_id: str | None = None) -> Item:
    """The parts of an item that belong to one user: no texts of others, and of another user's item only its
    identification. In the user's own library, what has no author belongs to the user: bookmarks of a browser, for
    example.

    An annotation to which the user has replied stays, without the text about it.
    """
    is_own = item.group_id == own_group_id
    annotations = tuple(_own_annotations(item.annotations, user, with_nobodys=is_own))
    if item.author == user or (is_own and item.author is None):
        return replace(item, annotations=annotations, sharers=())
    return Item(
        item.id,
        item.group_id,
        item.order,
        url=item.url,
        title=item.title,
        published=item.published,
        source=item.source,
        language=item.language,
        annotations=annotations,
        sharers=tuple(contributor for contributor in item.sharers if contributor.user == user),
    )


def words_in_unreadable_item(item: Item, user: User) -> Iterator[dict[str, Any]]:
    """The user's texts in an item that the user may not read, without what others wrote or may have changed."""
    shared = (
        [item.added]
        if item.author == user
        else [contributor.added for contributor in item.sharers if contributor.user == user]
    )
    for added in shared:
        yield {"kind": "item", "added": added}
    for annotation in item.annotations:
        if annotation.author == user:
            yield {"kind": annotation.kind.value, **_word_fields(annotation)}
        for reply in annotation.replies:
            if reply.author == user:
                yield {"kind": "reply", **_word_fields(reply)}


def own_records(value: Any, user_id: str, *, with_facts: bool) -> Iterator[dict[str, Any]]:
    """Each part that belongs to one user in the record of hidden or removed content, without what others added.

    `with_facts`: include the item's fields, which others may have changed.
    """
    if isinstance(value, list):
        for element in value:
            yield from own_records(element, user_id, with_facts=with_facts)
    elif isinstance(value, dict):
        if value.get("author_id") == user_id:
            others = {"author_id", "annotations", "replies", "group_id", "kind"}
            own_fields = {name: field_value for name, field_value in value.items() if name not in others}
            yield {
                "words": own_fields
                if with_facts
                else {name: own_fields[name] for name in _WORD_FIELDS if name in own_fields}
            }
        for element in value.values():
            yield from own_records(element, user_id, with_facts=with_facts)


def _own_annotations(annotations: Iterable[Annotation], user: User, *, with_nobodys: bool) -> Iterator[Annotation]:
    authors = {user, None} if with_nobodys else {user}
    for annotation in annotations:
        replies = tuple(reply for reply in annotation.replies if reply.author in authors)
        if annotation.author in authors:
            yield replace(annotation, replies=replies)
        elif replies:
            yield Annotation(annotation.id, annotation.kind, quote=annotation.quote, replies=replies)


def _word_fields(part: Annotation | Reply) -> dict[str, Any]:
    pairs = ((name, getattr(part, name, None)) for name in _WORD_FIELDS)
    return {name: value for name, value in pairs if value is not None}
