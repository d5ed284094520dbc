"""Convert items to rows, and rows to items."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Connection, bindparam, exists, insert, literal, select

from kb.errors import Invalid
from kb.model.bibliographic_record import RECORD_NAMES, record_values
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.item import Item, Sharing
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import canonical_url
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import BATCH
from kb.store.people.users import user_of_row
from kb.store.tables.account_tables import IS_IMPORTED, users
from kb.store.tables.item_tables import annotations, item_sharers, item_tags, items

Values: TypeAlias = dict[str, Any]

MOST_VIEWS = 2**53
"""The largest count that every reader of JSON reads exactly."""

# `_item` reads them in this order.
ITEMS = select(
    items.c.number,
    items.c.id,
    items.c.group_id,
    items.c.author_id,
    users.c.login,
    users.c.name,
    items.c.added,
    items.c.updated,
    items.c.views,
    items.c.changed_at,
    items.c.language_decided,
    items.c.linked_url,
    items.c.version,
    items.c.pieces,
    # Few items have any, so the others are not looked up.
    exists(select(literal(1)).where(item_sharers.c.item == items.c.number)),
    *(items.c[name] for name in RECORD_NAMES),
    IS_IMPORTED,
).select_from(items.outerjoin(users, users.c.id == items.c.author_id))

NEW_TAGS = insert(item_tags)
_KINDS = {kind.value: kind for kind in AnnotationKind}

_NUMBERS: BindParameter[int] = bindparam("numbers", expanding=True)
_TAGS = (
    select(item_tags.c.item, item_tags.c.tag)
    .where(item_tags.c.item.in_(_NUMBERS))
    .order_by(item_tags.c.item, item_tags.c.position)
)

_SHARERS = (
    select(item_sharers.c.item, users.c.id, users.c.login, users.c.name, IS_IMPORTED, item_sharers.c.added)
    .join(users, users.c.id == item_sharers.c.user_id)
    .where(item_sharers.c.item.in_(_NUMBERS))
    .order_by(item_sharers.c.item, item_sharers.c.position)
)

# `annotations_of_rows` reads them in this order.
ANNOTATION_COLUMNS = (
    annotations.c.item,
    annotations.c.id,
    annotations.c.parent_id,
    annotations.c.kind,
    annotations.c.author_id,
    users.c.login,
    users.c.name,
    annotations.c.added,
    annotations.c.quote,
    annotations.c.body,
    annotations.c.prefix,
    annotations.c.suffix,
    annotations.c.color,
    annotations.c.reply_to,
    annotations.c.updated,
    annotations.c.tags,
    annotations.c.selectors,
    IS_IMPORTED,
)
_EVERY_ANNOTATION = (
    select(*ANNOTATION_COLUMNS)
    .select_from(annotations.outerjoin(users, users.c.id == annotations.c.author_id))
    .order_by(annotations.c.item, annotations.c.position)
)
PARTS_OF_ITEMS = _EVERY_ANNOTATION.where(annotations.c.item.in_(_NUMBERS))
"""The annotations and replies of items, by `numbers`."""
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_NAMED_ANNOTATIONS = _EVERY_ANNOTATION.where(annotations.c.id.in_(_IDS))
_REPLIES = _EVERY_ANNOTATION.where(annotations.c.parent_id.in_(_IDS))


def items_with_annotations(connection: Connection, rows: Sequence[Any], ids: Sequence[str]) -> list[Item]:
    """Items, in the order of their rows of ITEMS, with tags, and of their annotations those with these ids alone,
    without replies.
    """
    if not rows:
        return []
    numbers = [row[0] for row in rows]
    tags = _tags_of(connection, numbers)
    added = annotations_of_rows(run_compiled_select(connection, _NAMED_ANNOTATIONS, ids=ids)) if ids else {}
    return [_item(row, tags.get(row[0], []), added.get(row[0], []), ()) for row in rows]


def replies_to(connection: Connection, annotation_id: str) -> tuple[Reply, ...]:
    """The replies to an annotation, in their order."""
    return tuple(_reply(row) for row in run_compiled_select(connection, _REPLIES, ids=[annotation_id]))


def whole_items(connection: Connection, rows: Sequence[Any]) -> list[Item]:
    """Items, in the order of their rows of ITEMS, with tags, annotations and replies fetched by batch."""
    whole: list[Item] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        parts = run_compiled_select(connection, PARTS_OF_ITEMS, numbers=[row[0] for row in batch])
        whole += items_of_rows(connection, batch, parts)
    return whole


def items_of_rows(connection: Connection, rows: Sequence[Any], parts: Sequence[Any]) -> list[Item]:
    """Items from rows of ITEMS and those of their annotations and replies (ANNOTATION_COLUMNS), in order."""
    numbers = [row[0] for row in rows]
    tags, added = _tags_of(connection, numbers), annotations_of_rows(parts)
    shared = _sharers_of(connection, [row[0] for row in rows if row[14]])
    return [_item(row, tags.get(row[0], ()), added.get(row[0], ()), shared.get(row[0], ())) for row in rows]


def _item(row: Any, tags: Sequence[str], added: Sequence[Annotation], shared: Sequence[Sharing]) -> Item:
    return Item(
        id=row[1],
        group_id=row[2],
        order=row[0],
        author=_user(row[3:6], row[15 + len(RECORD_NAMES)]),
        tags=tuple(tags),
        added=row[6],
        updated=row[7],
        views=row[8],
        changed_at=row[9],
        language_decided=bool(row[10]),
        linked_url=row[11],
        version=row[12] or 0,
        pieces=row[13],
        annotations=tuple(added),
        sharers=tuple(shared),
        **dict(zip(RECORD_NAMES, row[15:], strict=False)),
    )


def _user(columns: Any, imported: object) -> User | None:
    return None if columns[0] is None else _known_user(*columns, imported)


# A page names the same users again and again.
@lru_cache(maxsize=1024)
def _known_user(*row: Any) -> User:
    return user_of_row(row)


def _tags_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[str]]:
    tags: dict[int, list[str]] = {}
    for number, tag in run_compiled_select(connection, _TAGS, numbers=numbers):
        tags.setdefault(number, []).append(tag)
    return tags


def _sharers_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Sharing]]:
    shared: dict[int, list[Sharing]] = {}
    if numbers:
        for number, *user, added in run_compiled_select(connection, _SHARERS, numbers=numbers):
            shared.setdefault(number, []).append(Sharing(user_of_row(user), added))
    return shared


def _reply(row: Any) -> Reply:
    return Reply(row[1], _user(row[4:7], row[17]), row[7], row[9], row[13], row[14], _tags_from_text(row[15]))


def annotations_of_rows(rows: Sequence[Any]) -> dict[int, list[Annotation]]:
    """The annotations with their replies from rows of ANNOTATION_COLUMNS in order, by the number of their item."""
    replies: dict[str, list[Reply]] = {}
    for row in rows:
        if row[2] is not None:
            replies.setdefault(row[2], []).append(_reply(row))
    of_items: dict[int, list[Annotation]] = {}
    for row in rows:
        if row[2] is None:
            annotation = Annotation(
                id=row[1],
                kind=_KINDS[row[3]],
                author=_user(row[4:7], row[17]),
                added=row[7],
                quote=row[8],
                body=row[9],
                prefix=row[10],
                suffix=row[11],
                color=row[12],
                replies=tuple(replies.get(row[1], ())),
                updated=row[14],
                tags=_tags_from_text(row[15]),
                selectors=row[16],
            )
            of_items.setdefault(row[0], []).append(annotation)
    return of_items


def item_values(item: Item) -> Values:
    """The row of an item. Raises Invalid for a number of views that is out of range; ValueError for the beginning of an
    item, which would lose the rest.
    """
    if item.annotation_count is not None:
        raise ValueError(item.id)
    if not 0 <= item.views <= MOST_VIEWS:
        raise Invalid("A count of views is between 0 and %(most)s.", most=MOST_VIEWS)
    return {
        "number": item.order,
        "id": item.id,
        "group_id": item.group_id,
        **record_values(item),
        "canonical_url": canonical_url(item.url),
        "truncated_title": item.title is not None and item.title.endswith(("...", "…")),
        "author_id": _id_of(item.author),
        "added": item.added,
        "updated": item.updated,
        "views": item.views,
        "language_decided": item.language_decided,
        "linked_url": item.linked_url,
        "pieces": item.pieces,
    }


def tag_values(item: Item) -> Iterator[Values]:
    """The rows of an item's tags."""
    for position, tag in enumerate(item.tags):
        yield {"item": item.order, "position": position, "tag": tag}


