"""The parts of a query text that are not searched as they were typed."""

from dataclasses import dataclass
from enum import Enum

_MOST = 10
"""Parts that are named for each reason."""
_LONGEST = 100
"""Characters of a part that are named."""


class IgnoredReason(Enum):
    """Why a part of a text is not searched as it was typed: see `index.plan.Bounds` for all but the first."""

    SENSE = "sense"
    """It was not understood; if it has words, they are searched."""
    WORDS = "words"
    """It comes after as many words as are searched."""
    WILDCARDS = "wildcards"
    """A wildcard beyond the limit, searched as words."""
    DEPTH = "depth"
    """A bracket beyond the depth limit: it is ignored, its contents are not."""
    TERMS = "terms"
    """A wildcard for more terms than an engine searches: the rarest are left out. A parser never says so."""


@dataclass(frozen=True, slots=True)
class IgnoredPart:
    """A part of a text, as typed, truncated if it is long."""

    why: IgnoredReason
    text: str


class IgnoredPartList:
    """The ignored parts so far: for each reason the first parts, without repetition."""

    def __init__(self) -> None:
        self._parts: dict[IgnoredPart, None] = {}
        self._counts = dict.fromkeys(IgnoredReason, 0)

    def add(self, why: IgnoredReason, text: str) -> None:
        """Add a part, unless it is empty."""
        part = IgnoredPart(why, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
        if text and part not in self._parts and self._counts[why] < _MOST:
            self._parts[part] = None
            self._counts[why] += 1

    def all(self) -> tuple[IgnoredPart, ...]:
        """All of them."""
        return tuple(self._parts)
