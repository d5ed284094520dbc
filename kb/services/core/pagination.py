"""Search and pagination of long lists."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kb.search.index_search import label_sort_key

Row = TypeVar("Row")

ROWS_PER_PAGE = 50
"""Rows on a page."""


@dataclass(frozen=True, slots=True)
class PaginatedRows(Generic[Row]):
    """One page of a list: `total` rows on `last` pages, of which this is number `page`, from 1."""

    rows: tuple[Row, ...]
    total: int
    page: int
    last: int


def matching_rows(rows: Iterable[Row], words: str, text_of: Callable[[Row], str]) -> list[Row]:
    """The rows whose text contains each word, ignoring case and accents; all rows without a word."""
    typed_words = label_sort_key(words).split()
    return [row for row in rows if not typed_words or all(word in label_sort_key(text_of(row)) for word in typed_words)]


def page_count(total: int, per_page: int) -> int:
    """The number of pages of so many rows, at least one."""
    return max(1, -(-total // per_page))


def paginate(rows: Sequence[Row], page: int) -> PaginatedRows[Row]:
    """A page of a list; a number past the end gives the last page."""
    last = page_count(len(rows), ROWS_PER_PAGE)
    page = min(max(1, page), last)
    return PaginatedRows(tuple(rows[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]), len(rows), page, last)
