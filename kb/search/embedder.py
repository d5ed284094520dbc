"""What gives questions their vectors: a feature fills it (`kb.feature`), searches use it (`Library.embedder`)."""

from dataclasses import dataclass
from typing import Protocol

from index import quantize

__all__ = ["EmbeddedQuestion", "Embedder", "quantize"]


@dataclass(frozen=True, slots=True)
class EmbeddedQuestion:
    """The vector of a question, and the model that gave it (`Embedder.model`)."""

    vector: tuple[float, ...]
    model: str


class Embedder(Protocol):
    """Threads may share it."""

    @property
    def model(self) -> str:
        """The model of its vectors, as documents name it in their field `embedding_model`: a search by vector compares
        only documents of the same model.
        """

    def embed_question(self, text: str) -> tuple[float, ...] | None:
        """The vector of a question, of length 1; None to search by words.

        It waits for .15 s at most, and not at all while the service is down or slow. It never raises. Do not call it
        with a lock or in a transaction.
        """

    def prepare(self) -> None:
        """Begin to load what the first question needs, without waiting: for a process that answers searches."""

    def close(self) -> None:
        """Free what it holds."""
