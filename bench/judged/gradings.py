"""Two gradings of pairs of a question and a passage, from 0 (useless) to 3 (answers): their agreement, and one grade.

`python -m bench.judged.gradings FOLDER` prints the agreement in `grades.jsonl`, which has {"question", "passage",
"first", "second"}, and writes the grades of `questions.jsonl` from it.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.judged.collection import rows_of

HIGHEST = 3
RELEVANT = 2
"""A passage below it does not answer, and is not in `questions.jsonl`."""


@dataclass(frozen=True, slots=True)
class Pair:
    question: str
    passage: str
    first: int
    second: int

    @property
    def grade(self) -> int:
        """The lower one: a passage answers if both graders say so."""
        return min(self.first, self.second)


@dataclass(frozen=True, slots=True)
class Agreement:
    """`kappa`: J. Cohen's weighted kappa (1968) with squared differences; `equal`: the share of equal grades."""

    kappa: float
    equal: float
    answering: float
    """The kappa of the two judgements “answers” (RELEVANT or more) and “does not”."""


def read_pairs(folder: Path) -> tuple[Pair, ...]:
    return tuple(Pair(**row) for row in rows_of(folder / "grades.jsonl"))


def agreement(pairs: Sequence[Pair]) -> Agreement:
    graded = [(pair.first, pair.second) for pair in pairs]
    return Agreement(
        weighted_kappa(graded),
        sum(first == second for first, second in graded) / len(graded),
        weighted_kappa([(int(first >= RELEVANT), int(second >= RELEVANT)) for first, second in graded]),
    )


def weighted_kappa(graded: Sequence[tuple[int, int]]) -> float:
    """1: always equal; 0: as equal as by chance."""
    firsts, seconds = (Counter(grades) for grades in zip(*graded, strict=True))
    observed = sum((first - second) ** 2 for first, second in graded) / len(graded)
    by_chance = sum(
        (first - second) ** 2 * times * others for first, times in firsts.items() for second, others in seconds.items()
    )
    return 1 - observed / (by_chance / len(graded) ** 2)


def relevant(pairs: Iterable[Pair], question: str) -> dict[str, int]:
    """The passages that answer a question, with their grades."""
    return {pair.passage: pair.grade for pair in pairs if pair.question == question and pair.grade >= RELEVANT}


def main() -> None:
    folder = Path(sys.argv[1])
    pairs = read_pairs(folder)
    path = folder / "questions.jsonl"
    questions = [row | {"rel": relevant(pairs, row["id"])} for row in rows_of(path)]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in questions), encoding="utf-8")
    print(len(pairs), agreement(pairs), Counter(pair.grade for pair in pairs))


if __name__ == "__main__":
    main()
