"""A library whose texts have embeddings, and a model that knows a few themes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import kb.store
from index import analyze, quantize
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.item_vectors import ItemVectors, text_digest
from kb.model.people.group import Group
from kb.search.text_pieces import text_pieces_of
from kb.services.core.library import Library
from kb.site import feature_stores
from tests.factories.library import MEMORY, add_items, an_empty_library

MODEL = "themes"
NO_PAGES: Mapping[str, str] = MappingProxyType({})
THEMES: Mapping[str, int] = {
    **dict.fromkeys(("paperasse", "administratives", "formulaires"), 0),
    **dict.fromkeys(("reduire", "alleger", "simplifier"), 1),
    **dict.fromkeys(("cantine", "repas"), 2),
    **dict.fromkeys(("velo", "cyclable"), 3),
}
"""The dimension of a word."""


def vector_of(text: str) -> tuple[float, ...]:
    """A vector of length 1: how often each theme is met, and nothing in particular (the last dimension)."""
    counts = [0.0] * (max(THEMES.values()) + 1) + [0.1]
    for token in analyze(text, "fr", exact=True):
        if token.term in THEMES:
            counts[THEMES[token.term]] += 1
    length = sum(count * count for count in counts) ** 0.5
    return tuple(count / length for count in counts)


@dataclass(slots=True)
class ThemeEmbedder:
    """An embedder that keeps the questions it got; `is_down`: it gives no vector."""

    model: str = MODEL
    is_down: bool = False
    questions: list[str] = field(default_factory=list)

    def embed_question(self, text: str) -> tuple[float, ...] | None:
        self.questions.append(text)
        return None if self.is_down else vector_of(text)

    def prepare(self) -> None:
        """It has nothing to load."""

    def close(self) -> None:
        """It holds nothing."""


def vectors_of(item: Item, page: str | None = None, model: str = MODEL) -> ItemVectors:
    """The vectors of all texts of an item."""
    return ItemVectors(
        model, {text_digest(piece.text): quantize(vector_of(piece.text)) for piece in text_pieces_of(item, page)}
    )


def a_library_with_embeddings(
    *items: Item,
    groups: Sequence[Group],
    pages: Mapping[str, str] = NO_PAGES,
    embedder: ThemeEmbedder | None = None,
    index_url: str = MEMORY,
) -> Library:
    """A library with these items, indexed with vectors; `pages` are the texts of their pages, by id."""
    vectors = {item.id: vectors_of(item, pages.get(item.id)) for item in items}

    def of_items(_connection: object, ids: Sequence[str]) -> Mapping[str, ItemVectors]:
        return {id_: vectors[id_] for id_ in ids if id_ in vectors}

    library = an_empty_library(index_url=index_url)
    # A feature of another name would have to be migrated.
    first, *others = feature_stores()
    store = kb.store.open_store(library.settings.store_url, (replace(first, vectors=of_items), *others))
    library = replace(library, store=store, embedder=embedder or ThemeEmbedder())
    add_items(library, *items, groups=groups)
    with store.write() as writing:
        for id_, text in pages.items():
            writing.page_texts.put(id_, text)
    catch_up(library)
    return library
