"""Vectors of documents (embeddings): their stored form, and the request and the answer of a search for the nearest."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from index.document import Value
from index.plan import DEFAULT_BOUNDS, Bounds, Filter
from index.query import Query

MOST_DIMENSIONS = 4096
MOST_VECTORS = 10_000
"""Vectors of one document, at most."""
SCALE = struct.Struct("<f")
LARGEST_INT8 = 127
QUESTION_UNIT = 2**30
"""Steps of a unit in which a question is computed: a similarity is then one sum of whole numbers below 2**53, which is
exact in any order of its terms, also in float64.
"""


@dataclass(frozen=True, slots=True)
class NearestPlan:
    """A search for the documents of `within`, matching all filters, whose vectors are nearest to `vector`.

    `field` is a VECTOR field; vectors of other dimensions are not compared. Only `Bounds.seconds` of the bounds counts.
    """

    field: str
    vector: tuple[float, ...]
    within: Query
    filters: tuple[Filter, ...] = ()
    limit: int = 100
    bounds: Bounds = DEFAULT_BOUNDS


@dataclass(frozen=True, slots=True)
class NearestHit:
    """A document and its nearest vector: the `number` of that vector in the document, from 0, the first one of equals.

    `similarity` is the dot product of that vector with the vector of the question divided by its length: the cosine of
    the angle between them if a model gives vectors of length 1.
    """

    key: str
    similarity: float
    number: int


def quantize(vector: Sequence[float]) -> bytes:
    """A vector as value of a VECTOR field: about 1/254 of its largest component is lost in each component.

    Raises ValueError for a vector that no field can hold.
    """
    largest = largest_component(vector)
    try:
        (scale,) = SCALE.unpack(SCALE.pack(largest / LARGEST_INT8))
    except OverflowError:
        raise ValueError("A component of the vector is too large.") from None
    # A vector that is too small for a float32 is the zero vector.
    numbers = [max(-LARGEST_INT8, min(LARGEST_INT8, round(x / scale))) for x in vector] if scale else [0] * len(vector)
    return struct.pack(f"<f{len(numbers)}b", scale, *numbers)


def question_numbers(vector: Sequence[float]) -> list[int]:
    """The vector of a question divided by its length, in steps of 1 / QUESTION_UNIT.

    Raises ValueError for an impossible vector.
    """
    largest = largest_component(vector)
    if not largest:
        return [0] * len(vector)
    # Divided first: the square of a large number is infinite.
    parts = [x / largest for x in vector]
    length = math.hypot(*parts)
    return [round(x / length * QUESTION_UNIT) for x in parts]


def largest_component(vector: Sequence[float]) -> float:
    """The largest size of a component. Raises ValueError for a vector that no field can hold."""
    if not 1 <= len(vector) <= MOST_DIMENSIONS:
        raise ValueError(f"A vector has from 1 to {MOST_DIMENSIONS} dimensions; this one has {len(vector)}.")
    if not all(map(math.isfinite, vector)):
        raise ValueError("A component of the vector is not a finite number.")
    return max(map(abs, vector))


def vectors_problem(values: Sequence[Value]) -> str | None:
    """Why a VECTOR field cannot hold these values, as the end of a sentence; None if it can."""
    if len(values) > MOST_VECTORS:
        return f"holds {len(values)} vectors; it may hold {MOST_VECTORS}."
    for value in values:
        if type(value) is not bytes:
            return "must hold vectors as bytes."
        if not value:
            continue
        if not 1 <= len(value) - SCALE.size <= MOST_DIMENSIONS:
            return f"must hold vectors of 1 to {MOST_DIMENSIONS} dimensions."
        (scale,) = SCALE.unpack_from(value)
        if not math.isfinite(scale) or scale < 0 or (scale == 0 and any(value)):
            return "holds a vector whose scale is not a finite, positive number."
    return None
