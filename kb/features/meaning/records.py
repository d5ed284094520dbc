"""The vectors of texts in the database, and the queue of items whose texts wait for theirs.

The task follows the change sequence as the indexer does, from the number in `meta`. What it writes is derived from the
texts; a backup holds it all the same, because to compute it again takes hours.

What the index should hold for an item depends on these rows, so that whoever changes rows of an item records a change
of it in the same transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, update

from kb.features.meaning.tables import embedding_queue, embeddings
from kb.model.items.item_vectors import ItemVectors
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import batches
from kb.store.database.rows import replace_rows
from kb.store.items.change_sequence import Changes
from kb.store.tables.item_tables import changes, items
from kb.store.tables.site_tables import meta
from kb.store.transaction_events import Event, ItemsErased, PersonErased, changed_item_ids

TEXTS, PAGES = 0, 1
"""Stages of the queue: all texts of the item wait, or only that of its page."""
FOLLOW_BATCH = 1_000
"""Changes that one transaction moves into the queue."""
_PREFIX = "embeddings:"
_FOLLOWED, _CLEANED, _MODEL, _DIMENSIONS, _FAILURE = (
    f"{_PREFIX}{name}" for name in ("followed", "cleaned", "model", "dimensions", "failure")
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_VECTORS = select(embeddings.c.item_id, embeddings.c.model, embeddings.c.text_digest, embeddings.c.vector).where(
    embeddings.c.item_id.in_(_IDS)
)
_VALUE = select(meta.c.value).where(meta.c.key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item of the queue."""

    item_id: str
    stage: int


@dataclass(frozen=True, slots=True)
class EmbeddingFailureRecord:
    """The last failure: since when it lasts, and the sentence that an EmbeddingFailure says, with its values."""

    since: str
    message: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EmbeddingProgress:
    """How many items wait for the vectors of their texts, or have changed since, how many more wait for those of their
    page, and the failure that holds the task up.
    """

    texts: int
    pages: int
    failure: EmbeddingFailureRecord | None


@dataclass(frozen=True, slots=True)
class ItemEmbedding:
    """What the task has found out about an item: the vectors of texts, by digest, that are new. If the item is done for
    its stage, `kept` are the digests of all its texts, and rows of others go; otherwise it is None.

    `version` is that of the item when its texts were read.
    """

    item_id: str
    version: int
    vectors: Mapping[str, bytes]
    next_stage: int | None = None
    kept: frozenset[str] | None = None


def vectors_of_items(connection: Connection, item_ids: Sequence[str]) -> dict[str, ItemVectors]:
    """The vectors of items for the index; items without any are left out."""
    by_item: dict[str, dict[str, bytes]] = {}
    models: dict[str, str] = {}
    for batch in batches(item_ids):
        for item_id, model, digest, vector in run_compiled_select(connection, _VECTORS, None, ids=batch):
            if vector:
                models[item_id] = model
                by_item.setdefault(item_id, {})[digest] = bytes(vector)
    return {item_id: ItemVectors(models[item_id], vectors) for item_id, vectors in by_item.items()}


def stored_digests(connection: Connection, item_ids: Iterable[str], model: str) -> dict[str, set[str]]:
    """The texts of each item, by digest, that have a vector of the model, or are known to get none."""
    stored: dict[str, set[str]] = {}
    for batch in batches(item_ids):
        chosen = select(embeddings.c.item_id, embeddings.c.text_digest)
        for item_id, digest in connection.execute(
            chosen.where(embeddings.c.item_id.in_(batch), embeddings.c.model == model)
        ):
            stored.setdefault(item_id, set()).add(digest)
    return stored


def vectors_of_texts(connection: Connection, digests: Iterable[str], model: str) -> dict[str, bytes]:
    """The vectors of the model that texts have in any item, by digest: a copied text is embedded once."""
    known: dict[str, bytes] = {}
    for batch in batches(digests):
        chosen = select(embeddings.c.text_digest, embeddings.c.vector)
        for digest, vector in connection.execute(
            chosen.where(embeddings.c.text_digest.in_(batch), embeddings.c.model == model)
        ):
            known[digest] = bytes(vector)
    return known


def next_waiting(connection: Connection, most: int) -> tuple[Waiting, ...]:
    """The next items of the queue: those of which all texts wait, then those whose page does, the newest first."""
    chosen = select(embedding_queue.c.item_id, embedding_queue.c.stage)
    ordered = chosen.order_by(embedding_queue.c.stage, embedding_queue.c.number.desc()).limit(most)
    rows = connection.execute(ordered).all()
    # One stage at a time.
    return tuple(Waiting(item_id, stage) for item_id, stage in rows if stage == rows[0].stage)


