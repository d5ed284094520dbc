"""What every engine of the comparison must do, and what it answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .corpus_files import Row
from .questions import Question

TOP = 20
Counts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The total, the keys of the best 20, and the values of all matches: tags and authors by count, months ascending.

    Months are `YYYY-MM`.
    """

    total: int
    top: list[str]
    tags: Counts
    authors: Counts
    months: Counts


class Missing(Exception):
    """This engine is not installed; the message says what to install."""


class Rival(Protocol):
    """One engine, used as its documentation advises. `about`: what it was given, in a few words."""

    name: str
    about: str

    def fresh(self) -> "Rival":
        """Another one like it, with no index open."""

    def feed(self, folder: Path) -> "Feeding":
        """Begin a new index in an empty folder."""

    def open(self, folder: Path) -> None:
        """Open the index of a folder for searching."""

    def ask(self, question: Question) -> Answer:
        """Answer from what was committed last."""

    def replace(self, row: Row) -> None:
        """Write a document in the place of the one with its key, and commit: the next `ask` sees it."""

    def close(self) -> None:
        """Let go of files."""


class Feeding(Protocol):
    """An index that is being made."""

    def put(self, rows: Iterable[Row]) -> None:
        """Add documents."""

    def end(self) -> None:
        """Make all of it searchable, in the shape in which it will be searched."""


def month_name(month: int) -> str:
    """`2014-11` of a number of months since year 0."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def differences(first_answer: Answer, other: Answer) -> list[str]:
    """In what two answers to one question differ: totals, counts of values, the number of hits shown.

    Where the last values shown have one count, which of them are shown is left to each engine.
    """
    problems = []
    if first_answer.total != other.total:
        problems.append(f"total {first_answer.total} and {other.total}")
    if len(first_answer.top) != len(other.top):
        problems.append(f"{len(first_answer.top)} and {len(other.top)} hits shown")
    if first_answer.months != other.months:
        problems.append("months")
    problems += [name for name in ("tags", "authors") if not _agree(getattr(first_answer, name), getattr(other, name))]
    return problems


def _agree(counts: Counts, other: Counts) -> bool:
    if [count for _, count in counts] != [count for _, count in other]:
        return False
    last = counts[-1][1] if counts else 0
    return {pair for pair in counts if pair[1] > last} == {pair for pair in other if pair[1] > last}
