"""A folder of passages, and questions with relevance judgements, as JSON Lines.

`documents.jsonl` has {"id", "lang", "src", "title", "text"}; `questions*.jsonl` have {"id", "text", "rel": {document:
grade}}; `compounds.jsonl` has {"a", "b", "rel": [document, ...]}, which is queried in three spellings. Only `text` is
indexed. The titles of the CNIL's answers are questions of its readers: they are one more set, `cnil`.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANSWERS = "cnil"
"""The source whose titles are questions."""
SPELLINGS = {"a-b": "{a}-{b}", "a b": "{a} {b}", "ab": "{a}{b}"}


@dataclass(frozen=True, slots=True)
class Passage:
    id: str
    language: str
    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the grade of each passage that answers it."""

    text: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Collection:
    passages: tuple[Passage, ...]
    sets: Mapping[str, tuple[Asked, ...]]

    def chosen(self, names: Sequence[str], sample: int | None, seed: int) -> "Collection":
        """Some sets (all if none is named), with a sample of each. Raises KeyError for an unknown set.

        The samples contain the same questions, so that differences between sets are due to the spelling alone.
        """
        chosen = {name: self.sets[name] for name in names or self.sets}
        if sample is not None:
            chosen = {name: _sampled(questions, sample, seed) for name, questions in chosen.items()}
        return Collection(self.passages, chosen)


def read(folder: Path) -> Collection:
    """The content of a folder."""
    passages = tuple(_passages(folder / "documents.jsonl"))
    sets = {name: questions for name, questions in _sets(folder, passages) if questions}
    return Collection(passages, sets)


def _sampled(questions: tuple[Asked, ...], sample: int, seed: int) -> tuple[Asked, ...]:
    places = list(range(len(questions)))
    random.Random(seed).shuffle(places)
    return tuple(questions[place] for place in sorted(places[:sample]))


def _passages(path: Path) -> Iterator[Passage]:
    for row in rows_of(path):
        yield Passage(row["id"], row["lang"], row["src"], row.get("title") or "", row["text"])


def _sets(folder: Path, passages: tuple[Passage, ...]) -> Iterator[tuple[str, tuple[Asked, ...]]]:
    for path in sorted(folder.glob("questions*.jsonl")):
        name = path.stem.replace("questions", "", 1).lstrip("_") or "questions"
        yield name, tuple(Asked(row["text"], row["rel"]) for row in rows_of(path))
    yield ANSWERS, _titles(passages)
    compounds = folder / "compounds.jsonl"
    if compounds.exists():
        rows = list(rows_of(compounds))
        for name, spelling in SPELLINGS.items():
            yield name, tuple(Asked(spelling.format(**row), dict.fromkeys(row["rel"], 1)) for row in rows)


def _titles(passages: tuple[Passage, ...]) -> tuple[Asked, ...]:
    by_title: dict[str, dict[str, int]] = {}
    for passage in passages:
        if passage.source == ANSWERS and passage.title.strip():
            by_title.setdefault(passage.title, {})[passage.id] = 1
    return tuple(Asked(title, grades) for title, grades in by_title.items())


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
