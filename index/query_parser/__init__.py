"""From what a person typed to a query, and back. Knows words and operators; which fields exist, `Syntax` says."""

from index.query_parser.ignored_parts import LeftOut, Why
from index.query_parser.parser import Parsed, parse
from index.query_parser.rewriting import asking, texts_in, with_texts, with_values
from index.query_parser.syntax import Keyword, Meaning, Period, Saying, Searched, Side, Syntax, Words
from index.query_parser.syntax_tree import Either, Node, Quote, Together, Word
from index.query_parser.text_queries import says_nothing
from index.query_parser.tree_builder import parse_tree
from index.query_parser.unparse import unparse

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
