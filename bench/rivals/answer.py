"""The interface of every compared engine, and the form of its answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .inputs import Question, Row

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
    """One engine, used as its documentation advises. `about`: its configuration, in a few words."""

    name: str
    about: str

    def fresh(self) -> "Rival":
        """A new instance of the same engine without an open index."""

    def feed(self, folder: Path) -> "Feeding":
        """Begin a new index in an empty folder."""

    def open(self, folder: Path) -> None:
        """Open the index of a folder for searching."""

    def ask(self, question: Question) -> Answer:
        """Answer from the last commit."""

    def replace(self, row: Row) -> None:
        """Replace the document with the same key, and commit: the next `ask` sees it."""

    def close(self) -> None:
        """Close files."""


class Feeding(Protocol):
    """An index that is being built."""

    def put(self, rows: Iterable[Row]) -> None:
        """Add documents."""

    def end(self) -> None:
        """Make all of it searchable, in its final form."""


def month_name(month: int) -> str:
    """`2014-11` for a number of months since year 0."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def differences(first_answer: Answer, other: Answer) -> list[str]:
    """The differences between two answers to one question: totals, counts of values, the number of hits.

    If the last values have equal counts, each engine may choose which of them it returns.
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
