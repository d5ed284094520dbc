"""What a service for embeddings gives, and the check of its answers: nothing that it says is trusted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Protocol

from kb.errors import Unavailable

MOST_DIMENSIONS = 4096
Vector = tuple[float, ...]


class TextKind(Enum):
    QUESTION = "question"
    PASSAGE = "passage"


class EmbeddingFailure(Unavailable):
    """A service gave no vectors. The message is for the log and the administrators: it has no words of users.

    `is_about_texts`: another text might do, the service may refuse this one. `wait`: seconds for which the service asks
    to be left alone, 0 if it does not say.
    """

    def __init__(self, message: str, *, is_about_texts: bool = False, wait: float = 0.0, **values: object) -> None:
        super().__init__(message, **values)
        self.is_about_texts = is_about_texts
        self.wait = wait


class EmbeddingService(Protocol):
    """A service. Threads may share it; each call may wait for the others."""

    @property
    def model(self) -> str:
        """The digest of what decides about the vectors of passages: model, dimensions, prefix."""

    @property
    def batch(self) -> int:
        """How many texts a call may hold."""

    @property
    def seconds(self) -> float:
        """How long so many passages may take."""

    def embed(self, texts: Sequence[str], kind: TextKind, seconds: float) -> list[Vector]:
        """The vector of each text, of length 1, within about so many seconds. Raises EmbeddingFailure."""

    def prepare(self) -> None:
        """Start what must run before the first text, without waiting for it."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelName:
    """What decides about the vectors of passages."""

    name: str
    dimensions: int
    passage_prefix: str

    @property
    def digest(self) -> str:
        content = repr((self.name, self.dimensions, self.passage_prefix))
        return blake2b(content.encode(), digest_size=8).hexdigest()


def unit_vectors(answer: object, count: int, dimensions: int) -> list[Vector]:
    """The vectors of an answer, each divided by its length. `dimensions`: how many each must have; 0 for any number.

    Raises EmbeddingFailure unless they are `count` lists of finite numbers, all equally long, none of them zero.
    """
    if not isinstance(answer, list) or len(answer) != count:
        given = len(answer) if isinstance(answer, list) else 0
        raise EmbeddingFailure(
            "The embedding service answers with another number of vectors than there were texts: %(given)s for"
            " %(expected)s.",
            given=given,
            expected=count,
        )
    wanted = dimensions or (len(answer[0]) if answer and isinstance(answer[0], list | tuple) else 0)
    return [_unit_vector(vector, wanted) for vector in answer]


def _unit_vector(vector: object, dimensions: int) -> Vector:
    if not isinstance(vector, list | tuple) or not 0 < len(vector) <= MOST_DIMENSIONS or len(vector) != dimensions:
        given = len(vector) if isinstance(vector, list | tuple) else 0
        raise EmbeddingFailure(
            "The embedding service gives vectors of %(given)s dimensions where %(expected)s are expected: set"
            " KB_EMBEDDINGS_MODEL and KB_EMBEDDINGS_DIMENSIONS to what it serves.",
            given=given,
            expected=dimensions,
        )
    if not all(type(number) in (int, float) for number in vector):
        raise EmbeddingFailure("The embedding service answers with vectors that hold something else than numbers.")
    try:
        length = math.hypot(*vector)
    except OverflowError:
        # A whole number of hundreds of digits.
        length = math.inf
    if not 0 < length < math.inf:
        raise EmbeddingFailure(
            "The embedding service answers with a vector of zeros, or with numbers that are infinite or none (NaN).",
            is_about_texts=True,
        )
    return tuple(number / length for number in vector)
