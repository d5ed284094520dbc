"""Convert items to rows, and rows to items."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Connection, bindparam, exists, insert, literal, select

from kb.errors import Invalid
from kb.model.bibliographic_record import RECORD_NAMES, record_values
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.import_source import ImportSource
from kb.model.items.item import Item, Sharing
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import canonical_url
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import BATCH
from kb.store.people.users import user_of_row
from kb.store.tables.account_tables import IS_IMPORTED, users
from kb.store.tables.item_tables import annotations, import_sources, item_sharers, item_tags, items

Values: TypeAlias = dict[str, Any]

MOST_VIEWS = 2**53
"""The largest count that every reader of JSON reads exactly."""

# `_item` names them in this order.
ITEMS = select(
    items.c.number,
    # Few items have any, so the others are not looked up.
    exists(select(literal(1)).where(item_sharers.c.item == items.c.number)),
    exists(select(literal(1)).where(import_sources.c.item == items.c.number)),
    items.c.id,
    items.c.group_id,
    items.c.author_id,
    users.c.login,
    users.c.name,
    IS_IMPORTED,
    items.c.added,
    items.c.updated,
    items.c.views,
    items.c.changed_at,
    items.c.language_decided,
    items.c.linked_url,
    items.c.version,
    *(items.c[name] for name in RECORD_NAMES),
).select_from(items.outerjoin(users, users.c.id == items.c.author_id))

NEW_TAGS = insert(item_tags)
_NO_ANNOTATION: Values = dict.fromkeys(("kind", "quote", "prefix", "suffix", "color", "selectors"))
"""What a reply lacks."""
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

_IMPORT_SOURCES = (
    select(import_sources.c.item, import_sources.c.format, import_sources.c.added, import_sources.c.day)
    .where(import_sources.c.item.in_(_NUMBERS))
    .order_by(import_sources.c.item, import_sources.c.position)
)

# `_reply` and `annotations_of_rows` name them in this order.
ANNOTATION_COLUMNS = (
    annotations.c.item,
    annotations.c.id,
    annotations.c.parent_id,
    annotations.c.kind,
    annotations.c.author_id,
    users.c.login,
    users.c.name,
    IS_IMPORTED,
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


_number, _has_sharers, _has_import_sources = map(itemgetter, range(3))
"""Of a row of ITEMS."""


def item_numbers(rows: Iterable[Any]) -> list[int]:
    """The numbers of rows of ITEMS."""
    return list(map(_number, rows))


def items_with_annotations(connection: Connection, rows: Sequence[Any], ids: Sequence[str]) -> list[Item]:
    """Items, in the order of their rows of ITEMS, with tags, and of their annotations those with these ids alone,
    without replies.
    """
    if not rows:
        return []
    tags = _tags_of(connection, item_numbers(rows))
    added = annotations_of_rows(run_compiled_select(connection, _NAMED_ANNOTATIONS, ids=ids)) if ids else {}
    return [_item(row, tags, added, {}, {}) for row in rows]


def replies_to(connection: Connection, annotation_id: str) -> tuple[Reply, ...]:
    """The replies to an annotation, in their order."""
    return tuple(map(_reply, run_compiled_select(connection, _REPLIES, ids=[annotation_id])))


def whole_items(connection: Connection, rows: Sequence[Any]) -> list[Item]:
    """Items, in the order of their rows of ITEMS, with tags, annotations and replies fetched by batch."""
    whole: list[Item] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        parts = run_compiled_select(connection, PARTS_OF_ITEMS, numbers=item_numbers(batch))
        whole += items_of_rows(connection, batch, parts)
    return whole


def items_of_rows(connection: Connection, rows: Sequence[Any], parts: Sequence[Any]) -> list[Item]:
    """Items from rows of ITEMS and those of their annotations and replies (ANNOTATION_COLUMNS), in order."""
    tags, added = _tags_of(connection, item_numbers(rows)), annotations_of_rows(parts)
    shared = _sharers_of(connection, item_numbers(filter(_has_sharers, rows)))
    sources = _import_sources_of(connection, item_numbers(filter(_has_import_sources, rows)))
    return [_item(row, tags, added, shared, sources) for row in rows]


def _item(
    row: Any,
    tags: Mapping[int, Sequence[str]],
    annotations_: Mapping[int, Sequence[Annotation]],
    sharers: Mapping[int, Sequence[Sharing]],
    sources: Mapping[int, Sequence[ImportSource]],
) -> Item:
    """The item of a row of ITEMS, which may have more columns; its parts by number."""
    (
        number, _, _, id_, group_id, author_id, login, name, is_imported, added, updated, views, changed_at,
        language_decided, linked_url, version, *record,
    ) = row  # fmt: skip
    return Item(
        id=id_,
        group_id=group_id,
        order=number,
        author=_user(author_id, login, name, is_imported) if author_id is not None else None,
        tags=tuple(tags.get(number, ())),
        added=added,
        updated=updated,
        views=views,
        changed_at=changed_at,
        language_decided=bool(language_decided),
        linked_url=linked_url,
        version=version or 0,
        import_sources=tuple(sources.get(number, ())),
        annotations=tuple(annotations_.get(number, ())),
        sharers=tuple(sharers.get(number, ())),
        **dict(zip(RECORD_NAMES, record, strict=False)),
    )


# A page names the same users again and again.
@lru_cache(maxsize=1024)
def _user(*row: Any) -> User:
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


def _import_sources_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[ImportSource]]:
    sources: dict[int, list[ImportSource]] = {}
    if numbers:
        for number, *source in run_compiled_select(connection, _IMPORT_SOURCES, numbers=numbers):
            sources.setdefault(number, []).append(ImportSource(*source))
    return sources


def _reply(row: Any) -> Reply:
    (
        _, id_, _, _, author_id, login, name, is_imported, added, _, body, _, _, _, reply_to, updated, tags, _,
    ) = row  # fmt: skip
    author = _user(author_id, login, name, is_imported) if author_id is not None else None
    return Reply(id_, author, added, body, reply_to, updated, _tags_from_text(tags))


def annotations_of_rows(rows: Sequence[Any]) -> dict[int, list[Annotation]]:
    """The annotations with their replies from rows of ANNOTATION_COLUMNS in order, by the number of their item."""
    of_items: dict[int, list[Annotation]] = {}
    replies: dict[str, list[Reply]] = {}
    # From the last on, because replies follow their annotation.
    for row in reversed(rows):
        (
            number, id_, parent_id, kind, author_id, login, name, is_imported, added, quote, body, prefix, suffix,
            color, _, updated, tags, selectors,
        ) = row  # fmt: skip
        if parent_id is not None:
            replies.setdefault(parent_id, []).append(_reply(row))
            continue
        annotation = Annotation(
            id=id_,
            kind=_KINDS[kind],
            author=_user(author_id, login, name, is_imported) if author_id is not None else None,
            added=added,
            quote=quote,
            body=body,
            prefix=prefix,
            suffix=suffix,
            color=color,
            replies=tuple(reversed(replies[id_])) if id_ in replies else (),
            updated=updated,
            tags=_tags_from_text(tags),
            selectors=selectors,
        )
        of_items.setdefault(number, []).append(annotation)
    for in_reverse in of_items.values():
        in_reverse.reverse()
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
    }


def tag_values(item: Item) -> Iterator[Values]:
    """The rows of an item's tags."""
    for position, tag in enumerate(item.tags):
        yield {"item": item.order, "position": position, "tag": tag}


