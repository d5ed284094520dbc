"""Selectors: the stored place of an annotation's passage."""

import pytest

from kb.model.items.item_fields import AnnotationFields
from kb.model.items.selectors import LONGEST_SELECTORS, MOST_SELECTORS, selectors_of, selectors_text, with_text_quote

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


PAGE = "Le port s’éveille.\n\nLes mouettes   crient sur le quai ; les chaluts rentrent, et la criée commence."


def test_a_passage_is_found_whatever_its_spaces() -> None:
    quoted = with_text_quote(AnnotationFields("mouettes\ncrient sur le  quai"), PAGE)
    assert (quoted.quote, quoted.prefix) == ("mouettes\ncrient sur le  quai", "Le port s’éveille. Les ")
    assert quoted.suffix == " ; les chaluts rentrent, et la c"


def test_a_quote_that_is_missing_or_placed_already_stays_unchanged() -> None:
    for words in (
        AnnotationFields("Les goélands"),
        AnnotationFields(body="Un mot."),
        AnnotationFields("mouettes", prefix="Trois "),
    ):
        assert with_text_quote(words, PAGE) == words
