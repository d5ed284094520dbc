"""The accent colour: with any choice, links and buttons have enough contrast in the light and dark themes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.model.accent_colour import (
    DARK_PAPER,
    LEAST_CONTRAST,
    LIGHT_PAPER,
    accent_colours,
    checked_colour,
    contrast,
)
from kb.package_data import static_dir


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_becomes_readable(number: int) -> None:
    colours = accent_colours(f"#{number:06x}")
    assert contrast(colours.light, LIGHT_PAPER) >= LEAST_CONTRAST
    assert contrast(colours.dark, DARK_PAPER) >= LEAST_CONTRAST


def test_a_readable_colour_stays_as_it_is() -> None:
    assert accent_colours("#0d5c49").light == "#0d5c49"
    assert accent_colours("#8fcdb4").dark == "#8fcdb4"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_backgrounds_are_those_of_the_style_sheet() -> None:
    css = (static_dir() / "kb.css").read_text(encoding="utf-8")
    assert css.count(f"--paper: {LIGHT_PAPER};") == css.count(f"--paper: {DARK_PAPER};") == 1


@pytest.mark.parametrize(
    "text", ["", "red", "#12345", "#1234567", "#12345g", "#12345\u0661", "#000000;}", "#" * 100_000]
)
def test_an_invalid_colour_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        checked_colour(text)


def test_a_colour_is_read_in_any_case() -> None:
    assert checked_colour(" #0D5C49 ") == "#0d5c49"
