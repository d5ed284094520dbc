"""What everyone may read, in portions: the items and groups of the site map."""

from kb.access.actor import ANONYMOUS
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups

PORTION = 5000
"""Items of a portion: half a megabyte of a site map, whose protocol allows 50,000."""


def public_groups(library: Library) -> tuple[tuple[Group, str | None], ...]:
    """The groups that everyone may read, each with the time of its last change (RFC 3339), by slug."""
    with library.store.read() as reading:
        groups = readable_groups(reading, ANONYMOUS).groups
        return tuple((group, reading.groups.changed_at((group.id,))) for group in groups if not group.is_personal)


def public_portions(library: Library) -> int:
    """How many portions the public items have."""
    with library.store.read() as reading:
        return -(-reading.items.count(readable_groups(reading, ANONYMOUS).scope) // PORTION)


def public_items(library: Library, portion: int) -> tuple[tuple[str, str | None], ...]:
    """The ids of the public items of a portion, from 1, each with the time of its last change, in the order of import.
    Empty past the last portion.
    """
    with library.store.read() as reading:
        scope = readable_groups(reading, ANONYMOUS).scope
        return reading.items.changes(scope, PORTION * (portion - 1), PORTION)
