"""Lists: items and passages in an order that a user chose, with words between them."""

from dataclasses import dataclass
from enum import StrEnum

from kb.errors import Invalid
from kb.model.items.item_fields import checked_text
from kb.model.people.user import User
from kb.model.storable_text import check_text

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000
LONGEST_WORDS = 20_000
MOST_ENTRIES = 5_000
MOST_LIST_CHARACTERS = 1_000_000
"""Characters of the words of all entries: each change reads and writes all of them."""


class ListEntryKind(StrEnum):
    ITEM = "item"
    PASSAGE = "passage"
    """An annotation of an item: a highlight, a note or a comment."""
    HEADING = "heading"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a list. `text` is a heading, a text, or its maker's words on the item or the passage.

    `added_at` is None for an entry of before the site stored it.
    """

    id: str
    kind: ListEntryKind
    item_id: str | None = None
    annotation_id: str | None = None
    text: str = ""
    added_at: str | None = None


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of a group, or of one user who can read the group (`private`).

    `version` grows with each change. `owner` is None if the user who made it was erased.
    """

    id: str
    group_id: str
    owner: User | None
    name: str
    description: str
    private: bool
    created_at: str
    changed_at: str
    version: int = 1
    entries: tuple[ListEntry, ...] = ()


def checked_list_name(text: str) -> str:
    """The name of a list. Raises Invalid for an empty one, and for one that is too long."""
    name = " ".join(check_text(text).split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("The name of a list has 1 to %(limit)s characters.", limit=LONGEST_NAME)
    return name


def checked_list_description(text: str) -> str:
    """The description of a list. Raises Invalid for one that is too long."""
    return checked_text(text, LONGEST_DESCRIPTION)


def checked_entry_words(text: str, kind: ListEntryKind) -> str:
    """The words of an entry. Raises Invalid if they are too long, and for an empty heading or text."""
    words = checked_text(text, LONGEST_NAME if kind is ListEntryKind.HEADING else LONGEST_WORDS)
    if kind is ListEntryKind.HEADING:
        words = " ".join(words.split())
    if not words and kind in {ListEntryKind.HEADING, ListEntryKind.TEXT}:
        raise Invalid("Write something.")
    return words
