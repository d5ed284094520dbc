"""The selectors of a passage in a file of the W3C's Web Annotation Data Model, as an annotation keeps them."""

from collections.abc import Iterator

from kb.formats.readers.json_records import Record, record_field, records_field, text_field
from kb.model.items.selectors import selectors_text


def selector_values(target: Record) -> tuple[Record, str | None]:
    """The selector of the words of a passage, and the others as their JSON text; they are left out if they are too
    long.
    """
    selectors = [*records_field(target, "selector"), *filter(None, [record_field(target, "selector")])]
    words = next((selector for selector in selectors if selector.get("type") == "TextQuoteSelector"), {})
    others = [dict(_plain(selector)) for selector in selectors if selector is not words]
    try:
        return words, selectors_text(others)
    except ValueError:
        return words, None


def _plain(selector: Record) -> Iterator[tuple[str, object]]:
    """A range of refined XPath selectors, which our export writes, as Hypothesis' range; any other as it is."""
    ends = {end: record_field(selector, f"{end}Selector") for end in ("start", "end")}
    offsets = {end: record_field(end_selector, "refinedBy") for end, end_selector in ends.items()}
    if any(end_selector.get("type") != "XPathSelector" for end_selector in ends.values()) or any(
        offset.get("type") != "TextPositionSelector" or offset.get("start") != offset.get("end")
        for offset in offsets.values()
    ):
        yield from selector.items()
        return
    yield "type", "RangeSelector"
    for end in ("start", "end"):
        yield f"{end}Container", text_field(ends[end], "value")
        yield f"{end}Offset", offsets[end].get("start", 0)
