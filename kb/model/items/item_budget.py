"""The budget of one item: how many parts hang on it at most, and how many bytes these take together.

A change of an item writes all of it again, and its page, its exports and the index read all of it. Bounds of single
lists multiply: this budget bounds the whole, whichever way its parts come in. What an item has once has its own bounds:
the fields of its record (`ItemFields`), and its files and kept copies, one of each `FileRole`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.errors import Conflict, counted
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, ReplyDraft
from kb.model.items.item import Item

MOST_ITEM_PARTS = 5_000
"""Annotations, replies, tags of the item, and further users who shared its page."""
MOST_ITEM_BYTES = 2_000_000
"""Bytes in UTF-8 of the texts of all parts, with PART_BYTES for each part and for each tag of a part."""
PART_BYTES = 100
"""What a part takes beyond its texts in a page or an answer: its id, author, dates, markup."""
LISTED_PARTS = 200
"""Annotations and replies of one item that a listing reads, the first in their order."""
LISTED_CHARACTERS = 60_000
"""Characters of annotations and replies of one item, up to the one that exceeds them, that a listing reads."""
MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class ItemSize:
    """What an item takes of its budget."""

    parts: int = 0
    bytes: int = 0

    @property
    def is_within_budget(self) -> bool:
        return self.parts <= MOST_ITEM_PARTS and self.bytes <= MOST_ITEM_BYTES

    def error_beyond_budget(self, before: "ItemSize") -> Conflict | None:
        """The error of an item that grows beyond its budget, or None; `before` is its size now, nothing for a new one.

        An item that is beyond it already may change, but not grow.
        """
        if self.parts > max(MOST_ITEM_PARTS, before.parts):
            return Conflict(
                "An item has at most %(limit)s passages, comments, replies and tags: no more can be added here.",
                limit=MOST_ITEM_PARTS,
            )
        if self.bytes > max(MOST_ITEM_BYTES, before.bytes):
            return Conflict(
                "All passages, comments and replies of an item take at most %(limit)s MB: no more can be added here.",
                limit=MOST_ITEM_BYTES // MEGABYTE,
            )
        return None


def item_size(item: Item | ItemDraft) -> ItemSize:
    """The size of an item, or of a record of an import."""
    tags = item.tags or ()
    count = len(tags) + len(item.sharers)
    size = PART_BYTES * count + _byte_count(tags)
    for part in item.parts:
        count += 1
        size += part_size(part)
    return ItemSize(count, size)


def part_size(part: Annotation | Reply | AnnotationDraft | ReplyDraft) -> int:
    """The bytes of an annotation without its replies, or of a reply."""
    tags = part.tags or ()
    size = PART_BYTES * (1 + len(tags)) + _byte_count((part.body, *tags))
    if isinstance(part, Annotation | AnnotationDraft):
        size += _byte_count((part.quote, part.prefix, part.suffix, part.color, part.selectors))
    return size


def first_item_parts(draft: ItemDraft, number: int) -> ItemDraft:
    """A record with the first of its annotations and replies, so many together, each annotation before its replies."""
    kept = []
    for annotation in draft.annotations:
        if number <= 0:
            break
        kept.append(replace(annotation, replies=annotation.replies[: number - 1]))
        number -= 1 + len(annotation.replies)
    return replace(draft, annotations=tuple(kept))


def _byte_count(texts: Iterable[str | None]) -> int:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts if text)


def left_out_message(number: int) -> str:
    """The message of a warning on so many parts, with `count` and `limit`."""
    return counted(
        "%(count)s passage, comment or reply is left out: an item has at most %(limit)s of them, with its tags.",
        "%(count)s passages, comments or replies are left out: an item has at most %(limit)s of them, with its tags.",
        number,
    )
