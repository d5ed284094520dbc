"""Items as listings show them: with the first of their annotations and replies, and the number of all annotations.

A page of results then costs the same whatever hangs on its items.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, case, func, or_, select

from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_budget import LISTED_CHARACTERS, LISTED_PARTS
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import BATCH, batches
from kb.store.items.item_rows import (
    ANNOTATION_COLUMNS,
    PARTS_OF_ITEMS,
    annotations_of_rows,
    item_numbers,
    items_of_rows,
)
from kb.store.tables.account_tables import users
from kb.store.tables.item_tables import annotations

_NUMBERS = annotations.c.item.in_(bindparam("numbers", expanding=True))
_LENGTH = func.length(func.coalesce(annotations.c.quote, "")) + func.length(func.coalesce(annotations.c.body, ""))
_BY_AUTHOR = users.c.id == annotations.c.author_id


def _within_characters(parts: Select[Any], owner: ColumnElement[Any]) -> Select[Any]:
    """Of the parts of each owner, those before which there are fewer than LISTED_CHARACTERS."""
    sizes = parts.add_columns(owner.label("owner"), annotations.c.item, annotations.c.position, _LENGTH.label("length"))
    each = sizes.subquery()
    through = func.sum(each.c.length).over(partition_by=each.c.owner, order_by=each.c.position)
    listed = select(each.c.item, each.c.position, (through - each.c.length).label("before")).subquery()
    same = (annotations.c.item == listed.c.item) & (annotations.c.position == listed.c.position)
    return (
        select(*ANNOTATION_COLUMNS)
        .select_from(listed.join(annotations, same).outerjoin(users, _BY_AUTHOR))
        .where(listed.c.before < LISTED_CHARACTERS)
        .order_by(listed.c.item, listed.c.position)
    )


_FIRST_PARTS = _within_characters(
    select().select_from(annotations).where(_NUMBERS, annotations.c.position < LISTED_PARTS), annotations.c.item
)
_FIRST_LENGTH = func.sum(case((annotations.c.position < LISTED_PARTS, _LENGTH), else_=0))
# Only annotations have a kind.
_TOTALS = (
    select(annotations.c.item, func.count(), func.count(annotations.c.kind), _FIRST_LENGTH)
    .where(_NUMBERS)
    .group_by(annotations.c.item)
)

_asked = annotations.alias()
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_PARENTS = select(_asked.c.parent_id).where(_asked.c.id.in_(_IDS))
_ASKED_PARTS = (
    select(*ANNOTATION_COLUMNS, annotations.c.position)
    .select_from(annotations.outerjoin(users, _BY_AUTHOR))
    .where(or_(annotations.c.id.in_(_IDS), annotations.c.id.in_(_PARENTS)))
)
_AFTER_IT = annotations.c.position.between(_asked.c.position + 1, _asked.c.position + LISTED_PARTS)
_REPLIES_TO_ASKED = _within_characters(
    select()
    .select_from(_asked.join(annotations, (annotations.c.item == _asked.c.item) & _AFTER_IT))
    .where(_asked.c.id.in_(_IDS), annotations.c.parent_id == _asked.c.id),
    _asked.c.id,
).add_columns(annotations.c.position)


def beginnings_of_items(connection: Connection, rows: Sequence[Any]) -> list[Item]:
    """Items, in the order of their rows of ITEMS, with their first annotations and replies, and all else whole.

    An item of which everything is there is a whole item.
    """
    beginnings: list[Item] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        numbers = item_numbers(batch)
        totals = {number: total for number, *total in run_compiled_select(connection, _TOTALS, numbers=numbers)}
        # Few pages have an item that may be cut: for the others, the simple statement does.
        are_whole = all(parts <= LISTED_PARTS and length < LISTED_CHARACTERS for parts, _, length in totals.values())
        first = run_compiled_select(connection, PARTS_OF_ITEMS if are_whole else _FIRST_PARTS, numbers=numbers)
        for item in items_of_rows(connection, batch, first):
            part_count, count, _ = totals.get(item.order, (0, 0, 0))
            is_whole = are_whole or sum(1 for _ in item.parts) == part_count
            beginnings.append(item if is_whole else replace(item, annotation_count=count))
    return beginnings


def listed_annotations(
    connection: Connection, part_ids: Iterable[str], known: Iterable[Item] = ()
) -> dict[str, Annotation]:
    """Annotations by their id, each with its first replies; by that of a reply, its annotation with this reply.

    What is in whole items among `known` is not read again.
    """
    found: dict[str, Annotation] = {}
    for annotation in chain.from_iterable(item.annotations for item in known if item.annotation_count is None):
        _add_annotation(found, annotation)
    for ids in batches(part_id for part_id in dict.fromkeys(part_ids) if part_id not in found):
        rows = [
            row
            for statement in (_ASKED_PARTS, _REPLIES_TO_ASKED)
            for row in run_compiled_select(connection, statement, ids=ids)
        ]
        parts: dict[tuple[int, str], Any] = {}
        for row in rows:
            *columns, position = row
            _, part_id, *_ = columns
            parts[position, part_id] = columns
        in_order = [parts[key] for key in sorted(parts)]
        for annotation in chain.from_iterable(annotations_of_rows(in_order).values()):
            _add_annotation(found, annotation)
    return found


def _add_annotation(found: dict[str, Annotation], annotation: Annotation) -> None:
    found[annotation.id] = annotation
    for reply in annotation.replies:
        found[reply.id] = annotation
