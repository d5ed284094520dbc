"""Measures of a ranking, with confidence intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np

NDCG, MRR, RECALL = "nDCG@10", "MRR@10", "recall@100"
FIRST, DEEP = 10, 100
DRAWS = 1_000
SEED = 7


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over questions, and its 95 % interval: percentiles of the means of DRAWS bootstrap samples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """A mean divided by another over the same questions, and its 95 % interval, as that of Mean."""

    value: float
    low: float
    high: float


def measured(ranked: Sequence[str], grades: Mapping[str, int]) -> dict[str, float]:
    """The three measures of one answer."""
    return {NDCG: ndcg(ranked, grades), MRR: reciprocal_rank(ranked, grades), RECALL: recall(ranked, grades)}


def ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """Normalised discounted cumulative gain of the first ten (K. Järvelin, J. Kekäläinen, 2002); gains are grades."""
    gain = sum(grades.get(key, 0) / log2(place + 2) for place, key in enumerate(ranked[:FIRST]))
    best = sorted(grades.values(), reverse=True)[:FIRST]
    return gain / sum(grade / log2(place + 2) for place, grade in enumerate(best))


def reciprocal_rank(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    return next((1 / (place + 1) for place, key in enumerate(ranked[:FIRST]) if grades.get(key, 0) > 0), 0.0)


def recall(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    """The share of the relevant passages that are among the first hundred."""
    relevant = {key for key, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranked[:DEEP])) / min(len(relevant), DEEP)


def mean(values: Sequence[float]) -> Mean:
    sample_values = np.array(values)
    draws = np.random.default_rng(SEED).integers(len(sample_values), size=(DRAWS, len(sample_values)))
    low, high = np.percentile(sample_values[draws].mean(axis=1), (2.5, 97.5))
    return Mean(float(sample_values.mean()), float(low), float(high))


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """The mean of the first of each pair divided by that of the second, which is not 0."""
    pair_values = np.array(pairs)
    draws = np.random.default_rng(SEED).integers(len(pair_values), size=(DRAWS, len(pair_values)))
    means = pair_values[draws].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.nanpercentile(means[:, 0] / means[:, 1], (2.5, 97.5))
    first, second = pair_values.mean(axis=0)
    return Ratio(float(first / second), float(low), float(high))
