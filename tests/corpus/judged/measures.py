"""Measures of a ranking, computed from the relevance grades of the judged collection."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
DEPTH = 10
"""The depth of nDCG: the results that a user looks at."""
REACH = 20
"""The depth of recall: the results of the first page."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as a user types it. `grades`: 2 if an item answers it, 1 if it helps; items that are missing do neither.
    `never`: items that must not be found.
    """

    id: str
    kind: str
    text: str
    grades: Mapping[str, int]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over some queries, from 0 to 1. `apart` is the share of queries that find none of their `never` items."""

    ndcg: float
    recall: float
    apart: float


def queries() -> tuple[Query, ...]:
    """The judged queries in the file."""
    lines = (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return tuple(
        Query(record["id"], record["kind"], record["q"], record["rel"], tuple(record.get("never", ())))
        for record in records
    )


def figures(judged: Sequence[tuple[Query, Sequence[str]]]) -> Figures:
    """The figures of some queries; each ranking begins with the best hit."""
    count = len(judged)
    return Figures(
        sum(ndcg(query.grades, ranking) for query, ranking in judged) / count,
        sum(recall(query.grades, ranking) for query, ranking in judged) / count,
        sum(not set(query.never) & set(ranking) for query, ranking in judged) / count,
    )


def ndcg(grades: Mapping[str, int], ranking: Sequence[str]) -> float:
    """nDCG of the first results (K. Järvelin and J. Kekäläinen, 2002), with gains 2^grade - 1 and log2 discounts."""
    gains = [2 ** grades.get(id_, 0) - 1 for id_ in ranking[:DEPTH]]
    best = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:DEPTH]
    return _discounted(gains) / _discounted(best)


def recall(grades: Mapping[str, int], ranking: Sequence[str]) -> float:
    """The share of the relevant items that are on the first page."""
    return sum(id_ in grades for id_ in ranking[:REACH]) / min(len(grades), REACH)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))
