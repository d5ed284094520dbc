"""Parse the query text of a user, and write a query tree back as text.

The parser knows words and operators; the `Syntax` of the caller says which fields exist.
"""

from index.query_parser.ignored_parts import IgnoredPart, IgnoredReason
from index.query_parser.parser import ParsedQuery, parse_query
from index.query_parser.syntax import (
    AlternativePhrase,
    DateBoundary,
    FieldMeaning,
    KeywordField,
    PeriodField,
    SearchedField,
    Syntax,
    TextWords,
)
from index.query_parser.syntax_tree import Either, Node, Quote, Together, Word, unparse
from index.query_parser.text_queries import has_only_stop_words
from index.query_parser.tree_builder import parse_tree
from index.query_parser.word_replacement import field_query_text, texts_in, with_texts, with_values

__all__ = [
    "AlternativePhrase",
    "DateBoundary",
    "Either",
    "FieldMeaning",
    "IgnoredPart",
    "IgnoredReason",
    "KeywordField",
    "Node",
    "ParsedQuery",
    "PeriodField",
    "Quote",
    "SearchedField",
    "Syntax",
    "TextWords",
    "Together",
    "Word",
    "field_query_text",
    "has_only_stop_words",
    "parse_query",
    "parse_tree",
    "texts_in",
    "unparse",
    "with_texts",
    "with_values",
]
