"""Look up the elements of one RDF file of Zotero by name: each finds those that it names, before or after it.

Only numbers that stand for names are compared. Two names of one number would be one name: of five million names, one
file in a million has such two.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import count

_TABLES = """
CREATE TABLE element(number INTEGER PRIMARY KEY, kind INTEGER, name INTEGER, text TEXT);
CREATE INDEX element_names ON element(name, kind);
CREATE TABLE part(name INTEGER, place INTEGER, collection INTEGER, PRIMARY KEY(name, place)) WITHOUT ROWID;
CREATE TABLE used_note(number INTEGER PRIMARY KEY);
"""
_DROPPED = "".join(f"DROP TABLE IF EXISTS {table};" for table in ("element", "part", "used_note"))
_DEEPEST_COLLECTION = 20
_CACHED_COLLECTIONS = 256


class ElementKind(IntEnum):
    REFERENCE = 1
    NOTE = 2
    ATTACHMENT = 3
    SOURCE = 4
    """A journal, a series and such, which references name as their source."""
    COLLECTION = 5


def number_of_name(about: str) -> int:
    """The number that stands for the `rdf:about` of an element."""
    return int.from_bytes(blake2b(about.encode(), digest_size=8).digest(), signed=True)


class ZoteroElements:
    """The elements of one file. Raises sqlite3.OperationalError where the disk is full."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_DROPPED + _TABLES)
        self._places = count()
        self._titles = lru_cache(_CACHED_COLLECTIONS)(self._read_titles)

    def add(self, kind: ElementKind, name: int, text: str) -> None:
        self._database.execute("INSERT INTO element(kind, name, text) VALUES (?, ?, ?)", (kind, name, text))

    def add_collection(self, name: int, title: str, parts: Sequence[int]) -> None:
        """Add a collection and what is in it: references, notes and other collections."""
        self.add(ElementKind.COLLECTION, name, title)
        rows = ((part, next(self._places), name) for part in parts)
        self._database.executemany("INSERT INTO part VALUES (?, ?, ?)", rows)

    def references(self) -> Iterator[tuple[int, str]]:
        """The name and the text of each reference, in the order of the file."""
        yield from self._database.execute(
            "SELECT name, text FROM element WHERE kind = ? ORDER BY number", (ElementKind.REFERENCE,)
        )

    def text(self, kind: ElementKind, name: int) -> str:
        """The text of the last element of a kind and a name; empty if there is none."""
        return self._last(kind, name)[1]

    def take_note(self, name: int) -> str:
        """The text of a note, which belongs to one reference; empty if it was taken before."""
        number, text = self._last(ElementKind.NOTE, name)
        taken = self._database.execute("INSERT OR IGNORE INTO used_note VALUES (?)", (number,))
        return text if taken.rowcount else ""

    def other_notes(self) -> Iterator[tuple[int, str]]:
        """The name and the text of each note that no reference has taken, in the order of the file."""
        yield from self._database.execute(
            "SELECT name, text FROM element WHERE kind = ? AND number NOT IN used_note ORDER BY number",
            (ElementKind.NOTE,),
        )

    def collection_titles(self, name: int) -> tuple[str, ...]:
        """The titles of the collections of a reference or a note, those around a collection first."""
        rows = self._database.execute("SELECT collection FROM part WHERE name = ? ORDER BY place", (name,)).fetchall()
        return tuple(title for (collection,) in rows for title in self._titles(collection))

    def _read_titles(self, collection: int) -> tuple[str, ...]:
        titles, place = [self.text(ElementKind.COLLECTION, collection)], collection
        while len(titles) < _DEEPEST_COLLECTION and (around := self._collection_around(place)) is not None:
            titles.append(self.text(ElementKind.COLLECTION, around))
            place = around
        return tuple(reversed(titles))

    def _collection_around(self, name: int) -> int | None:
        row = self._database.execute(
            "SELECT collection FROM part WHERE name = ? ORDER BY place DESC LIMIT 1", (name,)
        ).fetchone()
        return row[0] if row else None

    def _last(self, kind: ElementKind, name: int) -> tuple[int, str]:
        row = self._database.execute(
            "SELECT number, text FROM element WHERE name = ? AND kind = ? ORDER BY number DESC LIMIT 1", (name, kind)
        ).fetchone()
        return row or (0, "")
