"""The timed passes: every question is run on every engine in one process, in turns, and the answers are compared."""

import gc
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from sys import maxsize

from .answer import Answer, Rival, differences
from .figures import Taken
from .inputs import Question
from .questions import by_turns


@dataclass(slots=True)
class Passes:
    """The measurements, and the disagreements of engines. `apart`: engines whose documents differ from those of the
    others.
    """

    apart: frozenset[str] = frozenset()
    taken: list[Taken] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def ask(self, rivals: Mapping[str, Rival], question: Question, order: list[str], stage: str) -> None:
        """Run one question on the engines, in this order."""
        answers: dict[str, Answer] = {}
        for name in order:
            answer, wall, cpu = timed(rivals[name], question)
            self.taken.append(Taken(stage, question.kind, name, wall, cpu))
            answers[name] = answer
        self.compare(question, answers, stage)

    def compare(self, question: Question, answers: Mapping[str, Answer], stage: str) -> None:
        """Record the differences of the answers from the first one."""
        names = sorted(answers.keys() - self.apart)
        for name in names[1:]:
            for difference in differences(answers[names[0]], answers[name]):
                self.differences.append(f"{stage}: {question}: {names[0]} and {name}: {difference}")


def timed(rival: Rival, question: Question) -> tuple[Answer, float, float]:
    """The answer, and milliseconds of wall and CPU time."""
    cpu, wall = time.process_time(), time.perf_counter()
    answer = rival.ask(question)
    ended, worked = time.perf_counter(), time.process_time()
    return answer, (ended - wall) * 1000, (worked - cpu) * 1000


@dataclass(frozen=True, slots=True)
class Asking:
    """The engines and their questions. `sampled`: engines that only get a number of questions of each kind."""

    rivals: Mapping[str, Rival]
    questions: list[Question]
    sampled: Mapping[str, int]

    def run(self, passes: Passes, seed: int, stage: str) -> None:
        """Run every question once."""
        gc.collect()
        for question, order in self.turns(seed):
            passes.ask(self.rivals, question, order, stage)

    def turns(self, seed: int) -> Iterator[tuple[Question, list[str]]]:
        query_counts = Counter[tuple[str, str]]()
        for question, order in by_turns(self.questions, list(self.rivals), seed):
            query_counts.update((name, question.kind) for name in order)
            yield (
                question,
                [name for name in order if query_counts[name, question.kind] <= self.sampled.get(name, maxsize)],
            )
