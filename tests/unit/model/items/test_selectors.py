"""Selectors: the stored place of an annotation's passage."""

import pytest

from kb.model.items.selectors import LONGEST_SELECTORS, MOST_SELECTORS, selectors_of, selectors_text

POSITION = {"type": "TextPositionSelector", "start": 3, "end": 9}
NESTED = {"type": "RangeSelector", "startSelector": {"type": "XPathSelector", "refinedBy": {**POSITION}}}


def test_selectors_come_back() -> None:
    assert selectors_of(selectors_text([POSITION, NESTED])) == [POSITION, NESTED]
    assert selectors_text([]) is None
    assert selectors_of(None) == []


@pytest.mark.parametrize(
    "values",
    [
        ["texte"],
        [{"start": 3}],
        [{"type": 3}],
        [{"type": "A", "value": "\0"}],
        [{"type": "A", "\ud800": 1}],
        [{"type": "A", "value": float("nan")}],
        [{"type": "A", "value": [[[[[1]]]]]}],
        [{"type": "A", "value": "x" * LONGEST_SELECTORS}],
        [POSITION] * (MOST_SELECTORS + 1),
    ],
)
def test_an_invalid_selector_is_refused(values: list[object]) -> None:
    with pytest.raises(ValueError, match=r"no|too|range|JSON"):
        selectors_text(values)
