"""tantivy, a search engine written in Rust, through its Python package.

Configured for its best speed: BM25 over words that were split before; one aggregation for all facets, over fast fields,
months as numbers; the total from the months, so that the search for the best 20 may skip documents (with `count=True`
it may not); keys from a fast field; a prefix as a fuzzy term of distance 0, ten times as fast as its regular
expressions; one segment. Searches run in the calling thread.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from bench.rivals.answer import TOP, Answer, Counts, Missing, month_name
from bench.rivals.inputs import Question, Row

try:
    import tantivy
except ImportError:
    tantivy = None

HEAP = 3_000_000_000
"""Bytes that the writer may fill before it writes a segment: a million documents fit into one."""
ALL_VALUES = 10_000
"""Values that each of several segments must report: all of them, or counts may be wrong. One segment does not need
this.
"""
FIELDS = ("title", "body")
VALUED = ("tag", "author")
NAMES = "names.json"


class Values(Protocol):
    """The form of tags and authors in the index."""

    name: str
    about: str

    def declare(self, builder: Any) -> None: ...

    def put(self, document: Any, name: str, value: str) -> None: ...

    def held(self, name: str, value: str) -> str | int:
        """The value in the form of the index."""

    def shown(self, name: str, row: Any) -> str:
        """The original value."""

    def keep(self, folder: Path) -> None:
        """Write the values that the index does not store."""

    def find(self, folder: Path) -> None:
        """Read them again."""


class Texts:
    """As text, which the index returns."""

    name = "tantivy"
    about = "one segment, one aggregation over fast fields, one writing thread"

    def declare(self, builder: Any) -> None:
        for name in VALUED:
            builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")

    def put(self, document: Any, name: str, value: str) -> None:
        document.add_text(name, value)

    def held(self, name: str, value: str) -> str:  # noqa: ARG002 - for all fields alike
        return value

    def shown(self, name: str, row: Any) -> str:  # noqa: ARG002
        return str(row)

    def keep(self, folder: Path) -> None: ...

    def find(self, folder: Path) -> None: ...


class Numbers:
    """As numbers, which tantivy counts faster than text; their names are stored here."""

    name = "tantivy-numbers"
    about = "the same, with tags and authors as numbers whose names are kept outside of it"

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {name: [] for name in VALUED}
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in VALUED}

    def declare(self, builder: Any) -> None:
        for name in VALUED:
            builder.add_unsigned_field(name, indexed=True, fast=True)

    def put(self, document: Any, name: str, value: str) -> None:
        document.add_unsigned(name, self.held(name, value))

    def held(self, name: str, value: str) -> int:
        numbers = self._numbers[name]
        if value not in numbers:
            numbers[value] = len(numbers)
            self._names[name].append(value)
        return numbers[value]

    def shown(self, name: str, row: Any) -> str:
        return self._names[name][int(row)]

    def keep(self, folder: Path) -> None:
        (folder / NAMES).write_text(json.dumps(self._names), encoding="utf-8")

    def find(self, folder: Path) -> None:
        self._names = json.loads((folder / NAMES).read_text(encoding="utf-8"))
        self._numbers = {kind: {name: place for place, name in enumerate(names)} for kind, names in self._names.items()}


class Feeding:
    def __init__(self, writer: Any, document: Callable[[Row], Any], end: Callable[[], None]) -> None:
        self._writer = writer
        self._document = document
        self._end = end

    def put(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._writer.add_document(self._document(row))

    def end(self) -> None:
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._end()


class Tantivy:
    def __init__(self, values: Callable[[], Values] = Texts) -> None:
        if tantivy is None:
            raise Missing("tantivy is not installed (pip install tantivy).")
        self._new_values = values
        self._values = values()
        self.name, self.about = self._values.name, self._values.about
        builder = tantivy.SchemaBuilder()
        for name in FIELDS:
            builder.add_text_field(name, tokenizer_name="words", index_option="position")
        self._values.declare(builder)
        builder.add_unsigned_field("number", indexed=True, fast=True)
        builder.add_integer_field("day", indexed=True, fast=True)
        builder.add_unsigned_field("month", fast=True)
        self._schema = builder.build()
        self._index: Any = None
        self._searcher: Any = None
        self._writer: Any = None

    def fresh(self) -> "Tantivy":
        return Tantivy(self._new_values)

    def feed(self, folder: Path) -> Feeding:
        writer = self._made(folder).writer(heap_size=HEAP, num_threads=1)
        return Feeding(writer, self._document, partial(self._values.keep, folder))

    def open(self, folder: Path) -> None:
        self._values.find(folder)
        self._index = self._made(folder)
        self._searcher = self._index.searcher()

    def _made(self, folder: Path) -> Any:
        index = tantivy.Index(self._schema, path=str(folder))
        index.register_tokenizer("words", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        return index

    def _document(self, row: Row) -> Any:
        document = tantivy.Document()
        document.add_text("title", " ".join(row.title))
        document.add_text("body", " ".join(row.body))
        for tag in row.tags:
            self._values.put(document, "tag", tag)
        self._values.put(document, "author", row.author)
        document.add_unsigned("number", row.number)
        document.add_integer("day", row.day)
        document.add_unsigned("month", row.month)
        return document

    def ask(self, question: Question) -> Answer:
        query = self._query(question)
        match = self._searcher.search(query, TOP, count=False)
        keys = self._searcher.fast_field_values("number", [address for _, address in match.hits])
        counted = self._searcher.aggregate(query, self._aggregation(question.values))
        months = sorted((int(bucket["key"]), bucket["doc_count"]) for bucket in counted["month"]["buckets"])
        return Answer(
            sum(count for _, count in months),
            [f"d{number}" for number in keys],
            self._named("tag", counted),
            self._named("author", counted),
            [(month_name(month), count) for month, count in months],
        )

    def _named(self, name: str, counted: dict[str, Any]) -> Counts:
        return [(self._values.shown(name, bucket["key"]), bucket["doc_count"]) for bucket in counted[name]["buckets"]]

    def _aggregation(self, values: int) -> dict[str, Any]:
        whole = {} if self._searcher.num_segments == 1 else {"segment_size": ALL_VALUES}
        sizes = {"tag": values, "author": values, "month": 1000}
        return {name: {"terms": {"field": name, "size": size, **whole}} for name, size in sizes.items()}

    def _query(self, question: Question) -> Any:
        if question.kind == "all":
            return tantivy.Query.all_query()
        if question.kind == "or3":
            return _either(self._term(name, term) for term in question.terms for name in FIELDS)
        parts = [_either(map(find, FIELDS)) for find in self._wanted(question)]
        if question.tag:
            tag = tantivy.Query.term_query(self._schema, "tag", self._values.held("tag", question.tag), "basic")
            parts.append(tantivy.Query.const_score_query(tag, 0.0))
        if question.days:
            days = tantivy.Query.range_query(self._schema, "day", tantivy.FieldType.Integer, *question.days)
            parts.append(tantivy.Query.const_score_query(days, 0.0))
        if len(parts) == 1:
            return parts[0]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])

    def _wanted(self, question: Question) -> list[Callable[[str], Any]]:
        """The required terms in one of the fields, each as a query by the name of a field."""
        if question.kind == "phrase":
            return [lambda name: tantivy.Query.phrase_query(self._schema, name, list(question.terms))]
        if question.prefix:
            return [lambda name: tantivy.Query.fuzzy_term_query(self._schema, name, question.prefix, 0, prefix=True)]
        return [partial(self._term, term=term) for term in question.terms]

    def _term(self, name: str, term: str) -> Any:
        return tantivy.Query.term_query(self._schema, name, term)

    def replace(self, row: Row) -> None:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=HEAP // 20, num_threads=1)
        # Delete by a query: `delete_documents_by_term` takes the number for a signed one, and deletes nothing.
        self._writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, "number", row.number))
        self._writer.add_document(self._document(row))
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def close(self) -> None:
        self._writer = self._searcher = self._index = None


def _either(queries: Iterable[Any]) -> Any:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])
