"""A library whose texts get vectors of a service in this process, which notes what it was asked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from kb.features.meaning.embedding_service import EmbeddingFailure, TextKind, Vector, unit_vectors
from kb.features.meaning.embedding_task import EmbeddingWork
from kb.indexer import catch_up
from kb.services.core.library import Library
from tests.factories.library import a_library
from tests.support.embedding_servers import vector_of


@dataclass
class FakeService:
    """`refused` is a text in those that the service refuses; `error` is raised for any text."""

    model: str = "modele-1"
    dimensions: int = 8
    batch: int = 4
    seconds: float = 60.0
    refused: str = ""
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)
    before_answer: Callable[[], None] = lambda: None

    def embed(self, texts: Sequence[str], kind: TextKind, seconds: float) -> list[Vector]:
        assert kind is TextKind.PASSAGE
        assert len(texts) <= self.batch
        if self.error is not None:
            raise self.error
        if self.refused and any(self.refused in text for text in texts):
            raise EmbeddingFailure("Refusé.", is_about_texts=True)
        self.asked += texts
        self.before_answer()
        return unit_vectors([vector_of(text, self.dimensions) for text in texts], len(texts), 0)

    def prepare(self) -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library()) as empty:
        yield empty


def embed_all(library: Library, service: FakeService) -> list[str]:
    """Give all texts their vectors, and index them; returns the texts that the service was asked for."""
    before = len(service.asked)
    work = EmbeddingWork(library, service)
    while work.run_slice():
        pass
    catch_up(library)
    return [text for text in service.asked[before:] if text != "florilège"]
