"""Percentiles, and tables of the times of many questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from .inputs import KINDS


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
    sample_values = list(values)
    return Spread(percentile(sample_values, 0.5), percentile(sample_values, 0.95))


def table(measurements: Sequence[Taken], stage: str, clock: str) -> dict[str, dict[str, Spread]]:
    """By kind, then by engine; the kind `total` is all of them."""
    spreads: dict[str, dict[str, Spread]] = {}
    some = [measurement for measurement in measurements if measurement.stage == stage]
    for kind in [*sorted({measurement.kind for measurement in some}, key=KINDS.index), "total"]:
        for engine in sorted({measurement.engine for measurement in some}):
            times = [
                getattr(measurement, clock)
                for measurement in some
                if measurement.engine == engine and kind in (measurement.kind, "total")
            ]
            if times:
                spreads.setdefault(kind, {})[engine] = spread(times)
    return spreads
