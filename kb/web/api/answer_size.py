"""Pages of the API stay small: rows that do not fit are shortened."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from kb.model.items.item import Item
from kb.model.truncation import truncate_within
from kb.web.ui.page_weight import fitting_labels

Row = TypeVar("Row")
Shape = TypeVar("Shape")
MOST_ROW_BYTES = 2_000_000
"""Bytes of the whole rows of one answer, which are made in memory."""
# One encoder for all: to make one takes as long as a small row.
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_MOST_MISFITS = 5
"""Rows that did not fit, after which no other is tried: to find out takes time."""
LONGEST_SHORT_TEXT = 300
_MOST_TAG_BYTES = _MOST_URL_BYTES = 2_000


def json_size(row: object) -> int:
    """The bytes of a row as JSON in UTF-8."""
    return len(_ENCODER.encode(row).encode("utf-8", "surrogatepass"))


def within_size(rows: Iterable[Row], shape: Callable[..., Shape], most: int = MOST_ROW_BYTES) -> list[Shape]:
    """The JSON of all rows, in their order: whole as long as so many bytes suffice, the others shortened.

    `shape` makes that of a row, and takes `is_shortened` by name.
    """
    shapes, misfits = list[Shape](), 0
    for row in rows:
        if misfits < _MOST_MISFITS:
            whole = shape(row, is_shortened=False)
            size = json_size(whole)
            if size <= most:
                most -= size
                shapes.append(whole)
                continue
            misfits += 1
        shapes.append(shape(row, is_shortened=True))
    return shapes


def shortened_item(item: Item) -> Item:
    """An item without annotations, whose other texts take some kilobytes."""
    url, title, description = item.url, item.title, item.description
    return replace(
        item,
        url=url if len((url or "").encode()) <= _MOST_URL_BYTES else None,
        title=title and truncate_within(title, LONGEST_SHORT_TEXT),
        description=description and truncate_within(description, LONGEST_SHORT_TEXT),
        tags=tuple(fitting_labels(item.tags, _MOST_TAG_BYTES)),
        annotations=(),
    )
