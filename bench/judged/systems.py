"""The compared systems: ours as the product searches, and three others with their options for French.

Each gets only the text of the passages, and returns the ids of its first hundred hits for any of the words. Ours is
searched through the catalogue, as the search page, the JSON API and `kb search` do.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from whoosh import fields, index, qparser
from whoosh.analysis import LanguageAnalyzer

from kb.access.actor import AccessScope, ReadableGroups
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.documents import index_documents_of
from kb.search.index_search import Catalogue, open_catalogue

from .collection import Passage
from .measures import DEEP


class Missing(Exception):
    """A system that is not installed."""


class System(Protocol):
    name: str
    about: str

    def hold(self, folder: Path, passages: Sequence[Passage]) -> None:
        """Build an index of the passages in a new folder, and open it. Raises Missing."""

    def ask(self, text: str) -> list[str]: ...

    def close(self) -> None: ...


class Ours:
    name = "ours"
    about = "the catalogue over its engine, sorted by relevance"

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        group = Group("g", "g", "Passages")
        self._readable = ReadableGroups(AccessScope(everything=True), (group,))

    def hold(self, folder: Path, passages: Sequence[Passage]) -> None:
        self._catalogue = open_catalogue(f"whoosh:{folder}")
        with self._catalogue.engine.rebuild() as writer:
            for order, passage in enumerate(passages):
                item = Item(
                    passage.id,
                    "g",
                    order,
                    url="https://exemple.fr/",
                    description=passage.text,
                    language=passage.language,
                )
                for document in index_documents_of(item):
                    writer.put(document)

    def ask(self, text: str) -> list[str]:
        answer = self._catalogue.search(SearchRequest(q=text, per_page=DEEP), self._readable).answer()
        return [hit.id for hit in answer.hits]

    def close(self) -> None:
        if self._catalogue:
            self._catalogue.close()


class Whoosh:
    name = "whoosh"
    about = "Whoosh's own LanguageAnalyzer('fr'), its parser with OrGroup, its BM25F"

    def __init__(self) -> None:
        self._searcher: Any = None
        self._parser: Any = None

    def hold(self, folder: Path, passages: Sequence[Passage]) -> None:
        schema = fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(analyzer=LanguageAnalyzer("fr")))
        whoosh_index = index.create_in(folder, schema)
        writer = whoosh_index.writer(limitmb=256)
        for passage in passages:
            writer.add_document(id=passage.id, text=passage.text)
        writer.commit()
        self._searcher = whoosh_index.searcher()
        # No plugin: the typed text is words, not a query language.
        self._parser = qparser.QueryParser("text", schema, plugins=[qparser.WhitespacePlugin()], group=qparser.OrGroup)

    def ask(self, text: str) -> list[str]:
        return [hit["id"] for hit in self._searcher.search(self._parser.parse(text), limit=DEEP)]

    def close(self) -> None:
        if self._searcher:
            self._searcher.close()


class Fts5:
    name = "fts5"
    about = f"SQLite {sqlite3.sqlite_version}, unicode61 remove_diacritics 2, its bm25 (it has no French)"

    def __init__(self) -> None:
        self._base: sqlite3.Connection | None = None

    def hold(self, folder: Path, passages: Sequence[Passage]) -> None:
        self._base = sqlite3.connect(folder / "fts5.db")
        self._base.execute(
            "CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, text, tokenize='unicode61 remove_diacritics 2')"
        )
        self._base.executemany("INSERT INTO words VALUES (?, ?)", ((passage.id, passage.text) for passage in passages))
        self._base.commit()

    def ask(self, text: str) -> list[str]:
        words = "".join(char if char.isalnum() else " " for char in text).split()
        match = " OR ".join(f'"{word}"' for word in words)
        rows = self._base.execute("SELECT id FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?", (match, DEEP))
        return [key for (key,) in rows] if words else []

    def close(self) -> None:
        if self._base:
            self._base.close()


class Tantivy:
    name = "tantivy"
    about = "tantivy with lower case, French stop words, French stemmer, accents folded; its BM25"

    def __init__(self) -> None:
        try:
            import tantivy  # noqa: PLC0415 - it may not be installed
        except ImportError as error:
            raise Missing("tantivy is not installed.") from error
        self._tantivy = tantivy
        self._index: Any = None
        self._searcher: Any = None

    def hold(self, folder: Path, passages: Sequence[Passage]) -> None:
        use = self._tantivy
        steps = use.TextAnalyzerBuilder(use.Tokenizer.simple())
        # Its stemmer expects accented endings: accents are removed last.
        for step in (
            use.Filter.lowercase(),
            use.Filter.stopword("french"),
            use.Filter.stemmer("french"),
            use.Filter.ascii_fold(),
        ):
            steps = steps.filter(step)
        builder = use.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text", tokenizer_name="fr")
        self._index = use.Index(builder.build(), path=str(folder))
        self._index.register_tokenizer("fr", steps.build())
        writer = self._index.writer(num_threads=1)
        for passage in passages:
            writer.add_document(use.Document(id=passage.id, text=passage.text))
        writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def ask(self, text: str) -> list[str]:
        words = "".join(char if char.isalnum() else " " for char in text)
        query = self._index.parse_query(words.lower(), ["text"])
        hits = self._searcher.search(query, DEEP).hits
        return [self._searcher.doc(address)["id"][0] for _, address in hits]

    def close(self) -> None:
        self._index = self._searcher = None


SYSTEMS: dict[str, type[System]] = {system.name: system for system in (Ours, Whoosh, Fts5, Tantivy)}
