"""The parts of a query that were not searched as they were typed."""

from dataclasses import dataclass
from enum import StrEnum


class IgnoredReason(StrEnum):
    """Why a part of a query was not searched as it was typed."""

    SENSE = "sense"
    """It was not understood; if it has words, they were searched."""
    WORDS = "words"
    """It comes after as many words as are searched, and was not."""
    JOKERS = "jokers"
    """It is one pattern or misspelt word too many, and was searched as words."""
    DEPTH = "depth"
    """It is a bracket inside too many others, and was not read."""
    TERMS = "terms"
    """It stands for too many words; only those were searched that most items hold."""


@dataclass(frozen=True, slots=True)
class IgnoredPart:
    """A part of a query, as typed (long ones are truncated), and the reason."""

    why: IgnoredReason
    text: str
