"""Where a passage is in its page: the text around it, and other selectors as annotation programs write them.

Sources: W3C, *Web Annotation Data Model* (2017), section 4.2; the selectors of Hypothesis' API (`RangeSelector`,
`TextPositionSelector`, `PageSelector`...). A selector is an object with a `type`; all of them select the same passage.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kb.model.items.item_fields import AnnotationFields
from kb.model.storable_text import is_storable

LONGEST_SELECTORS = 10_000
"""Characters of the selectors of a passage."""
MOST_SELECTORS = 20
_DEEPEST = 5
_AROUND = 32
"""Characters stored on each side, as other annotation programs do."""


def selectors_text(values: Sequence[object]) -> str | None:
    """Selectors as the JSON text that an annotation stores; None for none.

    Raises ValueError for a value that is no selector, for too many or too long ones, and for text that no base stores.
    """
    if len(values) > MOST_SELECTORS or not all(map(_is_selector, values)):
        raise ValueError("no selectors")
    _check_values(values)
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":")) if values else None
    if text is not None and len(text) > LONGEST_SELECTORS:
        raise ValueError("too long")
    return text


def selectors_of(text: str | None) -> list[dict[str, Any]]:
    """The selectors that an annotation stores. Raises ValueError for a text that `selectors_text` does not make."""
    try:
        return json.loads(text) if text else []
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _is_selector(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _check_values(values: Sequence[object]) -> None:
    waiting = [(element, 1) for element in values]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        match value:
            case str() if not is_storable(value):
                raise ValueError("not storable")
            case list():
                waiting += [(element, depth + 1) for element in value]
            case dict():
                waiting += [(element, depth + 1) for pair in value.items() for element in pair]


def with_text_quote(words: AnnotationFields, page: str) -> AnnotationFields:
    """Add to a passage the text around it in its page, ignoring spaces and line ends; unchanged if it is not found.

    If it occurs several times, the first place counts. Given surroundings stay.
    """
    quote = " ".join(words.quote.split())
    if not quote or words.prefix or words.suffix:
        return words
    text = " ".join(page.split())
    start = text.find(quote)
    if start < 0:
        return words
    end = start + len(quote)
    return replace(words, prefix=text[max(0, start - _AROUND) : start], suffix=text[end : end + _AROUND])
