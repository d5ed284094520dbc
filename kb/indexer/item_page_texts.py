"""Items as they are indexed: each with the text of its page."""

from collections.abc import Iterable, Iterator
from itertools import islice

from kb.model.items.item import Item
from kb.store import ReadSnapshot

_BATCH = 200


def with_page_texts(reading: ReadSnapshot, items: Iterable[Item]) -> Iterator[tuple[Item, str | None]]:
    """Items, each with the text of its page, if there is one; only one of these texts is in memory at a time."""
    rest = iter(items)
    while some := list(islice(rest, _BATCH)):
        ids_with_text = reading.page_texts.held(item.id for item in some)
        for item in some:
            yield item, reading.page_texts.of_item(item.id) if item.id in ids_with_text else None
