"""A search engine for documents with fields. It knows nothing of users, groups or web pages.

The names that it imports are its public interface. A query becomes hits in this order: `opening`, then in
`whoosh_engine`: `engine`, `searcher`, `matching`, `ranking` (docs/engine.md).
"""

from index.analysis import Token, analyze, fold, is_french, without_compounds, word_runs
from index.document import Document, Value
from index.engine import (
    Busy,
    Damage,
    DamagedFile,
    Engine,
    Outdated,
    OutOfTime,
    Unindexable,
    VersionMismatch,
    Writer,
    failure_of,
)
from index.hits import Facet, Frequencies, Hit, Hits, Neighbour, Snippet
from index.memory_index import MemoryIndex
from index.opening import load_engine, open_engine
from index.plan import DEFAULT_BOUNDS, Bounds, FacetRequest, Filter, Plan, SortKey, WindowField, Windows
from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    MultiTermQuery,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    TermInFields,
    WeightedField,
    Wildcard,
)
from index.query_parser.ignored_parts import IgnoredPart, IgnoredReason
from index.query_parser.parser import ParsedQuery, parse_query
from index.query_parser.parser_configuration import (
    AlternativePhrase,
    DateBoundary,
    FieldMeaning,
    KeywordField,
    PeriodField,
    SearchedField,
    Syntax,
    TextWords,
)
from index.query_parser.syntax_tree import Both, Either, Node, Quote, Together, Word, unparse
from index.query_parser.text_queries import has_only_stop_words
from index.query_parser.word_replacement import field_query_text, texts_in, with_texts, with_values
from index.schema import Field, Kind, Schema
from index.snippets.marker import Marker
from index.vectors import NearestHit, NearestPlan, quantize
