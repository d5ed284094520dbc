"""Warnings on the records of a file: dates that cannot be read, and fields that items do not have."""

from collections.abc import Iterable, Iterator

from kb.errors import counted
from kb.model.items.import_draft import ItemDraft, RecordWarning, draft_warning, warning_of
from kb.model.storable_text import one_line

_LONGEST_SHOWN = 60
_MOST_NAMED = 40


def warnings_on_dates(draft: ItemDraft, *dates: tuple[str | None, str | None]) -> Iterator[RecordWarning]:
    """A warning on each date of a record that was given and could not be read; zeros are no date. `dates`: each as it
    is written, and as it was read.
    """
    unread = dict.fromkeys(one_line((written or "")[:_LONGEST_SHOWN]) for written, date in dates if date is None)
    for written in unread:
        if written.strip(" 0-/.:T"):
            yield draft_warning(draft, "This date cannot be read, and is left out: %(date)s.", date=written)


def draft_with_warnings(
    draft: ItemDraft, *dates: tuple[str | None, str | None], item: str | None = None
) -> Iterator[ItemDraft | RecordWarning]:
    """The warnings on the dates of a draft, then the draft, or a warning if it has neither a title nor an address."""
    yield from warnings_on_dates(draft, *dates)
    if draft.url or draft.title:
        yield draft
    else:
        yield warning_of("This record has neither a title nor an address.", draft.line, item, skipped=True)


def to_read_warning(number: int) -> RecordWarning:
    """The warning on bookmarks that were marked to be read."""
    message = counted(
        "%(count)s bookmark was marked to be read: this mark was left out.",
        "%(count)s bookmarks were marked to be read: this mark was left out.",
        number,
    )
    return warning_of(message, count=number)


def left_out_warning(fields: Iterable[str]) -> Iterator[RecordWarning]:
    """The warning on fields that items do not have here, if there are any."""
    if names := sorted(fields):
        yield warning_of("These fields were left out: %(fields)s.", fields=", ".join(names[:_MOST_NAMED]))
