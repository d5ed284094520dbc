"""Lists: items and passages in an order that a user chose, with words between them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from kb.errors import Invalid
from kb.model.items.item_fields import checked_text
from kb.model.people.user import User
from kb.model.storable_text import check_text

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5_000
LONGEST_WORDS = 20_000
MOST_ENTRIES = 5_000
MOST_LIST_CHARACTERS = 1_000_000
"""Characters of the words of all entries: each change reads and writes all of them."""

ItemPart: TypeAlias = tuple[str, str | None]
"""The id of an item, and that of one of its annotations, or None for the whole item."""


class ListEntryKind(StrEnum):
    ITEM = "item"
    PASSAGE = "passage"
    """An annotation of an item: a highlight, a note or a comment."""
    HEADING = "heading"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a list. `text` is a heading, a text, or its maker's words on the item or the passage.

    `added_at` is None for an entry of before the site stored it. `chosen` are the ids of the passages and comments that
    a press review has of an item; None: the first ones.
    """

    id: str
    kind: ListEntryKind
    item_id: str | None = None
    annotation_id: str | None = None
    text: str = ""
    added_at: str | None = None
    chosen: tuple[str, ...] | None = None


MOST_QUOTES = 10
SHORTEST_QUOTE, LONGEST_QUOTE = 50, 1_000
AS_LISTED, BY_TAG, BY_GROUP, BY_SOURCE = "list", "tag", "group", "source"
TO_PAGES, TO_ITEMS, NO_LINKS = "page", "item", "none"


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How the press review of a list is written: `quotes` of each item, `longest` characters each; `comments`: those of
    readers, and their notes on these quotes, too; `order` groups the items.

    `links` says where the link of each item leads: with TO_PAGES to its page on the web, or to this site if it has none
    and everyone may read its group; with TO_ITEMS to this site. `dated` is the date as typed; None: the present day.
    """

    dated: str | None = None
    quotes: int = 2
    longest: int = 300
    descriptions: bool = True
    comments: bool = False
    order: str = AS_LISTED
    links: str = TO_PAGES


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of a group, or of one user who can read the group (`private`).

    `version` grows with each change. `owner` is None if the user who made it was erased. `draft`: it was made of
    selected results, and is deleted some days after its last change unless it is kept.
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
    draft: bool = False
    review: ReviewSettings = ReviewSettings()

    def is_open_to(self, user_id: str | None) -> bool:
        """Whether a user, or a visitor (None), who may read its group may read it."""
        return not self.private or (self.owner is not None and self.owner.id == user_id)


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
