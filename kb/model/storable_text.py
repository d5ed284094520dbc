"""The rules for texts that can be stored, for the store, the import and the forms.

PostgreSQL and XML cannot hold a NUL character, and half of a surrogate pair is no character, so no database can hold
it. Both are refused with an error, never repaired silently; everything else is stored to the letter.
"""

import re
from collections.abc import Sequence

from kb.errors import Invalid

# Not `str.split`: the no-break spaces of French belong to the text.
_BREAKS = re.compile(r"[\t-\r\x1c-\x1f \x85\u2028\u2029]+")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""Characters that XML 1.0 (2.2) cannot write, not even as an entity."""


def is_storable(text: str) -> bool:
    """Whether a text can be stored to the letter."""
    return _NOT_STORABLE.search(text) is None


def check_text(text: str) -> str:
    """The text itself. Raises Invalid, naming the character, if it cannot be stored."""
    match = _NOT_STORABLE.search(text)
    if match is not None:
        raise Invalid(
            "A text holds the character %(character)s, which cannot be kept.", character=f"U+{ord(match[0]):04X}"
        )
    return text


def check_texts(texts: Sequence[str]) -> None:
    """As `check_text` for each text, many times faster if all can be stored."""
    together = "".join(texts)
    try:
        # UTF-8 cannot encode half of a surrogate pair.
        storable = "\0" not in together and together.encode() is not None
    except UnicodeEncodeError:
        storable = False
    if not storable:
        for text in texts:
            check_text(text)


def one_line(text: str) -> str:
    """The text with each run of ordinary spaces and line breaks as one space, and none at its ends."""
    # Most texts are on one line already, and this test is far quicker than to look at each space.
    return text.strip(" ") if text.isprintable() and "  " not in text else _BREAKS.sub(" ", text).strip(" ")


def xml_safe_text(text: str) -> str:
    """The text, with U+FFFD for each character that XML forbids."""
    return _NOT_XML.sub(lambda match: "\ufffd" * len(match[0]), text)
