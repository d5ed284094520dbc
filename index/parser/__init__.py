"""From what a person typed to a query, and back. Knows words and operators; which fields exist, `Syntax` says."""

from index.parser.left_out import LeftOut, Why
from index.parser.parsing import Parsed, parse
from index.parser.reading import parse_tree
from index.parser.rewriting import asking, texts_in, with_texts, with_values
from index.parser.syntax import Keyword, Meaning, Period, Saying, Searched, Side, Syntax, Words
from index.parser.terms import says_nothing
from index.parser.tree import Either, Node, Quote, Together, Word
from index.parser.writing import unparse

__all__ = [
    "Either",
    "Keyword",
    "LeftOut",
    "Meaning",
    "Node",
    "Parsed",
    "Period",
    "Quote",
    "Saying",
    "Searched",
    "Side",
    "Syntax",
    "Together",
    "Why",
    "Word",
    "Words",
    "asking",
    "parse",
    "parse_tree",
    "says_nothing",
    "texts_in",
    "unparse",
    "with_texts",
    "with_values",
]
