"""The size of an answer: a list ends before it is too large, and its program asks for the rest."""

import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from kb.services.items.items import ItemView
from kb.web.api.answer_size import MOST_ROW_BYTES, json_size

Row = TypeVar("Row")
MOST_PARTS = 20_000
"""Annotations and replies that are read for one answer, most of which are not in it."""


def light_views(views: Iterable[ItemView], most: int = MOST_PARTS) -> Iterator[ItemView]:
    """The first items, one at least, up to so many annotations and replies."""
    for view in views:
        yield view
        most -= sum(1 for _ in view.item.parts)
        if most <= 0:
            break


def rows_within(rows: Iterable[Row], most: int = MOST_ROW_BYTES) -> list[Row]:
    """The first rows, as JSON gives them, up to so many bytes; one at least. The row that passes them is the last."""
    first = list[Row]()
    for row in rows:
        first.append(row)
        most -= json_size(row)
        if most <= 0:
            break
    return first


def json_array(rows: Iterable[object], begin: str = "[", end: str = "]") -> Iterator[bytes]:
    """The JSON of an array, in pieces, between two texts."""
    yield begin.encode()
    for place, row in enumerate(rows):
        yield ("," * (place > 0) + json.dumps(row, ensure_ascii=False, separators=(",", ":"))).encode()
    yield end.encode()
