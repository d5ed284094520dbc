"""Whole numbers in texts of strangers."""

from typing import TypeVar

Otherwise = TypeVar("Otherwise")


def parse_whole_number(text: str, otherwise: Otherwise, *, most: int = 999_999_999) -> int | Otherwise:
    """The number that a text of ASCII digits alone writes; `otherwise` for another text and for more than `most`.

    Python refuses to parse thousands of digits, and takes quadratic time for fewer: zeros at the beginning apart, no
    text that is longer than `most` is parsed.
    """
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit() and len(digits) <= len(str(most))):
        return otherwise
    number = int(digits or "0")
    return number if number <= most else otherwise
