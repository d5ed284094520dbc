"""Documents, periods and searches for the tests of engines, with defaults: a test gives only the values that it is
about.
"""

import re
from calendar import monthrange
from datetime import date

from index.document import Document, Value
from index.engine import Engine
from index.hits import Hits
from index.opening import open_engine
from index.plan import FacetRequest, Plan
from index.query import Everything, Query
from index.schema import Field, Kind, Schema
from tests.reference_engine import ReferenceEngine

SCHEMA = Schema(
    key="id",
    fields=(
        Field("id", Kind.KEYWORD),
        Field("group", Kind.KEYWORD),
        Field("author", Kind.KEYWORD),
        Field("tag", Kind.KEYWORD, folded=True),
        Field("title", Kind.TEXT),
        Field("body", Kind.TEXT),
        Field("exact", Kind.TEXT, exact=True),
        Field("views", Kind.NUMBER),
        Field("embedding", Kind.VECTOR),
        Field("cited", Kind.PERIOD),
    ),
)
"""One field of every kind, and two of those that must not be confused."""


_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()


def an_engine(url: str) -> Engine:
    """The engine at this address; `memory:` is the reference engine, which the product does not have."""
    return ReferenceEngine(SCHEMA) if url == "memory:" else open_engine(url, SCHEMA)


def day(text: str) -> int:
    """Days from 1970-01-01 to a date such as 2014-11-07."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def a_document(key: str, /, language: str | None = None, **values: Value | tuple[Value, ...]) -> Document:
    """A document. A single value needs no tuple, and a period is a pair of dates such as 2014-11-07."""
    strings = {name: value if isinstance(value, tuple) else (value,) for name, value in values.items()}
    if "cited" in strings:
        first, last = strings["cited"]
        strings["cited"] = ((day(str(first)), day(str(last))),)
    return Document(key, strings, language)


def fill(engine: Engine, *documents: Document) -> None:
    """Add the documents and commit them together."""
    with engine.write() as writer:
        for document in documents:
            writer.put(document)


def ask(engine: Engine, query: Query, within: Query | None = None, **rest: object) -> Hits:
    """Search for up to 1,000 hits, in all documents unless `within` is given; `rest` goes into the plan."""
    return engine.search(Plan(query, within or Everything(), **{"size": 1000, **rest}))  # type: ignore[arg-type]


def found_keys(engine: Engine, query: Query, within: Query | None = None, **rest: object) -> set[str]:
    """The keys that a query finds."""
    return {hit.key for hit in ask(engine, query, within, **rest).page}


def scores(engine: Engine, query: Query, within: Query | None = None) -> dict[str, float]:
    """The score of each key that a query finds."""
    return {hit.key: hit.score for hit in ask(engine, query, within).page}


def counts(engine: Engine, request: FacetRequest, query: Query | None = None, **rest: object) -> list[tuple[str, int]]:
    """The counts of one facet, over all documents unless a query is given."""
    (facet,) = ask(engine, query or Everything(), facets=(request,), **rest).facets
    return list(facet.counts)


def iso_days(text: str) -> tuple[int, int] | None:
    """First and last day, since 1970-01-01, of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None if it is no date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(group) if group else 0 for group in match.groups())
    first_month, last_month = (month, month) if match[2] else (1, 12)
    try:
        first = date(year, first_month, day if match[3] else 1)
        last = first if match[3] else date(year, last_month, monthrange(year, last_month)[1])
    except ValueError:
        return None
    return first.toordinal() - _EPOCH, last.toordinal() - _EPOCH
