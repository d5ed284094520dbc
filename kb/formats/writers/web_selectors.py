"""Where a passage is in its page, as selectors of the W3C's Web Annotation Data Model.

Hypothesis' `RangeSelector` is one of XPath expressions and offsets, which the W3C writes as refined XPath selectors. A
selector that its model does not have (`PageSelector`, `EPUBContentSelector`) has no place there.
"""

from collections.abc import Iterator
from typing import Any

from kb.model.items.annotation import Annotation
from kb.model.items.selectors import selectors_of

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