def has_changes(connection: Connection) -> bool:
    """Whether there are changes for `queue_changes`."""
    return Changes(connection).newest() > _number(connection, _FOLLOWED)


def queue_changes(connection: Connection) -> bool:
    """Put the items of the next changes into the queue; returns whether changes are left. The rows of items that are
    not there any more go.
    """
    followed = _number(connection, _FOLLOWED)
    rows = _changes_since(connection, followed)
    if not rows:
        return False
    ids = [row.item_id for row in rows]
    numbers: dict[str, int] = {}
    for batch in batches(ids):
        present = connection.execute(select(items.c.id, items.c.number).where(items.c.id.in_(batch)))
        numbers |= {row[0]: row[1] for row in present}
    delete_rows(connection, ids)
    _delete_queued(connection, ids)
    waiting = [{"item_id": item_id, "stage": TEXTS, "number": number} for item_id, number in numbers.items()]
    if waiting:
        connection.execute(insert(embedding_queue), waiting)
    _set(connection, _FOLLOWED, str(rows[-1].number))
    return len(rows) == FOLLOW_BATCH


def changed_since_cleaning(connection: Connection) -> tuple[int, tuple[str, ...]]:
    """The items with vectors among the next changes, while there is no service, and the number of the last change."""
    rows = _changes_since(connection, max(_number(connection, _FOLLOWED), _number(connection, _CLEANED)))
    if not rows:
        return 0, ()
    found: list[str] = []
    for batch in batches(row.item_id for row in rows):
        chosen = select(embeddings.c.item_id).where(embeddings.c.item_id.in_(batch)).distinct()
        found += connection.execute(chosen).scalars()
    return rows[-1].number, tuple(found)


def clean(connection: Connection, number: int, kept: Mapping[str, frozenset[str]]) -> None:
    """Delete the rows of texts that items do not have any more, given the digests of their texts."""
    for item_id, digests in kept.items():
        _delete_others(connection, item_id, digests)
    _set(connection, _CLEANED, str(number))


def has_vectors(connection: Connection) -> bool:
    """Whether there is any row."""
    return connection.execute(select(embeddings.c.item_id).limit(1)).first() is not None


def delete_other_models(connection: Connection, model: str, most: int) -> bool:
    """Delete the vectors of other models, those of some items in one transaction, and queue these items again. Returns
    whether some are left.
    """
    if _text(connection, _MODEL) == model:
        return False
    others = select(embeddings.c.item_id).where(embeddings.c.model != model).distinct().limit(most)
    ids = list(connection.execute(others).scalars())
    if len(ids) < most:
        _set(connection, _MODEL, model)
        connection.execute(delete(meta).where(meta.c.key == _DIMENSIONS))
    delete_rows(connection, ids, all_items=True)
    _delete_queued(connection, ids)
    for batch in batches(ids):
        rows = connection.execute(select(items.c.id, items.c.number).where(items.c.id.in_(batch))).all()
        if rows:
            queued = [{"item_id": item_id, "stage": TEXTS, "number": number} for item_id, number in rows]
            connection.execute(insert(embedding_queue), queued)
    Changes(connection).record_for_index(ids)
    return len(ids) == most


def expected_dimensions(connection: Connection, given: int) -> int:
    """The dimensions of the vectors of this model: those of the first one."""
    known = _number(connection, _DIMENSIONS)
    if not known:
        _set(connection, _DIMENSIONS, str(given))
    return known or given


def store_embeddings(connection: Connection, model: str, done: Sequence[ItemEmbedding]) -> None:
    """Store new vectors, and have their items indexed again. An item that was changed or deleted meanwhile is left: the
    change sequence names it. Another model than the present one stores nothing.
    """
    if _text(connection, _MODEL) != model:
        return
    own, before = Changes(connection), Changes(connection).newest()
    versions: dict[str, int] = {}
    for batch in batches(item.item_id for item in done):
        chosen = select(items.c.id, func.coalesce(items.c.version, 0)).where(items.c.id.in_(batch))
        versions |= {row[0]: row[1] for row in connection.execute(chosen)}
    present = [item for item in done if versions.get(item.item_id) == item.version]
    for item in present:
        if item.vectors:
            digests = list(item.vectors)
            connection.execute(_of_texts(item.item_id, digests))
            rows = [
                {"item_id": item.item_id, "text_digest": digest, "model": model, "vector": vector}
                for digest, vector in item.vectors.items()
            ]
            connection.execute(insert(embeddings), rows)
        if item.kept is not None:
            _delete_others(connection, item.item_id, item.kept)
        chosen_row = embedding_queue.c.item_id == item.item_id
        if item.next_stage is not None:
            connection.execute(update(embedding_queue).where(chosen_row).values(stage=item.next_stage))
        elif item.kept is not None:
            connection.execute(delete(embedding_queue).where(chosen_row))
    if changed := [item.item_id for item in present if any(item.vectors.values())]:
        own.record_for_index(changed)
        # These changes are our own: unless others wait, they need not be followed.
        if _number(connection, _FOLLOWED) == before:
            _set(connection, _FOLLOWED, str(own.newest()))


