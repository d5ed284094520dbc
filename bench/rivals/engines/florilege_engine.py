"""Our engine, through its public interface."""

from collections.abc import Iterable
from pathlib import Path

from bench.rivals.answer import TOP, Answer
from bench.rivals.inputs import Question, Row, Text
from index import (
    And,
    AnyOf,
    Document,
    Engine,
    Everything,
    FacetRequest,
    Field,
    Filter,
    Hits,
    Kind,
    Or,
    Phrase,
    Plan,
    Prefix,
    Query,
    Range,
    Schema,
    Term,
    Value,
    Writer,
    open_engine,
)

SCHEMA = Schema(
    "key",
    (
        Field("key", Kind.KEYWORD),
        Field("title", Kind.TEXT),
        Field("body", Kind.TEXT),
        Field("tag", Kind.KEYWORD),
        Field("author", Kind.KEYWORD),
        Field("date", Kind.PERIOD),
    ),
)


class Feeding:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._block = engine.rebuild()
        self._writer: Writer = self._block.__enter__()

    def put(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._writer.put(document_of(row))

    def put_texts(self, texts: Iterable[tuple[str, Text]]) -> None:
        """The same from texts, which the engine analyses itself."""
        for key, text in texts:
            self._writer.put(text_document(key, text))

    def end(self) -> None:
        self._block.__exit__(None, None, None)
        self._engine.close()


class Ours:
    name = "ours"
    about = "index.open_engine, as the product uses it"

    def __init__(self) -> None:
        self.engine: Engine | None = None

    def fresh(self) -> "Ours":
        return Ours()

    def feed(self, folder: Path) -> Feeding:
        return Feeding(open_engine(f"whoosh:{folder}", SCHEMA))

    def open(self, folder: Path) -> None:
        self.engine = open_engine(f"whoosh:{folder}", SCHEMA)

    def ask(self, question: Question) -> Answer:
        return answer_of(self.engine.search(plan_of(question)))

    def replace(self, row: Row) -> None:
        with self.engine.write() as writer:
            writer.put(document_of(row))

    def close(self) -> None:
        if self.engine:
            self.engine.close()


def document_of(row: Row) -> Document:
    """The terms as a text: without a language they are indexed unchanged."""
    return Document(row.key, _values((" ".join(row.title),), (" ".join(row.body),), row))


def text_document(key: str, text: Text) -> Document:
    """A text as it is: the engine analyses it."""
    return Document(key, _values((text.title,), text.body, text), text.language)


def _values(title: tuple[str, ...], body: tuple[str, ...], other: Row | Text) -> dict[str, tuple[Value, ...]]:
    day = other.day, other.day
    return {"title": title, "body": body, "tag": tuple(other.tags), "author": (other.author,), "date": (day,)}


def plan_of(question: Question) -> Plan:
    """The plan that the catalogue would make of the question."""
    filters = []
    if question.tag:
        filters.append(Filter("tag", AnyOf("tag", (question.tag,))))
    if question.days:
        filters.append(Filter("date", Range("date", *question.days)))
    facets = (
        FacetRequest("tag", limit=question.values),
        FacetRequest("author", limit=question.values),
        # Months have no limit: the number only makes this request different from earlier ones.
        FacetRequest("date", limit=question.values),
    )
    return Plan(_query(question), Everything(), tuple(filters), facets, by_score=True, size=TOP)


def _query(question: Question) -> Query:
    if question.kind == "phrase":
        offsets = tuple(range(len(question.terms)))
        return Or(tuple(Phrase(field, question.terms, offsets) for field in ("title", "body")))
    if question.kind == "prefix":
        return Or((Prefix("title", question.prefix), Prefix("body", question.prefix)))
    parts = tuple(Or((Term("title", term), Term("body", term))) for term in question.terms)
    if not parts:
        return Everything()
    if len(parts) == 1:
        return parts[0]
    return Or(parts) if question.kind == "or3" else And(parts)


def answer_of(hits: Hits) -> Answer:
    tags, authors, months = (list(facet.counts) for facet in hits.facets)
    return Answer(hits.total, [hit.key for hit in hits.page], tags, authors, months)
