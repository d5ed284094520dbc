"""The parts of a query that were not searched as typed, because the parser or the engine ignored them."""

from collections.abc import Iterable
from typing import assert_never

from index import Fuzzy, IgnoredPart, IgnoredReason, MultiTermQuery, ParsedQuery, Prefix, Wildcard

__all__ = ["IgnoredPart", "IgnoredReason", "ignored_parts_of"]


def ignored_parts_of(parsed: ParsedQuery, expanded_in_part: Iterable[MultiTermQuery]) -> tuple[IgnoredPart, ...]:
    """All ignored parts, without repetition, for each reason in the order of the query."""
    patterns = (IgnoredPart(IgnoredReason.TERMS, _multi_term_text(pattern)) for pattern in expanded_in_part)
    return tuple(dict.fromkeys((*parsed.left_out, *patterns)))


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
