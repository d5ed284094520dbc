"""From what a person typed to a query, and back. Knows words and operators; which fields exist, `Syntax` says."""

from index.parser.left_out import LeftOut, Why
from index.parser.parsing import Parsed, parse
from index.parser.reading import parse_tree
from index.parser.syntax import Keyword, Meaning, Period, Searched, Side, Syntax, Words
from index.parser.writing import unparse

__all__ = [
    "Keyword",
    "LeftOut",
    "Meaning",
    "Parsed",
    "Period",
    "Searched",
    "Side",
    "Syntax",
    "Why",
    "Words",
    "parse",
    "parse_tree",
    "unparse",
]
