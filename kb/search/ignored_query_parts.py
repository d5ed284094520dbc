"""What of a question was not searched as it was typed: what was not read, and what an engine would not do."""

from collections.abc import Iterable, Iterator

from index import Fuzzy, Joker, Parsed, Prefix, Wildcard
from kb.model.ignored_query_parts import LeftOut, Why


def left_out_of(parsed: Parsed, cut: Iterable[Joker]) -> tuple[LeftOut, ...]:
    """All of it, each part once, in the order of the question for each reason."""
    return tuple(dict.fromkeys((*_unread(parsed), *(LeftOut(Why.TERMS, _typed(joker)) for joker in cut))))


def _unread(parsed: Parsed) -> Iterator[LeftOut]:
    return (LeftOut(Why(part.why.value), part.text) for part in parsed.left_out)


def _typed(joker: Joker) -> str:
    match joker:
        case Prefix(_, value):
            return f"{value}*"
        case Wildcard(_, pattern):
            return pattern
        case Fuzzy(_, value, distance):
            return f"{value}~" if distance == 1 else f"{value}~{distance}"
