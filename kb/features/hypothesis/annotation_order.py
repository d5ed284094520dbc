"""The order of the rows of `/hypothesis/api/search`, and the positions that `search_after` names.

Programs send back, as `search_after`, the date of the last row of a page. Passages may have the same date, or none: the
date of such a row has ten more digits after its microseconds, which readers of dates drop. They say how many passages
of this date (`1`), or of those without a date (`2`), the program has:

    2024-05-01T09:00:00.0000001000000042+00:00      the 42 first ones of this date
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kb.errors import Invalid
from kb.model.dates import instant_of
from kb.model.search_request import Sort
from kb.services.clients.passage_listings import Passage, passage_change, passage_date
from kb.web.http.context import RequestContext

LONGEST_SEARCH_AFTER = 100
"""Characters of `search_after`."""
_WITH_COUNT = re.compile(r"(.{19}\.\d{6})([12])(\d{9})(.{0,6})", re.ASCII)
_OF_DATE, _WITHOUT_DATE = "1", "2"
Test = Callable[[Passage], bool]


@dataclass(frozen=True, slots=True)
class AnnotationOrder:
    """An order by the date `date_of` a passage. `sort` gives it, or its reverse if `is_reversed`; passages without a
    date then stand first, and else last.
    """

    sort: Sort
    is_ascending: bool
    date_of: Callable[[Passage], datetime | None]
    is_reversed: bool = False

    def is_before(self, passage: Passage, date: datetime | None) -> bool:
        """Whether a passage stands before all those of a date, or before those without one."""
        own = self.date_of(passage)
        if own is None or date is None:
            return own is not date and (own is None) is self.is_reversed
        return own < date if self.is_ascending else own > date

    def sorted(self, passages: list[Passage]) -> list[Passage]:
        """Passages in this order; those of one date as they come."""
        dated = [passage for passage in passages if self.date_of(passage) is not None]
        others = [passage for passage in passages if self.date_of(passage) is None]
        dated.sort(key=lambda passage: self.date_of(passage) or datetime.min, reverse=not self.is_ascending)
        return [*others, *dated] if self.is_reversed else [*dated, *others]


@dataclass(frozen=True, slots=True)
class SearchAfter:
    """A place in an order: after the first `count` passages of a date (None: without a date); without a count, after
    all of them.
    """

    date: datetime | None
    count: int | None = None

    def position(self, order: AnnotationOrder, count_before: Callable[[Test], int]) -> int:
        """How many passages stand before this place, where `count_before` counts the first ones that pass a test."""
        end = count_before(lambda passage: order.is_before(passage, self.date) or order.date_of(passage) == self.date)
        if self.count is None:
            return end
        return min(end, count_before(lambda passage: order.is_before(passage, self.date)) + self.count)


def annotation_order(context: RequestContext) -> AnnotationOrder:
    """The order that the parameters ask for. Raises Invalid."""
    sort, order = context.param("sort") or "updated", context.param("order") or "desc"
    if sort not in {"created", "updated"}:
        raise Invalid("“%(name)s” should be one of %(words)s.", name="sort", words="created, updated")
    if order not in {"asc", "desc"}:
        raise Invalid("“%(name)s” should be one of %(words)s.", name="order", words="asc, desc")
    is_ascending = order == "asc"
    if sort == "created":
        return AnnotationOrder(Sort.OLDEST if is_ascending else Sort.RECENT, is_ascending, passage_date)
    return AnnotationOrder(Sort.UPDATED, is_ascending, passage_change, is_reversed=is_ascending)


def search_after(context: RequestContext) -> SearchAfter | None:
    """The place that the parameter names; None without it. Raises Invalid."""
    text = context.param("search_after")
    if not text:
        return None
    try:
        match = _WITH_COUNT.fullmatch(text[: LONGEST_SEARCH_AFTER + 1])
        if match is None:
            return SearchAfter(instant_of(text[: LONGEST_SEARCH_AFTER + 1]))
        date = instant_of(match[1] + match[4])
    except ValueError:
        raise Invalid("“%(name)s” should be a time such as 2025-01-01T00:00:00Z.", name="search_after") from None
    return SearchAfter(date if match[2] == _OF_DATE else None, int(match[3]))


def date_with_count(written: str, after: SearchAfter) -> str:
    """A date of a row, written with microseconds, that also says how many passages of its date a program has."""
    kind = _OF_DATE if after.date is not None else _WITHOUT_DATE
    return f"{written[:26]}{kind}{after.count or 0:09}{written[26:]}"
