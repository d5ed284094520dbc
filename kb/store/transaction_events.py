"""What a write transaction does to items, groups and people. `Store.write` gives its events to each feature, before the
commit: see `kb.store.feature_store`.

The log of a transaction is kept with its connection, so that each repository adds to the same one. A savepoint that is
rolled back takes its events with it.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from kb.model.people.group import Group


@dataclass(frozen=True, slots=True)
class ItemsChanged:
    """Items were added, changed, moved between groups, removed or restored; views and page texts are no change."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemsMerged:
    """Items were merged into another one. An ItemsChanged names each of them."""

    item_ids: tuple[str, ...]
    into_id: str


@dataclass(frozen=True, slots=True)
class ItemsErased:
    """Items were permanently deleted: nothing brings them back."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """The name, visibility or state of a group was changed."""

    before: Group
    group: Group


@dataclass(frozen=True, slots=True)
class PersonErased:
    """A person was erased. The rows of tables that refer to `users` or `accounts` by foreign keys are gone already."""

    user_id: str


Event = ItemsChanged | ItemsMerged | ItemsErased | GroupChanged | PersonErased
_KEY = "events"


def events_of(connection: Connection) -> list[Event]:
    """The events of the open transaction of a connection, in their order."""
    return cast("list[Event]", connection.info.setdefault(_KEY, []))


def clear_events(connection: Connection) -> None:
    """Begin the log of a new transaction."""
    connection.info.pop(_KEY, None)


def changed_item_ids(events: list[Event]) -> list[str]:
    """The items that the ItemsChanged of a transaction name, each once."""
    ids = (item_id for event in events if isinstance(event, ItemsChanged) for item_id in event.item_ids)
    return list(dict.fromkeys(ids))
