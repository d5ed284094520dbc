"""Every writer holds only a few items: memory does not grow with the number of items."""

import tracemalloc
from collections.abc import Iterator
from itertools import islice

import pytest

from kb.formats.export_formats import EXPORT_FORMATS
from tests.factories.exports import QUAIS, export_details
from tests.factories.items import an_annotation, an_item

ITEMS, WORDS = 100, 4_000
MOST_BYTES = 1_000_000
"""Less than all items together take."""


def rows() -> Iterator:
    for number in range(ITEMS):
        text = f"{number} " * WORDS
        yield an_item(f"Crue {number}", id=f"i-{number}", group=QUAIS, annotations=[an_annotation(text)]), QUAIS


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_a_file_is_written_with_few_items_in_memory(form: str) -> None:
    write = EXPORT_FORMATS[form].write
    # The first items load what remains in memory, such as the messages of a language.
    assert any(write(islice(rows(), 2), export_details()))
    tracemalloc.start()
    try:
        size = sum(map(len, write(rows(), export_details())))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert form in {"netscape", "dc", "markdown-folder"} or size > MOST_BYTES
    assert peak < MOST_BYTES
