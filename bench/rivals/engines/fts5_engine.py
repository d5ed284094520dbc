"""FTS5, the full-text search of SQLite; tags and authors are in tables of their own, joined to the matches."""

import sqlite3
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from bench.rivals.answer import TOP, Answer, Missing, month_name
from bench.rivals.inputs import Question, Row

TABLES = """
CREATE VIRTUAL TABLE words USING fts5(
    title, body, detail=full, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0");
CREATE TABLE document (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, day INTEGER NOT NULL, month INTEGER NOT NULL);
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE tagged (document INTEGER, tag INTEGER, PRIMARY KEY (document, tag)) WITHOUT ROWID;
"""
INDEXES = """
CREATE INDEX tagged_by_tag ON tagged (tag);
CREATE INDEX document_by_author ON document (author);
CREATE INDEX document_by_month ON document (month);
INSERT INTO words (words) VALUES ('optimize');
ANALYZE;
"""
# A match selects all values of its document for the counts. A CROSS JOIN keeps its order: few matches look up few rows.
FOUND = "CREATE TEMP TABLE found (id INTEGER PRIMARY KEY, rank REAL, author INTEGER, month INTEGER)"
MATCHED = """
INSERT INTO found SELECT document.id, rank, author, month FROM words CROSS JOIN document ON document.id = words.rowid
"""
BEST = "SELECT id FROM {found} ORDER BY {rank} id LIMIT ?"
TAGS = """
SELECT name, n FROM (SELECT tag, count(*) AS n FROM {tagged} GROUP BY tag ORDER BY n DESC LIMIT ?)
JOIN tag ON tag.id = tag ORDER BY n DESC
"""
AUTHORS = """
SELECT name, n FROM (SELECT author, count(*) AS n FROM {found} GROUP BY author ORDER BY n DESC LIMIT ?)
JOIN author ON author.id = author ORDER BY n DESC
"""
MONTHS = "SELECT month, count(*) FROM {found} GROUP BY month ORDER BY month"
MATCHES = {"found": "found", "rank": "rank,", "tagged": "found CROSS JOIN tagged ON document = found.id"}
EVERYTHING = {"found": "document", "rank": "", "tagged": "tagged"}
"""A query for everything needs no temporary table: the tables are counted directly, by their indexes."""
CACHE = 256 * 1024
"""KiB of the page cache of a connection."""


def _connect(folder: Path) -> sqlite3.Connection:
    base = sqlite3.connect(folder / "fts5.db", isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = NORMAL")
    base.execute(f"PRAGMA cache_size = -{CACHE}")
    base.execute(f"PRAGMA mmap_size = {2**32}")
    base.execute("PRAGMA temp_store = MEMORY")
    return base


def _write(base: sqlite3.Connection, rows: list[Row]) -> None:
    base.executemany(
        "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)",
        ((row.number, " ".join(row.title), " ".join(row.body)) for row in rows),
    )
    base.executemany("INSERT OR IGNORE INTO author (name) VALUES (?)", ((row.author,) for row in rows))
    base.executemany(
        "INSERT INTO document SELECT ?, id, ?, ? FROM author WHERE name = ?",
        ((row.number, row.day, row.month, row.author) for row in rows),
    )
    tags = chain.from_iterable(row.tags for row in rows)
    base.executemany("INSERT OR IGNORE INTO tag (name) VALUES (?)", ((tag,) for tag in tags))
    base.executemany(
        "INSERT INTO tagged SELECT ?, id FROM tag WHERE name = ?",
        ((row.number, tag) for row in rows for tag in row.tags),
    )


class Feeding:
    def __init__(self, folder: Path) -> None:
        self._base = _connect(folder)
        self._base.executescript(TABLES)
        self._base.execute("BEGIN")

    def put(self, rows: Iterable[Row]) -> None:
        _write(self._base, list(rows))

    def end(self) -> None:
        self._base.execute("COMMIT")
        self._base.executescript(INDEXES)
        self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._base.close()


class Fts5:
    name = "fts5"
    about = f"SQLite {sqlite3.sqlite_version}, detail=full, facets by joins with the matches in a temporary table"

    def __init__(self) -> None:
        if sqlite3.sqlite_version_info < (3, 43):
            raise Missing("SQLite 3.43 or later is needed (contentless_delete).")
        self._base: sqlite3.Connection | None = None

    def fresh(self) -> "Fts5":
        return Fts5()

    def feed(self, folder: Path) -> Feeding:
        return Feeding(folder)

    def open(self, folder: Path) -> None:
        self._base = _connect(folder)
        self._base.execute(FOUND)

    def ask(self, question: Question) -> Answer:
        run = self._base.execute
        condition = EVERYTHING if question.kind == "all" else MATCHES
        run("BEGIN")
        if condition is MATCHES:
            run("DELETE FROM found")
            run(*_matched(question))
        best = run(BEST.format(**condition), (TOP,)).fetchall()
        tags = run(TAGS.format(**condition), (question.values,)).fetchall()
        authors = run(AUTHORS.format(**condition), (question.values,)).fetchall()
        months = run(MONTHS.format(**condition)).fetchall()
        run("COMMIT")
        named = [(month_name(month), count) for month, count in months]
        return Answer(sum(count for _, count in months), [f"d{number}" for (number,) in best], tags, authors, named)

    def replace(self, row: Row) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        self._base.execute("DELETE FROM words WHERE rowid = ?", (row.number,))
        self._base.execute("DELETE FROM document WHERE id = ?", (row.number,))
        self._base.execute("DELETE FROM tagged WHERE document = ?", (row.number,))
        _write(self._base, [row])
        self._base.execute("COMMIT")

    def close(self) -> None:
        if self._base:
            self._base.close()


def _matched(question: Question) -> tuple[str, tuple[object, ...]]:
    """The statement that stores the matches in a temporary table, and its values."""
    statement, values = MATCHED, [_text(question)]
    if question.tag:
        statement += " CROSS JOIN tagged ON tagged.document = words.rowid"
        statement += " AND tagged.tag = (SELECT id FROM tag WHERE name = ?)"
        values.insert(0, question.tag)
    statement += " WHERE words MATCH ?"
    if question.days:
        statement += " AND day BETWEEN ? AND ?"
        values += question.days
    return statement, tuple(values)


def _text(question: Question) -> str:
    if question.prefix:
        return f"{question.prefix}*"
    if question.kind == "phrase":
        return f'"{" ".join(question.terms)}"'
    return (" OR " if question.kind == "or3" else " AND ").join(f'"{term}"' for term in question.terms)