def sharing_values(item: Item) -> Iterator[Values]:
    """The rows of the other users who shared an item."""
    for position, sharing in enumerate(item.sharers):
        yield {"item": item.order, "position": position, "user_id": sharing.user.id, "added": sharing.added}


def import_source_values(item: Item) -> Iterator[Values]:
    """The rows of the files from which an item was imported."""
    for position, source in enumerate(item.import_sources):
        yield {
            "item": item.order,
            "position": position,
            "format": source.format,
            "added": source.added,
            "day": source.day,
        }


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
            yield {
                **_NO_ANNOTATION,
                "item": item.order,
                "position": place,
                "id": reply.id,
                "parent_id": annotation.id,
                "author_id": _id_of(reply.author),
                "added": reply.added,
                "body": reply.body,
                "reply_to": reply.reply_to,
                "updated": reply.updated,
                "tags": _text_of_tags(reply.tags),
            }
        position += 1 + len(annotation.replies)


def _text_of_tags(tags: tuple[str, ...] | None) -> str | None:
    return None if tags is None else json.dumps(tags, ensure_ascii=False)


def _tags_from_text(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))


def _id_of(user: User | None) -> str | None:
    return None if user is None else user.id


RELATED_ROWS = (
    (NEW_TAGS, tag_values),
    (insert(item_sharers), sharing_values),
    (insert(import_sources), import_source_values),
    (insert(annotations), annotation_values),
)
"""What belongs to an item in tables of its own."""
