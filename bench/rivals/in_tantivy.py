"""tantivy, a search engine written in Rust, through its Python package.

Given its best: BM25 over pre-split words; tags and authors as fast text fields, months as a fast number, one
aggregation for all three; the total from the months, so that the search for the best 20 may skip what cannot be among
them (with `count=True` it may not); keys from a fast field. Searches run in the thread that asks.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .answer import TOP, Answer, Missing, month_name
from .material import Row
from .questions import Question

try:
    import tantivy
except ImportError:
    tantivy = None

HEAP = 1_000_000_000
"""Bytes for the writer: the more, the fewer segments."""
SEGMENT_VALUES = 10_000
"""Values that each segment reports: more than there are, or counts would be wrong across segments."""
FIELDS = ("title", "body")


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("tag", "author"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_unsigned_field("month", fast=True)
    return builder.build()


def _index(folder: Path) -> Any:
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer("whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def _document(row: Row) -> Any:
    document = tantivy.Document()
    document.add_text("title", " ".join(row.title))
    document.add_text("body", " ".join(row.body))
    for tag in row.tags:
        document.add_text("tag", tag)
    document.add_text("author", row.author)
    document.add_unsigned("number", row.number)
    document.add_integer("day", row.day)
    document.add_unsigned("month", row.month)
    return document


class Feeding:
    def __init__(self, folder: Path) -> None:
        self._writer = _index(folder).writer(heap_size=HEAP, num_threads=1)

    def put(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._writer.add_document(_document(row))

    def end(self) -> None:
        self._writer.commit()
        self._writer.wait_merging_threads()


class Tantivy:
    name = "tantivy"
    about = "one aggregation for all facets, top 20 by block-max WAND, one writing thread"

    def __init__(self) -> None:
        if tantivy is None:
            raise Missing("tantivy is not installed (pip install tantivy).")
        self._schema = _schema()
        self._index: Any = None
        self._searcher: Any = None
        self._writer: Any = None

    def feed(self, folder: Path) -> Feeding:
        return Feeding(folder)

    def open(self, folder: Path) -> None:
        self._index = _index(folder)
        self._searcher = self._index.searcher()

    def ask(self, question: Question) -> Answer:
        query = self._query(question)
        found = self._searcher.search(query, TOP, count=False)
        keys = self._searcher.fast_field_values("number", [address for _, address in found.hits])
        counted = self._searcher.aggregate(query, _aggregation(question.values))
        months = sorted((int(bucket["key"]), bucket["doc_count"]) for bucket in counted["month"]["buckets"])
        return Answer(
            sum(count for _, count in months),
            [f"d{number}" for number in keys],
            [(bucket["key"], bucket["doc_count"]) for bucket in counted["tag"]["buckets"]],
            [(bucket["key"], bucket["doc_count"]) for bucket in counted["author"]["buckets"]],
            [(month_name(month), count) for month, count in months],
        )

    def _query(self, question: Question) -> Any:
        must, should = tantivy.Occur.Must, tantivy.Occur.Should
        parts = [self._words(question)] if question.kind in ("phrase", "prefix") else self._terms(question)
        if not parts:
            return tantivy.Query.all_query()
        occurs = should if question.kind == "or3" else must
        clauses = [(occurs, part) for part in parts]
        if question.tag:
            clauses.append((must, _unscored(tantivy.Query.term_query(self._schema, "tag", question.tag, "basic"))))
        if question.days:
            integer = tantivy.FieldType.Integer
            clauses.append((must, _unscored(tantivy.Query.range_query(self._schema, "day", integer, *question.days))))
        return parts[0] if len(clauses) == 1 else tantivy.Query.boolean_query(clauses)

    def _terms(self, question: Question) -> list[Any]:
        def either(term: str) -> Any:
            found = [(tantivy.Occur.Should, tantivy.Query.term_query(self._schema, name, term)) for name in FIELDS]
            return tantivy.Query.boolean_query(found)

        return [either(term) for term in question.terms]

    def _words(self, question: Question) -> Any:
        def one(name: str) -> Any:
            if question.kind == "phrase":
                return tantivy.Query.phrase_query(self._schema, name, list(question.terms))
            return tantivy.Query.regex_query(self._schema, name, f"{question.prefix}.*")

        return tantivy.Query.boolean_query([(tantivy.Occur.Should, one(name)) for name in FIELDS])

    def replace(self, row: Row) -> None:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=HEAP // 8, num_threads=1)
        self._writer.delete_documents_by_term("number", row.number)
        self._writer.add_document(_document(row))
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def close(self) -> None:
        self._writer = self._searcher = self._index = None


def _unscored(query: Any) -> Any:
    return tantivy.Query.const_score_query(query, 0.0)


def _aggregation(values: int) -> dict[str, Any]:
    def terms(field: str, size: int) -> dict[str, Any]:
        return {"terms": {"field": field, "size": size, "segment_size": SEGMENT_VALUES}}

    return {"tag": terms("tag", values), "author": terms("author", values), "month": terms("month", 1000)}
