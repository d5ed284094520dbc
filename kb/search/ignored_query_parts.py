"""The parts of a query that were not searched as typed, because the parser or the engine ignored them."""

from collections.abc import Iterable, Iterator

from index import Fuzzy, MultiTermQuery, ParsedQuery, Prefix, Wildcard
from kb.model.ignored_query_parts import IgnoredPart, IgnoredReason


def ignored_parts_of(parsed: ParsedQuery, cut: Iterable[MultiTermQuery]) -> tuple[IgnoredPart, ...]:
    """All ignored parts, without repetition, for each reason in the order of the query."""
    return tuple(
        dict.fromkeys(
            (*_unparsed_parts(parsed), *(IgnoredPart(IgnoredReason.TERMS, _multi_term_text(joker)) for joker in cut))
        )
    )


def _unparsed_parts(parsed: ParsedQuery) -> Iterator[IgnoredPart]:
    return (IgnoredPart(IgnoredReason(part.why.value), part.text) for part in parsed.left_out)


def _multi_term_text(joker: MultiTermQuery) -> str:
    match joker:
        case Prefix(_, value):
            return f"{value}*"
        case Wildcard(_, pattern):
            return pattern
        case Fuzzy(_, value, distance):
            return f"{value}~" if distance == 1 else f"{value}~{distance}"
