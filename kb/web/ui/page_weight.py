"""Limits in bytes on the texts of a page, so that no page exceeds a megabyte, however long its texts are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.annotation_address import BYTES_AROUND_ANNOTATION, LONGEST_ESCAPE, MOST_ANNOTATION_BYTES
from kb.model.items.item import Item
from kb.model.truncation import truncate

MOST_PAGE_BYTES = MOST_ANNOTATION_BYTES
"""Bytes of the texts of one page; the markup around them takes about as many at most."""
LONGEST_REPEATED_SEARCH = 2_500
"""Bytes of a search in an address, up to which each filter that its page offers repeats them."""
MOST_REPEATED_BYTES = 30_000
"""Bytes of a search times the rows of its page, up to which the links of each row repeat them."""
SHORT = 100
"""Characters of a text shown if the page has no room for all of it."""
_ESCAPED = "&<>\"'"


def html_bytes(text: str | None) -> int:
    """The most bytes that a text takes in a page."""
    if not text:
        return 0
    return len(text.encode()) + (LONGEST_ESCAPE - 1) * sum(map(text.count, _ESCAPED))


@dataclass(slots=True)
class PageBudget:
    """The bytes left for the texts of a page."""

    left: int = MOST_PAGE_BYTES

    def reserve(self, *texts: str | None) -> bool:
        """Whether there is room for these texts; if so, they are counted."""
        weight = BYTES_AROUND_ANNOTATION + sum(map(html_bytes, texts))
        if weight > self.left:
            return False
        self.left -= weight
        return True

    def fitting_text(self, text: str | None) -> str:
        """The text if there is room for it, otherwise its beginning; empty for none."""
        return text if text and self.reserve(text) else truncate(text or "", SHORT)


def fitting_labels(labels: Iterable[str], most: int) -> list[str]:
    """The labels that fit into so many bytes, in their order; labels that do not fit are left out."""
    fitting = list[str]()
    for label in labels:
        size = len(label.encode())
        if size <= most:
            most -= size
            fitting.append(label)
    return fitting


def page_ranges(weights: Sequence[int], most: int = MOST_PAGE_BYTES, per_page: int | None = None) -> tuple[range, ...]:
    """The places of entries by page, one page at least: the bytes of a page are at most `most`, or it has one entry.

    A page has at most `per_page` entries.
    """
    pages = [range(0)]
    remaining = most
    for place, weight in enumerate(weights):
        if pages[-1] and (weight > remaining or len(pages[-1]) == per_page):
            pages.append(range(place, place))
            remaining = most
        pages[-1] = range(pages[-1].start, place + 1)
        remaining -= weight
    return tuple(pages)


def paginate_annotations(annotations: Sequence[Annotation]) -> tuple[tuple[Annotation, ...], ...]:
    """The annotations of an item by page, one page at least.

    An annotation with too many replies for a page continues on the next one, with the remaining replies.
    """
    parts = [part for annotation in annotations for part in _split_annotation(annotation, MOST_PAGE_BYTES)]
    pages = page_ranges([weight for _, weight in parts], MOST_PAGE_BYTES)
    return tuple(tuple(parts[place][0] for place in places) for places in pages)


def annotations_in_order(item: Item) -> list[Annotation]:
    """The annotations of an item in the order of its page: highlights, then comments."""
    return sorted(item.annotations, key=lambda annotation: annotation.kind is AnnotationKind.COMMENT)


def pages_of_item(item: Item) -> tuple[tuple[Annotation, ...], ...]:
    """The annotations of an item by page, in the order of its page."""
    return paginate_annotations(annotations_in_order(item))


def page_of_part(item: Item, part_id: str) -> int:
    """The number of the page of an item, from 1, with an annotation or a reply; 1 if there is no such part."""
    for number, page in enumerate(pages_of_item(item), 1):
        if any(part.id == part_id or any(reply.id == part_id for reply in part.replies) for part in page):
            return number
    return 1


def _split_annotation(annotation: Annotation, most: int) -> Iterator[tuple[Annotation, int]]:
    """An annotation, in as many parts as its replies need, with the weight of each."""
    head = BYTES_AROUND_ANNOTATION + html_bytes(annotation.quote) + html_bytes(annotation.body)
    replies: list[Reply] = []
    weight = head
    for reply in annotation.replies:
        more = BYTES_AROUND_ANNOTATION + html_bytes(reply.body)
        if replies and weight + more > most:
            yield replace(annotation, replies=tuple(replies)), weight
            replies, weight = [], head
        replies.append(reply)
        weight += more
    yield replace(annotation, replies=tuple(replies)), weight
