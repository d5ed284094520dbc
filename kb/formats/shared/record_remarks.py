"""Remarks on the records of a file: dates that cannot be read, and fields that items do not have."""

from collections.abc import Iterable, Iterator

from kb.errors import counted
from kb.model.items.import_draft import ItemDraft, Remark, draft_remark, remark
from kb.model.storable_text import one_line

_LONGEST_SHOWN = 60
_MOST_NAMED = 40


def remarks_on_dates(draft: ItemDraft, *dates: tuple[str | None, str | None]) -> Iterator[Remark]:
    """A remark on each date of a record that was given and could not be read; zeros are no date. `dates`: each as it
    is written, and as it was read.
    """
    unread = dict.fromkeys(one_line((written or "")[:_LONGEST_SHOWN]) for written, date in dates if date is None)
    for written in unread:
        if written.strip(" 0-/.:T"):
            yield draft_remark(draft, "This date cannot be read, and is left out: %(date)s.", date=written)


def draft_with_remarks(
    draft: ItemDraft, *dates: tuple[str | None, str | None], item: str | None = None
) -> Iterator[ItemDraft | Remark]:
    """The remarks on the dates of a draft, then the draft, or a remark if it has neither a title nor an address."""
    yield from remarks_on_dates(draft, *dates)
    if draft.url or draft.title:
        yield draft
    else:
        yield remark("This record has neither a title nor an address.", draft.line, item, skipped=True)


def to_read_remark(number: int) -> Remark:
    """The remark on bookmarks that were marked to be read."""
    message = counted(
        "%(count)s bookmark was marked to be read: this mark was left out.",
        "%(count)s bookmarks were marked to be read: this mark was left out.",
        number,
    )
    return remark(message, count=number)


def left_out_remark(fields: Iterable[str]) -> Iterator[Remark]:
    """The remark on fields that items do not have here, if there are any."""
    if names := sorted(fields):
        yield remark("These fields were left out: %(fields)s.", fields=", ".join(names[:_MOST_NAMED]))
