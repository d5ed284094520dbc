"""Nearest vectors in the reference engine: every vector is compared."""

import struct
from collections.abc import Sequence

from index.vectors import QUESTION_UNIT, NearestHit, question_numbers
from tests.reference_engine.stored_document import StoredDocument


def nearest_hits(
    documents: Sequence[StoredDocument], field: str, vector: Sequence[float], limit: int
) -> tuple[NearestHit, ...]:
    """The documents with the nearest vectors, by similarity, then by key."""
    question = question_numbers(vector)
    hits = []
    for document in documents:
        similarities = [
            (_similarity(question, value), -number)
            for number, value in enumerate(document.vectors.get(field, ()))
            if len(value) == 4 + len(question)
        ]
        if similarities:
            similarity, number = max(similarities)
            hits.append(NearestHit(document.key, similarity, -number))
    return tuple(sorted(hits, key=lambda hit: (-hit.similarity, hit.key))[:limit])


def _similarity(question: Sequence[int], value: bytes) -> float:
    scale, *numbers = struct.unpack(f"<f{len(question)}b", value)
    total: int = sum(a * b for a, b in zip(question, numbers, strict=True))
    return total * scale / QUESTION_UNIT
