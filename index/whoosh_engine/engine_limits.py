"""The limits of an engine: its memory, its files, and the duration of a commit."""

from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory`: bytes of arrays kept for searches. `shared`: a folder in which the processes of one server keep large
    arrays once for all of them; None if each process keeps its own.

    A pool becomes a segment at `pool_tokens`, which count the largest field of each document, or at `pool_documents`.
    `segments`: about how many small segments, and how many large ones, stand side by side. `merged`: how many documents
    a commit merges, unless it has itself written more than a quarter of them. `stretch`: occurrences of terms that a
    merge holds at once, about; it is also what a slice of a merge is made of.
    """

    memory: int = 768 * MEBIBYTE
    shared: Path | None = None
    pool_tokens: int = 4_000_000
    pool_documents: int = 100_000
    segments: int = 5
    merged: int = 1_000
    stretch: int = 300_000
