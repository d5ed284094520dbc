"""The address of an annotation or a reply on the page of its item, which has several pages where the item is heavy.

An ordinary item has one page: `/items/<id>#a-<annotation id>`. A browser keeps what follows `#` to itself, so the
address of an annotation of a heavy item names it to the server too: `/items/<id>?part=<annotation id>#a-<annotation
id>` leads to the page that holds it, whatever is added before it.
"""

from collections.abc import Callable
from urllib.parse import quote

from kb.model.items.item import Item

MOST_ANNOTATION_BYTES = 500_000
"""Bytes of the annotations of one page of an item."""
BYTES_AROUND_ANNOTATION = 900
"""Bytes of what stands around one annotation or reply in a page: links, buttons, forms."""
LONGEST_ESCAPE = 5
"""Bytes that one character takes in HTML, at most: `&#34;`."""


def may_have_several_pages(item: Item) -> bool:
    """Whether the annotations of an item may be too much for one page; an upper bound, found in one pass at most."""
    if item.annotation_count is not None:
        return True
    remaining = MOST_ANNOTATION_BYTES
    for part in item.annotations:
        remaining -= BYTES_AROUND_ANNOTATION + LONGEST_ESCAPE * (len(part.quote or "") + len(part.body or ""))
        for reply in part.replies:
            remaining -= BYTES_AROUND_ANNOTATION + LONGEST_ESCAPE * len(reply.body)
            if remaining < 0:
                return True
        if remaining < 0:
            return True
    return False


def annotation_path(item: Item, part_id: str) -> str:
    """The path, query and fragment of an annotation or a reply of an item."""
    return part_permalinks(item, "")(part_id)


def permalink(item: Item, base_url: str, part_id: str | None = None) -> str:
    """The permanent address of our page about an item, or of one of its annotations or replies."""
    return base_url + (annotation_path(item, part_id) if part_id else _item_path(item))


def part_permalinks(item: Item, base_url: str) -> Callable[[str], str]:
    """The permanent addresses of the annotations and replies of an item, by their ids. Whether it has several pages is
    found once for all of them, which is linear in its parts.
    """
    page, has_several_pages = base_url + _item_path(item), may_have_several_pages(item)

    def address(part_id: str) -> str:
        part = quote(part_id, safe="")
        return f"{page}?part={part}#a-{part}" if has_several_pages else f"{page}#a-{part}"

    return address


def _item_path(item: Item) -> str:
    return f"/items/{quote(item.id, safe='')}"
