"""Lists: items and passages in an order that a user chose, with words between them."""

from dataclasses import dataclass
from enum import StrEnum

from kb.errors import Invalid
from kb.model.items.item_fields import checked_text
from kb.model.people.user import User
from kb.model.text_rules import check_text

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000
LONGEST_WORDS = 20_000
MOST_ENTRIES = 1_000


class ListEntryKind(StrEnum):
    """What stands in a list."""

    ITEM = "item"
    PASSAGE = "passage"
    """An annotation of an item: a highlight, a note or a comment."""
    HEADING = "heading"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One thing of a list. `words` are a heading, a text, or what its maker says of the item or the passage."""

    id: str
    kind: ListEntryKind
    item_id: str | None = None
    annotation_id: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of a group, or of somebody alone while they may read the group (`private`).

    `version` grows with each change. No `owner`: whoever made it is forgotten.
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
    """The name of a list. Raises Invalid for none, and for one that is too long."""
    name = " ".join(check_text(text).split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid("The name of a list has 1 to %(limit)s characters.", limit=LONGEST_NAME)
    return name


def checked_list_description(text: str) -> str:
    """What a list is about. Raises Invalid for what is too long."""
    return checked_text(text, LONGEST_DESCRIPTION)


def checked_entry_words(text: str, kind: ListEntryKind) -> str:
    """The words of an entry. Raises Invalid for what is too long, and for a heading or a text without any."""
    words = checked_text(text, LONGEST_NAME if kind is ListEntryKind.HEADING else LONGEST_WORDS)
    if kind is ListEntryKind.HEADING:
        words = " ".join(words.split())
    if not words and kind in {ListEntryKind.HEADING, ListEntryKind.TEXT}:
        raise Invalid("Write something first.")
    return words
