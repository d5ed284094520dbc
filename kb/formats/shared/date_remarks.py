"""Remarks on the dates of a record that cannot be read."""

from collections.abc import Iterator

from kb.model.items.import_draft import ItemDraft, Remark, draft_remark
from kb.model.storable_text import one_line

_LONGEST_SHOWN = 60


def remarks_on_dates(draft: ItemDraft, *dates: tuple[str | None, str | None]) -> Iterator[Remark]:
    """A remark on each date of a record that was given and could not be read; zeros are no date. `dates`: each as it
    is written, and as it was read.
    """
    unread = dict.fromkeys(one_line((written or "")[:_LONGEST_SHOWN]) for written, date in dates if date is None)
    for written in unread:
        if written.strip(" 0-/.:T"):
            yield draft_remark(draft, "This date cannot be read, and is left out: %(date)s.", date=written)
