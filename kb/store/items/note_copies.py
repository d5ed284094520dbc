"""Items of an own library that hold a private note about an item of a group, and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from kb.store.database.database import is_any_of
from kb.store.tables.library_tables import annotations, item_tags, items

MOST_READ = 5_000
"""Items of an own library that are looked at, the latest ones: each search of its owner asks for it."""
MOST_NOTE_COPIES = 500
"""Pairs that one search looks at."""


@dataclass(frozen=True, slots=True)
class NoteCopiesReading:
    """Note copies, in one transaction."""

    connection: Connection

    def pairs(self, library_id: str, group_ids: Collection[str]) -> tuple[tuple[str, str], ...]:
        """The ids of note copies in an own library, each with that of an item of these groups with its address.

        A note copy has a comment and no tag, description or highlight, as a private note makes it. At most
        MOST_NOTE_COPIES pairs.
        """
        own = select(items.c.id, items.c.number, items.c.canonical_url, items.c.description)
        own = own.where(items.c.group_id == library_id).order_by(items.c.number.desc()).limit(MOST_READ)
        copy, twin = own.subquery("copy"), items.alias("twin")
        part = annotations.c.item == copy.c.number
        pairs = (
            select(copy.c.id, twin.c.id)
            .join(twin, (twin.c.canonical_url == copy.c.canonical_url) & is_any_of(twin.c.group_id, group_ids))
            .where(
                copy.c.description.is_(None),
                ~exists().where(item_tags.c.item == copy.c.number),
                exists().where(part, annotations.c.quote.is_(None)),
                ~exists().where(part, annotations.c.quote.is_not(None)),
            )
            .limit(MOST_NOTE_COPIES)
        )
        return tuple((one, other) for one, other in self.connection.execute(pairs))
