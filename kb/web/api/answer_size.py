"""Pages of the API stay small: rows that do not fit are shortened."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from kb.model.items.item import Item
from kb.model.truncation import truncate_within
from kb.web.http.json_size import MOST_ROW_BYTES, json_size
from kb.web.ui.page_weight import fitting_labels

Row = TypeVar("Row")
Shape = TypeVar("Shape")
_MOST_MISFITS = 5
"""Rows that did not fit, after which no other is tried: to find out takes time."""
LONGEST_SHORT_TEXT = 300
_MOST_TAG_BYTES = _MOST_URL_BYTES = 2_000


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
