"""The words of a part of an HTML page, on lines as a browser breaks them."""

import re
from dataclasses import dataclass, field

_SPACES = re.compile(r"[ \t\r\n\f\x1e]++")
_BLOCK_MARK = "\x1e"
_SPACES_IN_LINE = re.compile(" {2,}+")
_BREAKS = re.compile(r" ?[\n\x1e][ \n\x1e]*+")
BLOCKS = frozenset(
    "address article aside blockquote body dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre"
    " section table td th tr ul".split()
)
"""Elements that begin and end a line."""
LONGEST_TEXT = 1_000_000
"""Characters that are kept of one text."""


@dataclass(slots=True)
class HtmlText:
    """A text that is being read, at most LONGEST_TEXT characters of it."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    is_blank: bool = True
    """Whether it has no words yet."""

    def add(self, text: str) -> None:
        """Add the text between two tags, in which a line break is a space."""
        self._append(_SPACES.sub(" ", text))
        self.is_blank = self.is_blank and not text.strip(" \t\r\n\f\x1e")

    def take_tag(self, name: str) -> None:
        """Break the line at a tag that starts a new one."""
        if name == "br":
            self._append("\n")
        elif name.removeprefix("/") in BLOCKS:
            self._append(_BLOCK_MARK)

    def _append(self, text: str) -> None:
        if self.size < LONGEST_TEXT:
            self.parts.append(text[: LONGEST_TEXT - self.size])
            self.size += len(text)

    def text(self) -> str:
        """The words, without spaces around them; empty lines are those of `<br>` alone."""
        whole = _SPACES_IN_LINE.sub(" ", "".join(self.parts))
        return _BREAKS.sub(_line_breaks, whole).strip(" \n")


def _line_breaks(match: re.Match[str]) -> str:
    # Blocks that end and begin break the line once, and `<br>` between words as often as it stands there.
    return "\n" if _BLOCK_MARK in match[0] else "\n" * match[0].count("\n")
