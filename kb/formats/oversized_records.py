"""Records with more parts than an item may have: the first are read, and a warning says how many are left out."""

from collections.abc import Iterable, Iterator

from kb.errors import counted
from kb.model.items.import_draft import ItemDraft, RecordWarning, draft_warning
from kb.model.items.item_budget import MOST_ITEM_PARTS, first_parts


def within_item_budget(entries: Iterable[ItemDraft | RecordWarning]) -> Iterator[ItemDraft | RecordWarning]:
    """The entries of a file; of a record with too many annotations and replies the first, before a warning."""
    for entry in entries:
        size = sum(1 + len(part.replies) for part in entry.annotations) if isinstance(entry, ItemDraft) else 0
        if isinstance(entry, ItemDraft) and size > MOST_ITEM_PARTS:
            left_out = size - MOST_ITEM_PARTS
            yield first_parts(entry, MOST_ITEM_PARTS)
            yield draft_warning(entry, left_out_message(left_out), count=left_out, limit=MOST_ITEM_PARTS)
        else:
            yield entry


def left_out_message(number: int) -> str:
    """The message of a warning on so many parts, with `count` and `limit`."""
    return counted(
        "%(count)s passage, comment or reply is left out: an item has at most %(limit)s of them, with its tags.",
        "%(count)s passages, comments or replies are left out: an item has at most %(limit)s of them, with its tags.",
        number,
    )
