"""Percentiles, and the times of many questions put side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from .questions import KINDS


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values do not exceed (nearest rank).

    Raises ValueError when there is none.
    """
    if not values:
        raise ValueError("There is no percentile of nothing.")
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


@dataclass(frozen=True, slots=True)
class Taken:
    """How long one engine took for one question of a pass, in milliseconds."""

    stage: str
    kind: str
    engine: str
    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Spread:
    """p50 and p95 of some times."""

    p50: float
    p95: float


def spread(values: Iterable[float]) -> Spread:
    """The p50 and p95 of some times."""
    held = list(values)
    return Spread(percentile(held, 0.5), percentile(held, 0.95))


def table(taken: Sequence[Taken], stage: str, clock: str) -> dict[str, dict[str, Spread]]:
    """By kind, then by engine; the kind `total` is all of them."""
    found: dict[str, dict[str, Spread]] = {}
    some = [one for one in taken if one.stage == stage]
    for kind in [*sorted({one.kind for one in some}, key=KINDS.index), "total"]:
        for engine in sorted({one.engine for one in some}):
            times = [getattr(one, clock) for one in some if one.engine == engine and kind in (one.kind, "total")]
            if times:
                found.setdefault(kind, {})[engine] = spread(times)
    return found
