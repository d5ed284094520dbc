"""Escape texts of users for Markdown (CommonMark 0.31), so that none of them becomes markup."""

import re
from functools import cache
from urllib.parse import quote

from kb.model.storable_text import one_line

_PUNCTUATION = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
"""All that a backslash makes plain (2.4). What never means anything inside a line is left as it is, below."""
_HARMLESS = frozenset("'\",;%?/$=^@:.()-+")
_AT_START = re.compile(r"^(?=[-+#>=~:]|\d+[.)])")
_NOT_IN_ADDRESS = re.compile(r"[\s<>\\]")


def escape_markdown(text: str) -> str:
    """Escape a text on one line, so that none of it is markup."""
    escaped = _PUNCTUATION.sub(lambda match: match[0] if match[0] in _HARMLESS else f"\\{match[0]}", one_line(text))
    # Some programs turn bare addresses into links.
    return escaped.replace("://", ":\\//")


def escape_markdown_line(text: str) -> str:
    """The same at the start of a line, where more characters are markup."""
    plain = escape_markdown(text)
    if re.match(r"\d+[.)]", plain):
        return re.sub(r"([.)])", r"\\\1", plain, count=1)
    return f"\\{plain}" if _AT_START.match(plain) else plain


def markdown_address(address: str) -> str:
    """An address for a link in angle brackets, which it cannot end."""
    return _NOT_IN_ADDRESS.sub(lambda match: _quote_character(match[0]), address)


@cache
def _quote_character(character: str) -> str:
    return quote(character, safe="")
