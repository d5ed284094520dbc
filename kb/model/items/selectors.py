"""Where a passage is in its page: the text around it, and other selectors as annotation programs write them.

Sources: W3C, *Web Annotation Data Model* (2017), section 4.2; the selectors of Hypothesis' API (`RangeSelector`,
`TextPositionSelector`, `PageSelector`...). A selector is an object with a `type`; all of them select the same passage.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kb.errors import Invalid
from kb.model.items.item_fields import AnnotationFields
from kb.model.storable_text import is_storable
from kb.whole_numbers import parse_whole_number

LONGEST_SELECTORS = 10_000
"""Characters of the selectors of a passage."""
MOST_SELECTORS = 20
_DEEPEST = 5
_AROUND = 32
"""Characters stored on each side, as other annotation programs do."""
_POSITION = "TextPositionSelector"
FARTHEST = 1 << 31
"""Of positions in a text, and of numbers of its versions."""


@dataclass(frozen=True, slots=True)
class TextPosition:
    """Where a passage is: the characters of the page's text from `start` to before `end`, in a version of it; None for
    the present one.
    """

    start: int
    end: int
    version: int | None = None

    @property
    def selectors(self) -> str:
        """The position as the selector that an annotation stores (W3C TextPositionSelector)."""
        version = {"version": self.version} if self.version is not None else {}
        return str(selectors_text([{"type": _POSITION, "start": self.start, "end": self.end, **version}]))


def text_position(start: object, end: object, version: object) -> TextPosition | None:
    """A position as programs and forms send it, as numbers or as their digits; None if nothing of it is sent.

    Raises Invalid.
    """
    numbers: list[int | None] = []
    for name, value in (("start", start), ("end", end), ("version", version)):
        number = parse_whole_number(value, None, most=FARTHEST) if isinstance(value, str) else value
        if value in (None, ""):
            numbers.append(None)
        elif isinstance(number, int) and not isinstance(number, bool) and 0 <= number < FARTHEST:
            numbers.append(number)
        else:
            raise Invalid("“%(name)s” should be a number from 0.", name=name)
    begin, finish, made_in = numbers
    if begin is None and finish is None:
        return None
    if begin is None or finish is None or begin >= finish:
        raise Invalid("“start” and “end” belong together, and “end” is the greater one.")
    return TextPosition(begin, finish, made_in)


def position_of(selectors: str | None) -> TextPosition | None:
    """The position that an annotation stores; None without a usable one, which other programs may have written."""
    for selector in selectors_of(selectors):
        if selector.get("type") == _POSITION:
            try:
                return text_position(selector.get("start"), selector.get("end"), selector.get("version"))
            except Invalid:
                return None
    return None


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

    If it occurs several times, its position counts, else the first place. Given surroundings stay.
    """
    quote = " ".join(words.quote.split())
    if not quote or words.prefix or words.suffix:
        return words
    position = position_of(words.selectors)
    if position is not None and " ".join(page[position.start : position.end].split()) == quote:
        before, after = page[max(0, position.start - _AROUND) : position.start], page[position.end :][:_AROUND]
        return replace(words, prefix=" ".join(f"{before}|".split())[:-1], suffix=" ".join(f"|{after}".split())[1:])
    text = " ".join(page.split())
    start = text.find(quote)
    if start < 0:
        return words
    end = start + len(quote)
    return replace(words, prefix=text[max(0, start - _AROUND) : start], suffix=text[end : end + _AROUND])
