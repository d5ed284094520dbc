"""The parts of a query that were not searched as typed, because the parser or the engine ignored them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from index import Fuzzy, MultiTermQuery, ParsedQuery, Prefix, Wildcard


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


def ignored_parts_of(parsed: ParsedQuery, expanded_in_part: Iterable[MultiTermQuery]) -> tuple[IgnoredPart, ...]:
    """All ignored parts, without repetition, for each reason in the order of the query."""
    unparsed = (IgnoredPart(IgnoredReason(part.why.value), part.text) for part in parsed.left_out)
    patterns = (IgnoredPart(IgnoredReason.TERMS, _multi_term_text(pattern)) for pattern in expanded_in_part)
    return tuple(dict.fromkeys((*unparsed, *patterns)))


def _multi_term_text(pattern: MultiTermQuery) -> str:
    match pattern:
        case Prefix(_, value):
            return f"{value}*"
        case Wildcard(_, text):
            return text
        case Fuzzy(_, value, distance):
            return f"{value}~" if distance == 1 else f"{value}~{distance}"
        case _:
            assert_never(pattern)