def progress(connection: Connection, model: str) -> EmbeddingProgress:
    """How far the task is with a model."""
    counted = select(embedding_queue.c.stage, func.count()).group_by(embedding_queue.c.stage)
    counts: dict[int, int] = {row[0]: row[1] for row in connection.execute(counted)}
    later = select(func.count()).select_from(changes).where(changes.c.number > _number(connection, _FOLLOWED))
    waiting = counts.get(TEXTS, 0) + int(connection.execute(later).scalar_one())
    if _text(connection, _MODEL) != model:
        # The task has not dropped the vectors of the old one yet.
        others = select(func.count(embeddings.c.item_id.distinct())).where(embeddings.c.model != model)
        waiting += int(connection.execute(others).scalar_one())
    stored = _text(connection, _FAILURE)
    failure = EmbeddingFailureRecord(**json.loads(stored)) if stored else None
    return EmbeddingProgress(waiting, counts.get(PAGES, 0), failure)


def store_failure(connection: Connection, message: str, values: Mapping[str, Any]) -> None:
    """Store what holds the task up; the same failure keeps its date."""
    stored = _text(connection, _FAILURE)
    known = json.loads(stored) if stored else {}
    since = known["since"] if known.get("message") == message else timestamp_now()
    _set(connection, _FAILURE, json.dumps({"since": since, "message": message, "values": dict(values)}))


def clear_failure(connection: Connection) -> None:
    """The task works."""
    connection.execute(delete(meta).where(meta.c.key == _FAILURE))


def delete_rows(connection: Connection, item_ids: Iterable[str], *, all_items: bool = False) -> None:
    """Delete the vectors of these items, as far as the items are not there any more, or of all of them."""
    for batch in batches(item_ids):
        chosen = delete(embeddings).where(embeddings.c.item_id.in_(batch))
        if not all_items:
            chosen = chosen.where(embeddings.c.item_id.not_in(select(items.c.id).where(items.c.id.in_(batch))))
        connection.execute(chosen)


def delete_erased(connection: Connection, events: list[Event]) -> None:
    """Delete the vectors of what a transaction erases, because they tell something of the texts. The erasure of a
    person changes items in the same transaction, whose words may be that person's.
    """
    erased = {item_id for event in events if isinstance(event, ItemsErased) for item_id in event.item_ids}
    if any(isinstance(event, PersonErased) for event in events):
        erased |= set(changed_item_ids(events))
    delete_rows(connection, erased, all_items=True)
    _delete_queued(connection, erased)


def _changes_since(connection: Connection, number: int) -> Sequence[Any]:
    chosen = select(changes.c.number, changes.c.item_id).where(changes.c.number > number)
    return connection.execute(chosen.order_by(changes.c.number).limit(FOLLOW_BATCH)).all()


def _delete_queued(connection: Connection, item_ids: Iterable[str]) -> None:
    for batch in batches(item_ids):
        connection.execute(delete(embedding_queue).where(embedding_queue.c.item_id.in_(batch)))


def _of_texts(item_id: str, digests: Sequence[str]) -> Any:
    return delete(embeddings).where(embeddings.c.item_id == item_id, embeddings.c.text_digest.in_(digests))


def _delete_others(connection: Connection, item_id: str, kept: frozenset[str]) -> None:
    """Delete the rows of an item whose texts it has no more; no document has their vectors."""
    chosen = select(embeddings.c.text_digest).where(embeddings.c.item_id == item_id)
    stale = [digest for digest in connection.execute(chosen).scalars() if digest not in kept]
    for batch in batches(stale):
        connection.execute(_of_texts(item_id, batch))


def _text(connection: Connection, key: str) -> str:
    value: str | None = connection.execute(_VALUE, {"key": key}).scalar()
    return value or ""


def _number(connection: Connection, key: str) -> int:
    return int(_text(connection, key) or 0)


def _set(connection: Connection, key: str, value: str) -> None:
    replace_rows(connection, meta, {"key": key, "value": value})


STORE = FeatureStore((embeddings, embedding_queue), before_commit=delete_erased, vectors=vectors_of_items)
