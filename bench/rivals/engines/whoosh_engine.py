"""Whoosh as its documentation shows it: TEXT and KEYWORD fields, BM25F, `groupedby` for facets.

Sorting columns are declared (`sortable=True`), as its documentation advises for facets; months are a field of their
own, because its date facets are even slower.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whoosh import fields, index, query, scoring, sorting
from whoosh.analysis import SpaceSeparatedTokenizer

from bench.rivals.answer import TOP, Answer, Counts, month_name
from bench.rivals.inputs import Question, Row

FIELDS = ("title", "body")
MEMORY = 512
"""MB that the writer may fill before it writes a segment."""


def _schema() -> Any:
    return fields.Schema(
        key=fields.ID(stored=True, unique=True),
        title=fields.TEXT(analyzer=SpaceSeparatedTokenizer()),
        body=fields.TEXT(analyzer=SpaceSeparatedTokenizer()),
        tag=fields.KEYWORD(commas=True, sortable=True),
        author=fields.ID(sortable=True),
        month=fields.ID(sortable=True),
        day=fields.NUMERIC(int, sortable=True),
    )


def _values(row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": " ".join(row.title),
        "body": " ".join(row.body),
        "tag": ",".join(row.tags),
        "author": row.author,
        "month": month_name(row.month),
        "day": row.day,
    }


class Feeding:
    def __init__(self, folder: Path) -> None:
        self._writer = index.create_in(folder, _schema()).writer(limitmb=MEMORY)

    def put(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._writer.add_document(**_values(row))

    def end(self) -> None:
        self._writer.commit()


class Whoosh:
    name = "whoosh"
    about = "as documented: groupedby with sortable columns, BM25F"

    def __init__(self) -> None:
        self._index: Any = None
        self._searcher: Any = None

    def fresh(self) -> "Whoosh":
        return Whoosh()

    def feed(self, folder: Path) -> Feeding:
        return Feeding(folder)

    def open(self, folder: Path) -> None:
        self._index = index.open_dir(folder)
        self._searcher = self._index.searcher(weighting=scoring.BM25F())

    def ask(self, question: Question) -> Answer:
        groups = {
            "tag": sorting.FieldFacet("tag", allow_overlap=True, maptype=sorting.Count),
            "author": sorting.FieldFacet("author", maptype=sorting.Count),
            "month": sorting.FieldFacet("month", maptype=sorting.Count),
        }
        match = self._searcher.search(_words(question), limit=TOP, filter=_condition(question), groupedby=groups)
        counted = {name: match.groups(name) for name in groups}
        return Answer(
            len(match),
            # With `groupedby`, Whoosh collects all hits whatever the limit.
            [hit["key"] for hit in match[:TOP]],
            _first(counted["tag"], question.values),
            _first(counted["author"], question.values),
            sorted(counted["month"].items()),
        )

    def replace(self, row: Row) -> None:
        writer = self._index.writer()
        writer.update_document(**_values(row))
        writer.commit()
        self._searcher = self._searcher.refresh()

    def close(self) -> None:
        if self._searcher:
            self._searcher.close()
            self._index.close()


def _first(counts: dict[str, int], number: int) -> Counts:
    return sorted(counts.items(), key=lambda pair: -pair[1])[:number]


def _words(question: Question) -> Any:
    if question.kind == "phrase":
        return query.Or([query.Phrase(name, list(question.terms)) for name in FIELDS])
    if question.kind == "prefix":
        return query.Or([query.Prefix(name, question.prefix) for name in FIELDS])
    parts = [query.Or([query.Term(name, term) for name in FIELDS]) for term in question.terms]
    if not parts:
        return query.Every()
    return query.Or(parts) if question.kind == "or3" else query.And(parts)


def _condition(question: Question) -> Any:
    if question.tag:
        return query.Term("tag", question.tag)
    return query.NumericRange("day", *question.days) if question.days else None
