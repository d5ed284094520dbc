"""Where a passage is in its page, as selectors of the W3C's Web Annotation Data Model: written, and read.

Hypothesis' `RangeSelector` is one of XPath expressions and offsets, which the W3C writes as refined XPath selectors. A
selector that its model does not have (`PageSelector`, `EPUBContentSelector`) has no place there.
"""

from collections.abc import Iterator
from typing import Any

from kb.formats.shared.json_records import Record, record_field, records_field, text_field
from kb.model.items.annotation import Annotation
from kb.model.items.selectors import selectors_of, selectors_text

_OF_W3C = frozenset(
    f"{name}Selector" for name in ("Fragment", "Css", "XPath", "TextQuote", "TextPosition", "DataPosition", "Svg")
)


def web_selectors(annotation: Annotation) -> list[dict[str, Any]]:
    """The selectors of a passage: that of its words first."""
    quote = {"exact": annotation.quote, "prefix": annotation.prefix, "suffix": annotation.suffix}
    words = {"type": "TextQuoteSelector", **{name: value for name, value in quote.items() if value}}
    return [*([words] if annotation.quote else []), *_other_selectors(annotation)]


def _other_selectors(annotation: Annotation) -> Iterator[dict[str, Any]]:
    for selector in selectors_of(annotation.selectors):
        if selector["type"] in _OF_W3C or "startSelector" in selector:
            yield selector
        elif selector["type"] == "RangeSelector":
            yield {
                "type": "RangeSelector",
                **{f"{end}Selector": _end(selector, end) for end in ("start", "end")},
            }


def _end(selector: dict[str, Any], end: str) -> dict[str, Any]:
    offset = selector.get(f"{end}Offset", 0)
    return {
        "type": "XPathSelector",
        "value": selector.get(f"{end}Container", ""),
        "refinedBy": {"type": "TextPositionSelector", "start": offset, "end": offset},
    }


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
