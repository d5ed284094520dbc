"""Compare and choose texts and dates of two files of one Diigo library, always the same whichever comes first."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from kb.model.dates import stored_instant
from kb.services.item_matching.truncated_titles import is_truncation_of

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ZONES = timedelta(hours=38)
"""Between a day, or a time without zone, and the same time in UTC: a day and the widest zone."""

Value = TypeVar("Value")


def compared_text(text: str | None) -> str:
    """A text without what formats change in it: spaces and line breaks of all kinds."""
    return " ".join((text or "").split())


def best_text(existing: str | None, new: str | None, *, better: bool) -> str | None:
    """One of two texts: the whole of a shortened one, the one that has line breaks, else the new one if its file is
    better.
    """
    if not new or not existing:
        return existing or new
    if is_truncation_of(new, existing):
        return existing
    if is_truncation_of(existing, new):
        return new
    if compared_text(existing) == compared_text(new):
        return max(existing, new, key=lambda text: (text.count("\n"), len(text), text))
    return new if better else existing


def best_date(existing: str | None, new: str | None, *, better: bool, same: bool) -> str | None:
    """One of two dates of the same act: the new one if its file is better, or if it is more precise; the earlier
    one if `same`, from the same kind of file.
    """
    if not new or not existing:
        return existing or new
    if better or (_DAY.fullmatch(existing) and not _DAY.fullmatch(new) and is_same_time(existing, new)):
        return new
    if same and not _DAY.fullmatch(new):
        return min(existing, new, key=lambda date: (stored_instant(date) is None, stored_instant(date), date))
    return existing


def is_day(date: str) -> bool:
    """Whether a date has no time."""
    return _DAY.fullmatch(date) is not None


def is_same_time(time: str | None, other: str | None) -> bool:
    """Whether two dates may be of the same act, as a file without hours or zones gives it."""
    first, second = stored_instant(time), stored_instant(other)
    return first is None or second is None or abs(first - second) <= _ZONES


def merged_order(leading: Sequence[Value], others: Sequence[tuple[Value, Value | None]]) -> tuple[Value, ...]:
    """The leading values, and each of the others after the leading one that precedes it in its own order; those that
    none precedes come last.

    `others` are values with the one that precedes each. Values are compared by identity.
    """
    following: dict[int, list[Value]] = {}
    last: list[Value] = []
    for value, before in others:
        (last if before is None else following.setdefault(id(before), [])).append(value)
    ordered = [entry for value in leading for entry in (value, *following.get(id(value), ()))]
    return (*ordered, *last)
