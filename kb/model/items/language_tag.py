"""Language tags (BCP 47): `fr`, `fr-CA`. Older databases and files hold other texts in their place."""

import re

LONGEST_LANGUAGE_TAG = 35
"""Characters that a program must take (RFC 5646, 4.4.1)."""
_TAG = re.compile(r"([A-Za-z]{2,8})(?:-[A-Za-z0-9]{1,8})*+")
_LONGEST_CODE = 3


def language_tag(text: str | None) -> str | None:
    """The text, if it has the form of a tag; None otherwise."""
    return text if text and len(text) <= LONGEST_LANGUAGE_TAG and _TAG.fullmatch(text) else None


def language_code(text: str | None) -> str | None:
    """The language of a tag without its region: `fr` of `fr-CA`; None for a text that is no tag, or whose language has
    no code of two or three letters (ISO 639).
    """
    tag = _TAG.fullmatch(text) if text and len(text) <= LONGEST_LANGUAGE_TAG else None
    return tag[1].lower() if tag and len(tag[1]) <= _LONGEST_CODE else None
