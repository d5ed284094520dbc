"""The reading list of a user."""

from dataclasses import dataclass
from enum import StrEnum


class ReadingListPart(StrEnum):
    """Which part of a reading list: unread, read, or both."""

    UNREAD = "unread"
    READ = "read"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ReadingListEntry:
    """An item on a user's reading list: when it was added, and when it was read, or None. RFC 3339."""

    item_id: str
    added_at: str
    read_at: str | None = None
