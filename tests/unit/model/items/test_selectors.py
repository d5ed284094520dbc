"""Selectors: the stored place of an annotation's passage."""

import pytest

from kb.errors import Invalid
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.selectors import (
    FARTHEST,
    LONGEST_SELECTORS,
    MOST_SELECTORS,
    TextPosition,
    position_of,
    selectors_of,
    selectors_text,
    text_position,
    with_text_quote,
)

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


def test_a_position_chooses_among_equal_words() -> None:
    page = "Les mouettes crient.\nPuis les  mouettes\ncrient encore."
    start = page.rindex("mouettes")
    words = AnnotationFields("mouettes crient", selectors=TextPosition(start, start + 15).selectors)
    placed = with_text_quote(words, page)
    assert (placed.prefix, placed.suffix) == ("Les mouettes crient. Puis les ", " encore.")
    # A position of another text is ignored.
    elsewhere = AnnotationFields("mouettes crient", selectors=TextPosition(2, 17).selectors)
    assert with_text_quote(elsewhere, page).prefix == "Les "


def test_positions_come_back() -> None:
    for sent in ((3, 9, None), (0, 1, 2), (3, 9, FARTHEST - 1)):
        position = text_position(*sent)
        assert position == TextPosition(*sent)
        assert position_of(position.selectors) == position
    assert text_position("3", "9", "2") == TextPosition(3, 9, 2)
    assert text_position(None, None, 4) is None
    assert text_position("", "", "") is None


@pytest.mark.parametrize(
    "sent",
    [
        *((3, None, None), (None, 9, None), (9, 9, None), (9, 3, None), (-1, 9, None), (0, FARTHEST, None), (0, 1, -1)),
        *((True, 9, None), (1.5, 9, None), ("1.5", "9", ""), ("²", "9", ""), ([], 9, None), (0, 9, {})),
        ("3", "9" * 5_000, ""),
    ],
)
def test_an_invalid_position_is_refused(sent: tuple[object, object, object]) -> None:
    with pytest.raises(Invalid):
        text_position(*sent)


def test_positions_of_other_programs_are_used_only_if_they_are_plain() -> None:
    for start, end in ((9, 3), ("a", "b"), (None, None), (3, FARTHEST)):
        assert position_of(selectors_text([{**POSITION, "start": start, "end": end}])) is None
    assert position_of(selectors_text([NESTED, POSITION])) == TextPosition(3, 9)
    assert position_of(selectors_text([NESTED])) is None
