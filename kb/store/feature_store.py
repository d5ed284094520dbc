"""What a feature adds to the database: its tables, and what it does with the events of a transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table

from kb.model.items.item_vectors import ItemVectors
from kb.model.quotation_rule import QuotationRule
from kb.store.transaction_events import Event


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """The part of a feature that the store calls, whether the feature is on or off.

    The tables belong to `kb.store.tables.table_columns.metadata`, so that erasure finds their references to people, the
    deletion of a group their `group_id`, and copies of a database their rows. They are made when the database is
    migrated, and `fill` then writes the rows of the items that are there. `migrations` change tables that were made by
    an earlier release: their number is the schema of the feature, and one that was released is never changed.

    `before_commit` gets the events of each write transaction, at its end. `restored` is called after a backup was put
    back. Neither may raise an error for what a user did: the transaction would fail with it. `personal_data` gives the
    rows about a user, for the export of personal data. `bytes_of_group` are counted with the files of a group. `purge`
    deletes what belongs to no item any more, every hour.

    `vectors` gives the indexer the vectors of items, by id, in the snapshot of a connection: what they are for an item
    may change only in a transaction that records a change of the item (`Changes.record_for_index`). `quotation_rules`
    are those of groups, by group and source (`QuotationRules`).
    """

    tables: tuple[Table, ...]
    fill: Callable[[Connection], None] = lambda _connection: None
    migrations: tuple[Callable[[Connection], None], ...] = ()
    before_commit: Callable[[Connection, list[Event]], None] = lambda _connection, _events: None
    restored: Callable[[Connection], None] = lambda _connection: None
    personal_data: Callable[[Connection, str], list[dict[str, Any]]] = lambda _connection, _user_id: []
    vectors: Callable[[Connection, Sequence[str]], Mapping[str, ItemVectors]] = lambda _connection, _ids: {}
    quotation_rules: Callable[[Connection, Sequence[str]], Mapping[tuple[str, str], QuotationRule]] = (
        lambda _connection, _group_ids: {}
    )
    bytes_of_group: Callable[[Connection, str], int] = lambda _connection, _group_id: 0
    purge: Callable[[Connection], None] = lambda _connection: None
    name: str = ""
    """That of the feature, which gives it."""
