"""Undo: the items that an action changed, before and after it."""

from dataclasses import dataclass

from kb.model.items.item import Item
from kb.model.items.item_list import ItemList
from kb.model.people.group import Role

UNDO_DAYS = 1.0
"""How long an action can be undone."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item, before and after: None before for one that was added, None after for one that was removed."""

    before: Item | None
    after: Item | None


@dataclass(frozen=True, slots=True)
class TagsChange:
    """The tags of one item, before and after."""

    item_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListChange:
    """One list, before and after; None after for one that was removed."""

    before: ItemList
    after: ItemList | None


@dataclass(frozen=True, slots=True)
class SavedSearchChange:
    """The parameters of a saved search, before and after."""

    search_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RoleChange:
    """The role of a member in a group, before and after; None after for a member who was removed."""

    group_id: str
    user_id: str
    before: Role
    after: Role | None


@dataclass(frozen=True, slots=True)
class Undo:
    """What one action of one user has changed; the user can undo it until `expires_at`.

    `trashed` are the ids of items that it moved to the trash. `parts` are the ids of further records: a large action is
    stored, and undone, in parts.
    """

    id: str
    user_id: str
    expires_at: str
    changed: tuple[ItemChange, ...] = ()
    tag_changes: tuple[TagsChange, ...] = ()
    list_changes: tuple[ListChange, ...] = ()
    search_changes: tuple[SavedSearchChange, ...] = ()
    trashed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    roles: tuple[RoleChange, ...] = ()