def sharer_values(item: Item) -> Iterator[Values]:
    """The rows of the other users who shared an item."""
    for position, sharing in enumerate(item.sharers):
        yield {"item": item.order, "position": position, "user_id": sharing.user.id, "added": sharing.added}


def annotation_values(item: Item) -> Iterator[Values]:
    """The rows of an item's annotations, each followed by its replies."""
    position = 0
    for annotation in item.annotations:
        yield {
            "item": item.order,
            "position": position,
            "id": annotation.id,
            "parent_id": None,
            "kind": annotation.kind.value,
            "author_id": _id_of(annotation.author),
            "added": annotation.added,
            "quote": annotation.quote,
            "body": annotation.body,
            "prefix": annotation.prefix,
            "suffix": annotation.suffix,
            "color": annotation.color,
            "reply_to": None,
            "updated": annotation.updated,
            "tags": _text_of_tags(annotation.tags),
            "selectors": annotation.selectors,
        }
        for place, reply in enumerate(annotation.replies, position + 1):
            yield _reply_values(item.order, place, annotation.id, reply)
        position += 1 + len(annotation.replies)


def _reply_values(number: int, position: int, parent_id: str, reply: Reply) -> Values:
    return {
        "item": number,
        "position": position,
        "id": reply.id,
        "parent_id": parent_id,
        "kind": None,
        "author_id": _id_of(reply.author),
        "added": reply.added,
        "quote": None,
        "body": reply.body,
        "prefix": None,
        "suffix": None,
        "color": None,
        "reply_to": reply.reply_to,
        "updated": reply.updated,
        "tags": _text_of_tags(reply.tags),
        "selectors": None,
    }


def _text_of_tags(tags: tuple[str, ...] | None) -> str | None:
    return None if tags is None else json.dumps(tags, ensure_ascii=False)


def _tags_from_text(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))


def _id_of(user: User | None) -> str | None:
    return None if user is None else user.id


PARTS = (
    (NEW_TAGS, tag_values),
    (insert(item_sharers), sharer_values),
    (insert(annotations), annotation_values),
)
"""The parts of an item, in tables of their own."""
