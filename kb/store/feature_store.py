"""What a feature adds to the database: its tables, and what it does with the events of a transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table

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
    rows about a user, for the export of personal data.
    """

    tables: tuple[Table, ...]
    fill: Callable[[Connection], None] = lambda _connection: None
    migrations: tuple[Callable[[Connection], None], ...] = ()
    before_commit: Callable[[Connection, list[Event]], None] = lambda _connection, _events: None
    restored: Callable[[Connection], None] = lambda _connection: None
    personal_data: Callable[[Connection, str], list[dict[str, Any]]] = lambda _connection, _user_id: []
    name: str = ""
    """That of the feature, which gives it."""
