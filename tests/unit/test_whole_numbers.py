"""Whole numbers in texts of strangers."""

import pytest

from kb.whole_numbers import parse_whole_number


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("100", 100), ("007", 7), ("0" * 10_000, 0), ("0" * 10_000 + "42", 42)]
)
def test_digits_are_the_number_that_they_write(text: str, number: int) -> None:
    assert parse_whole_number(text, None, most=100) == number


@pytest.mark.parametrize(
    "text", ["", " 7", "7 ", "+7", "-7", "7.0", "1_0", "0x7", "\u0667", "\u00b2", "101", "9" * 10_000]
)
def test_any_other_text_and_a_greater_number_are_what_the_caller_says(text: str) -> None:
    assert parse_whole_number(text, None, most=100) is None
    assert parse_whole_number(text, -1, most=100) == -1
