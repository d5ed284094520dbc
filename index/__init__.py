"""A search engine: documents and fields. It has never heard of people, groups or pages.

These are its public names; everything else is its own affair.
"""

from index.analysis import folded
from index.document import Document, Value
from index.engine import Busy, Engine, Outdated, OutOfTime, Unindexable, Writer
from index.hits import Facet, Hit, Hits, Snippet
from index.opening import open_engine
from index.parser import Keyword, LeftOut, Meaning, Parsed, Period, Searched, Side, Syntax, Why, Words, parse, unparse
from index.plan import USUAL, Bounds, FacetRequest, Filter, Plan, SortKey
from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    Joker,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    Wildcard,
)
from index.schema import Field, Kind, Schema
from index.snippets import Marker

__all__ = [
    "USUAL",
    "And",
    "AnyOf",
    "Bounds",
    "Busy",
    "Document",
    "Engine",
    "Everything",
    "Facet",
    "FacetRequest",
    "Field",
    "Filter",
    "Fuzzy",
    "Hit",
    "Hits",
    "Joker",
    "Keyword",
    "Kind",
    "LeftOut",
    "Marker",
    "Meaning",
    "Not",
    "Nothing",
    "Or",
    "OutOfTime",
    "Outdated",
    "Parsed",
    "Period",
    "Phrase",
    "Plan",
    "Prefix",
    "Query",
    "Range",
    "Schema",
    "Searched",
    "Side",
    "Snippet",
    "SortKey",
    "Syntax",
    "Term",
    "Unindexable",
    "Value",
    "Why",
    "Wildcard",
    "Words",
    "Writer",
    "folded",
    "open_engine",
    "parse",
    "unparse",
]
