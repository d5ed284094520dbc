"""The order of a group's tags in lists, and the pages of such a list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kb.search.index_search import label_sort_key
from kb.services.tags.tags import TagCount
from kb.web.ui.page_weight import page_ranges

MOST_LISTED_TAGS = 500
MOST_TAG_LIST_BYTES = 60_000
"""Bytes of all labels of a page together: each is in the page four times, twice in an address of three times its
bytes.
"""

_DIGIT = frozenset("0123456789")
_DIGITS = re.compile(r"0*([0-9]+)")


class TagOrder(StrEnum):
    """An order of tags: the value is that of the parameter `sort`."""

    COUNT = "count"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class TagListPage:
    """One page of a list of tags; `number` is from 1 to `last`. `too_long` counts the tags that fit on no page."""

    tags: tuple[TagCount, ...]
    number: int
    last: int
    too_long: int


def tag_list_page(tags: Sequence[TagCount], order: TagOrder, requested: int) -> TagListPage:
    """The tags of a page, or those of the last page if the requested one is after it."""
    fitting = [tag for tag in tags if len(tag.label.encode()) <= MOST_TAG_LIST_BYTES]
    fitting.sort(key=lambda count: (natural_sort_key(count.label), count.label))
    if order is TagOrder.COUNT:
        fitting.sort(key=lambda count: -count.count)
    pages = page_ranges([len(count.label.encode()) for count in fitting], MOST_TAG_LIST_BYTES, MOST_LISTED_TAGS)
    number = min(requested, len(pages))
    positions = pages[number - 1]
    return TagListPage(tuple(fitting[positions.start : positions.stop]), number, len(pages), len(tags) - len(fitting))


def tag_order_of(value: str, default: TagOrder) -> TagOrder:
    """The order that a parameter names; `default` for any other value."""
    return TagOrder(value) if value in set(TagOrder) else default


def natural_sort_key(label: str) -> tuple[tuple[bool, int, str], ...]:
    """The sort key of a label: letters without case and accents, numbers by their value (0, 102, 1001)."""
    parts = _DIGITS.split(label_sort_key(label))
    return tuple((part[:1] not in _DIGIT, len(part) if part[:1] in _DIGIT else 0, part) for part in parts if part)
