"""How much an engine may take: the numbers that bound its memory and its files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory`: bytes of arrays kept for searches. A pool becomes a segment at `pool_tokens` or `pool_documents`.

    A commit leaves at most `segments` segments. `stretch`: occurrences of terms held at once by a merge, about.
    """

    memory: int = 192 * 1024 * 1024
    pool_tokens: int = 4_000_000
    pool_documents: int = 50_000
    segments: int = 10
    stretch: int = 2_000_000
