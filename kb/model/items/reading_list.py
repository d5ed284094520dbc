"""The reading list of a user."""

from dataclasses import dataclass
from enum import StrEnum


class ReadingListPart(StrEnum):
    """Which of one's reading list: what is still to be read, what has been, or both."""

    UNREAD = "unread"
    READ = "read"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ReadingListEntry:
    """An item on somebody's reading list: since when, and when they have read it, if they have. RFC 3339."""

    item_id: str
    added_at: str
    read_at: str | None = None
