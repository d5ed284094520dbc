"""Webhooks, their deliveries, and the passages that wait for one, in the database."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from kb.features.webhooks.tables import webhook_deliveries as deliveries
from kb.features.webhooks.tables import webhook_passages as passages
from kb.features.webhooks.tables import webhooks
from kb.features.webhooks.webhook import MOST_LOGGED, Delivery, Webhook
from kb.model.dates import instant_of
from kb.model.storable_text import is_storable
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_now, timestamp_of
from kb.store.database.database import batches
from kb.store.database.rows import Conversion, Repository, ValueColumns
from kb.store.items.change_sequence import ChangesReading
from kb.store.tables.followed_search_tables import search_matches as matches
from kb.store.tables.item_tables import annotations
from kb.store.transaction_events import Event, ItemsEdited

MOST_WAITING_PASSAGES = 200
"""Passages that wait for one webhook; further ones are not told."""
_NEW = timedelta(hours=1)
"""The age of a passage up to which its return, by an undo, is told as a new one."""
_IDS = Conversion(lambda text: tuple(json.loads(text)), json.dumps)
_WEBHOOKS = ValueColumns(webhooks, Webhook)
_DELIVERIES = ValueColumns(deliveries, Delivery, {"item_ids": _IDS, "passage_ids": _IDS})


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """What decides whether a delivery is sent now. `address` is None if its webhook is gone."""

    id: str
    tries: int
    webhook_id: str
    group_id: str
    address: str | None


class WebhooksReading(Repository):
    """Webhooks, in one transaction. The caller checks the rights."""

    def by_id(self, webhook_id: str) -> Webhook | None:
        """The webhook with this id."""
        if not is_storable(webhook_id):
            return None
        return _WEBHOOKS.first(self.connection, _WEBHOOKS.select.where(webhooks.c.id == webhook_id))

    def of_group(self, group_id: str) -> tuple[Webhook, ...]:
        """The webhooks of a group, the oldest first."""
        chosen = _WEBHOOKS.select.where(webhooks.c.group_id == group_id)
        return _WEBHOOKS.all(self.connection, chosen.order_by(webhooks.c.created_at, webhooks.c.id))

    def idle(self, since: str) -> tuple[Webhook, ...]:
        """The webhooks that are on and may have something to tell, but no message that waits, and none made since an
        instant.
        """
        busy = exists().where(
            deliveries.c.webhook_id == webhooks.c.id,
            deliveries.c.next_at.is_not(None) | ((deliveries.c.created_at > since) & ~deliveries.c.is_test),
        )
        has_match = exists().where(
            matches.c.search_id == webhooks.c.search_id,
            matches.c.number > webhooks.c.position,
            matches.c.group_id == webhooks.c.group_id,
            matches.c.is_found,
        )
        has_passage = exists().where(passages.c.webhook_id == webhooks.c.id)
        chosen = _WEBHOOKS.select.where(webhooks.c.is_on, has_match | has_passage, ~busy)
        return _WEBHOOKS.all(self.connection, chosen.order_by(webhooks.c.id))

    def delivery(self, delivery_id: str) -> Delivery | None:
        """The delivery with this id."""
        return _DELIVERIES.first(self.connection, _DELIVERIES.select.where(deliveries.c.id == delivery_id))

    def deliveries_of(self, webhook_ids: Iterable[str]) -> Mapping[str, tuple[Delivery, ...]]:
        """The last deliveries of webhooks, the latest first, by webhook."""
        chosen = _DELIVERIES.select.order_by(deliveries.c.created_at.desc(), deliveries.c.id)
        return {
            webhook_id: _DELIVERIES.all(
                self.connection, chosen.where(deliveries.c.webhook_id == webhook_id).limit(MOST_LOGGED)
            )
            for webhook_id in webhook_ids
        }

    def due(self, now: str) -> tuple[DueDelivery, ...]:
        """The deliveries whose time has come, the first one first: at most a message and a test of each webhook."""
        chosen = (
            select(
                deliveries.c.id, deliveries.c.tries, deliveries.c.webhook_id, deliveries.c.group_id, webhooks.c.address
            )
            .outerjoin_from(deliveries, webhooks, webhooks.c.id == deliveries.c.webhook_id)
            .where(deliveries.c.next_at <= now)
            .order_by(deliveries.c.next_at, deliveries.c.id)
        )
        return tuple(DueDelivery(*row) for row in self.connection.execute(chosen))

    def next_due(self) -> str | None:
        """When the next delivery is due."""
        return self._text(select(func.min(deliveries.c.next_at)))

    def waiting_passages(self, webhook_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """The passages that wait for webhooks, each with its item, by webhook."""
        chosen = select(passages.c.webhook_id, passages.c.annotation_id, passages.c.item_id)
        found: dict[str, dict[str, str]] = {}
        for webhook_id, annotation_id, item_id in self._rows_with(chosen, passages.c.webhook_id, webhook_ids):
            found.setdefault(webhook_id, {})[annotation_id] = item_id
        return found


class Webhooks(WebhooksReading):
    """Webhooks, in a write transaction."""

    def put(self, webhook: Webhook) -> None:
        """Insert or replace a webhook."""
        self._replace(webhooks, _WEBHOOKS.row(webhook))

    def remove(self, webhook_id: str) -> None:
        """Delete a webhook with its deliveries."""
        self._write(delete(webhooks).where(webhooks.c.id == webhook_id))
        for table in (deliveries, passages):
            self._write(delete(table).where(table.c.webhook_id == webhook_id))

    def put_delivery(self, delivery: Delivery) -> None:
        """Insert or replace a delivery; of the deliveries of its webhook that are done, the latest are kept."""
        self._replace(deliveries, _DELIVERIES.row(delivery))
        done = select(deliveries.c.id).where(
            deliveries.c.webhook_id == delivery.webhook_id, deliveries.c.next_at.is_(None)
        )
        kept = done.order_by(deliveries.c.created_at.desc(), deliveries.c.id).limit(MOST_LOGGED)
        self._write(delete(deliveries).where(deliveries.c.id.in_(done), deliveries.c.id.not_in(kept)))

    def send_now(self, webhook_id: str) -> None:
        """Make what waits for a webhook due, as if it had not been tried yet."""
        waits = (deliveries.c.webhook_id == webhook_id) & deliveries.c.next_at.is_not(None)
        self._write(update(deliveries).where(waits).values(next_at=timestamp_now(), tries=0))

    def drop_waiting(self, webhook_id: str) -> None:
        """Delete what waits for a webhook."""
        self._write(delete(deliveries).where(deliveries.c.webhook_id == webhook_id, deliveries.c.next_at.is_not(None)))
        self.drop_passages_of(webhook_id)

    def drop_passages_of(self, webhook_id: str) -> None:
        """Delete the passages that wait for a webhook."""
        self._write(delete(passages).where(passages.c.webhook_id == webhook_id))

    def drop_passages(self, webhook_id: str, annotation_ids: Iterable[str]) -> None:
        """Delete passages that wait no more."""
        for batch in batches(annotation_ids):
            self._write(
                delete(passages).where(passages.c.webhook_id == webhook_id, passages.c.annotation_id.in_(batch))
            )

    def move(self, webhook_id: str, position: int) -> None:
        """Store up to which change the items of a webhook are queued."""
        self._write(update(webhooks).where(webhooks.c.id == webhook_id).values(position=position))


def _queue_passages(connection: Connection, events: list[Event]) -> None:
    """Let the passages that this transaction adds to items wait for the webhooks of their groups."""
    earliest = timestamp_of(instant_of(timestamp_now()) - _NEW)
    added: dict[str, list[tuple[str, str]]] = {}
    for event in events:
        for change in event.changes if isinstance(event, ItemsEdited) else ():
            before, after = change.before, change.after
            if before is None or after is None or len(after.annotations) <= len(before.annotations):
                continue
            known = {annotation.id for annotation in before.annotations}
            added.setdefault(after.group_id, []).extend(
                (annotation.id, after.id)
                for annotation in after.annotations
                if annotation.id not in known and (annotation.added or "") >= earliest
            )
    if not any(added.values()):
        return
    for batch in batches(added):
        chosen = select(webhooks.c.id, webhooks.c.group_id).where(webhooks.c.group_id.in_(batch))
        for webhook_id, group_id in connection.execute(chosen.where(webhooks.c.is_on, webhooks.c.with_passages)).all():
            waiting = set(
                connection.execute(
                    select(passages.c.annotation_id).where(passages.c.webhook_id == webhook_id)
                ).scalars()
            )
            fresh = [one for one in dict(added[group_id]).items() if one[0] not in waiting]
            rows = [
                {"webhook_id": webhook_id, "annotation_id": annotation_id, "item_id": item_id, "group_id": group_id}
                for annotation_id, item_id in fresh[: max(0, MOST_WAITING_PASSAGES - len(waiting))]
            ]
            if rows:
                connection.execute(insert(passages), rows)


def _purge(connection: Connection) -> None:
    """Delete what is left of webhooks whose search is gone, and passages that are gone themselves."""
    for table in (deliveries, passages):
        connection.execute(delete(table).where(~exists().where(webhooks.c.id == table.c.webhook_id)))
    connection.execute(delete(passages).where(~exists().where(annotations.c.id == passages.c.annotation_id)))


def _restored(connection: Connection) -> None:
    """After a restore, change numbers mean nothing: what is new counts from now on, and nothing waits."""
    connection.execute(delete(deliveries).where(deliveries.c.next_at.is_not(None)))
    connection.execute(delete(passages))
    connection.execute(update(webhooks).values(position=ChangesReading(connection).newest()))


STORE = FeatureStore(
    (webhooks, deliveries, passages),
    before_commit=_queue_passages,
    restored=_restored,
    purge=_purge,
)
