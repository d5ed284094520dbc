"""A press review in Markdown (CommonMark 0.31): texts of users are escaped, so that none becomes markup."""

import re

from kb.model.storable_text import one_line
from kb.press_review.review import PressReview, ReviewedItem, origin_parts, split_paragraphs
from kb.translation import Translator

_PUNCTUATION = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
"""All that a backslash makes plain (2.4). What never means anything inside a line is left as it is, below."""
_HARMLESS = frozenset("'\",;%?/$=^@:.()-+")
_AT_START = re.compile(r"^(?=[-+#>=~:]|\d+[.)])")
_NOT_IN_ADDRESS = re.compile(r"[\s<>\\]")


def write_markdown_review(review: PressReview, words: Translator) -> str:
    """The whole text."""
    blocks = [f"# {_escape_text(review.title)}"]
    if review.dated:
        blocks.append(f"*{_escape_text(review.dated)}*")
    blocks += map(_escape_line, split_paragraphs(review.introduction))
    for section in review.sections:
        if section.heading:
            blocks.append(f"## {_escape_text(section.heading)}")
        blocks += map(_escape_line, split_paragraphs(section.text))
        for one in section.entries:
            blocks += _entry(one, words)
    return "\n\n".join(blocks) + "\n"


def _entry(one: ReviewedItem, words: Translator) -> list[str]:
    title = _escape_text(one.title)
    blocks = [f"### [{title}](<{_address(one.address)}>)" if one.address else f"### {title}"]
    if facts := ", ".join(origin_parts(one)):
        blocks.append(f"*{_escape_text(facts)}*")
    blocks += map(_escape_line, split_paragraphs(one.words))
    blocks += map(_escape_line, split_paragraphs(one.description))
    blocks += (f"> {_escape_line(words.quoted(quote))}" for quote in one.quotes)
    return blocks


def _escape_text(text: str) -> str:
    """Escape a text on one line, so that none of it is markup."""
    escaped = _PUNCTUATION.sub(lambda match: match[0] if match[0] in _HARMLESS else f"\\{match[0]}", one_line(text))
    # Some programs turn bare addresses into links.
    return escaped.replace("://", ":\\//")


def _escape_line(text: str) -> str:
    """The same at the start of a line, where more characters are markup."""
    plain = _escape_text(text)
    if re.match(r"\d+[.)]", plain):
        return re.sub(r"([.)])", r"\\\1", plain, count=1)
    return f"\\{plain}" if _AT_START.match(plain) else plain


def _address(address: str) -> str:
    return _NOT_IN_ADDRESS.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), address)
