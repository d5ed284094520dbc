"""The annotations and replies of a group in the order of its items, and what programs sent with them."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, select

from kb.features.w3c.tables import web_annotation_facts
from kb.store import FeatureStore
from kb.store.database.database import batches
from kb.store.database.rows import replace_rows
from kb.store.tables.item_tables import annotations, items
from kb.store.transaction_events import Event, ItemsErased

_OF_GROUPS = select(annotations.c.id).join(items, items.c.number == annotations.c.item)


def count_annotations(connection: Connection, group_id: str) -> int:
    """How many annotations and replies the items of a group have."""
    counted = select(func.count()).select_from(annotations).join(items, items.c.number == annotations.c.item)
    return int(connection.execute(counted.where(items.c.group_id == group_id)).scalar() or 0)


def annotation_ids(connection: Connection, group_id: str, start: int, count: int) -> list[str]:
    """The ids of some annotations and replies of a group, from a position on: by item, as they stand there."""
    chosen = _OF_GROUPS.where(items.c.group_id == group_id).order_by(items.c.number, annotations.c.position)
    return list(connection.execute(chosen.limit(count).offset(start)).scalars())


def facts_of(connection: Connection, annotation_ids: Iterable[str]) -> dict[str, str]:
    """The facts of annotations and replies, by id; those without any are left out."""
    table, found = web_annotation_facts, dict[str, str]()
    for batch in batches(annotation_ids):
        chosen = select(table.c.annotation_id, table.c.facts).where(table.c.annotation_id.in_(batch))
        found.update(dict(connection.execute(chosen).all()))
    return found


def put_facts(connection: Connection, annotation_id: str, item_id: str, user_id: str, facts: str) -> None:
    """Write the facts of an annotation or a reply; an empty text deletes them."""
    if not facts:
        connection.execute(delete(web_annotation_facts).where(web_annotation_facts.c.annotation_id == annotation_id))
        return
    row = {"annotation_id": annotation_id, "item_id": item_id, "user_id": user_id, "facts": facts}
    replace_rows(connection, web_annotation_facts, row)


def _delete_erased(connection: Connection, events: list[Event]) -> None:
    erased = (item_id for event in events if isinstance(event, ItemsErased) for item_id in event.item_ids)
    for batch in batches(erased):
        connection.execute(delete(web_annotation_facts).where(web_annotation_facts.c.item_id.in_(batch)))


def _personal_data(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    table = web_annotation_facts
    chosen = select(table.c.annotation_id, table.c.facts).where(table.c.user_id == user_id)
    return [
        {"annotation": annotation_id, **json.loads(facts)}
        for annotation_id, facts in connection.execute(chosen.order_by(table.c.annotation_id))
    ]


STORE = FeatureStore((web_annotation_facts,), before_commit=_delete_erased, personal_data=_personal_data)
