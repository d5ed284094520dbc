"""Long lists, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

PORTION = 50
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Portion(Generic[Row]):
    """One page of a list: `total` rows on `last` pages, of which this is number `page`, from 1."""

    rows: tuple[Row, ...]
    total: int
    page: int
    last: int


def portion(rows: Sequence[Row], page: int) -> Portion[Row]:
    """A page of a list; past the end, the last one."""
    last = max(1, -(-len(rows) // PORTION))
    page = min(max(1, page), last)
    return Portion(tuple(rows[(page - 1) * PORTION : page * PORTION]), len(rows), page, last)
