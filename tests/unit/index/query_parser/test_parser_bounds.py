"""The limit on wildcards in a typed text: those beyond it are searched as words, and reported as ignored."""

import pytest

from index.plan import Bounds
from index.query import And, Everything, Fuzzy, Or, Prefix, Query, Term, Wildcard
from index.query_parser.ignored_parts import IgnoredPart, IgnoredReason
from index.query_parser.parser import parse_query
from index.query_parser.parser_configuration import Syntax
from tests.unit.index.query_parser.test_compiler import FIELDS, TEXT


@pytest.mark.parametrize(
    ("text", "kinds", "left_out"),
    [
        ("mota* motb~ m?tc motd*", (Prefix, Fuzzy, Wildcard), ("motd*",)),
        ("*ment *tion m* n*", (Wildcard, Prefix, Prefix), ("*tion",)),
        ("?ment ?tion m*", (Wildcard, Prefix), ("?tion",)),
        ("*e* m* *ment", (Wildcard, Prefix), ("*ment",)),
        ("étiquette:a* étiquette:b~ étiquette:c?d étiquette:e*", (Prefix, Fuzzy, Wildcard), ("etiquette:e*",)),
        ("* * * * *", (Everything,), ()),
        ("a/b* mota* motb* motc*", (Prefix, Prefix), ("motc*",)),
    ],
)
def test_wildcards_beyond_the_limit_are_searched_as_words_and_reported(
    text: str, kinds: tuple[type[Query], ...], left_out: tuple[str, ...]
) -> None:
    parsed = parse_query(text, Syntax(TEXT, FIELDS, ("fr",)), Bounds(multi_terms=3, leading_wildcards=1))

    assert tuple(part.text for part in parsed.left_out if part.why is IgnoredReason.WILDCARDS) == left_out
    assert tuple(type(leaf) for leaf in leaves(parsed.query) if not isinstance(leaf, Term)) == kinds


def leaves(query: Query) -> list[Query]:
    match query:
        case And(parts) | Or(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case _:
            return [query]


def test_a_pattern_of_one_letter_uses_up_all_leading_wildcards() -> None:
    syntax, bounds = Syntax(TEXT, FIELDS, ("fr",)), Bounds(leading_wildcards=3)

    assert parse_query("*aa* *bb* *cc*", syntax, bounds).left_out == ()
    assert parse_query("*e*", syntax, bounds).left_out == ()
    assert parse_query("*aa* *e*", syntax, bounds).left_out == (IgnoredPart(IgnoredReason.WILDCARDS, "*e*"),)
    assert parse_query("*e*", syntax, Bounds(leading_wildcards=0)).left_out == (
        IgnoredPart(IgnoredReason.WILDCARDS, "*e*"),
    )
