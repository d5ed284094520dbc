"""The timed passes: every question asked of every engine in one process, by turns, and the answers compared."""

import gc
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .answer import Answer, Rival, differences
from .figures import Taken
from .questions import Question, by_turns


@dataclass(slots=True)
class Passes:
    """What was measured, and where engines disagreed."""

    taken: list[Taken] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    def ask(self, rivals: Mapping[str, Rival], question: Question, order: list[str], stage: str) -> None:
        """Ask one question of the engines, in this order."""
        answers: dict[str, Answer] = {}
        for name in order:
            answer, wall, cpu = timed(rivals[name], question)
            self.taken.append(Taken(stage, question.kind, name, wall, cpu))
            answers[name] = answer
        self.compare(question, answers, stage)

    def compare(self, question: Question, answers: Mapping[str, Answer], stage: str) -> None:
        """Note in what the answers differ from the first one's."""
        names = sorted(answers)
        for name in names[1:]:
            for told in differences(answers[names[0]], answers[name]):
                self.differences.append(f"{stage}: {question}: {names[0]} and {name}: {told}")


def timed(rival: Rival, question: Question) -> tuple[Answer, float, float]:
    """The answer, and milliseconds of wall and CPU time."""
    cpu, wall = time.process_time(), time.perf_counter()
    answer = rival.ask(question)
    ended, worked = time.perf_counter(), time.process_time()
    return answer, (ended - wall) * 1000, (worked - cpu) * 1000


def run(
    passes: Passes,
    rivals: Mapping[str, Rival],
    questions: list[Question],
    sampled: Mapping[str, int],
    seed: int,
    stage: str,
) -> None:
    """One pass: every question once. `sampled`: engines that are asked only so many questions of each kind."""
    gc.collect()
    for question, order in _turns(rivals, questions, sampled, seed):
        passes.ask(rivals, question, order, stage)


def _turns(
    rivals: Mapping[str, Rival], questions: list[Question], sampled: Mapping[str, int], seed: int
) -> Iterator[tuple[Question, list[str]]]:
    asked: dict[tuple[str, str], int] = {}
    for question, order in by_turns(questions, list(rivals), seed):
        chosen = []
        for name in order:
            asked[name, question.kind] = asked.get((name, question.kind), 0) + 1
            if asked[name, question.kind] <= sampled.get(name, len(questions)):
                chosen.append(name)
        yield question, chosen
