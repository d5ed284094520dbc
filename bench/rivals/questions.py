"""The questions: nine kinds, drawn with a seed from the words of the corpus."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from index.analysis import analyze

from .corpus_files import PLAIN, Material
from .inputs import KINDS, VALUES, Question

SAMPLE = 20_000
"""Documents from which words are drawn, and the range of their document frequency."""


@dataclass(slots=True)
class Sample:
    """Statistics of words in the first documents."""

    documents: int = 0
    often: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    days: list[int] = field(default_factory=list)
    bodies: list[list[str]] = field(default_factory=list)
    spelled: dict[str, str] = field(default_factory=dict)

    def holding(self, low: float, high: float) -> list[str]:
        """The words that this share of the documents contains, the most frequent first."""
        return [
            term
            # Not in the order of a set, which differs from run to run.
            for term, often in sorted(self.often.items(), key=lambda pair: (-pair[1], pair[0]))
            if low * self.documents <= often < high * self.documents and self._is_word(term)
        ]

    def _is_word(self, term: str) -> bool:
        return term in self.spelled and term.isalpha() and len(term) > 1 and not term.startswith("zx")


def sample(material: Material) -> Sample:
    """The words of the first documents."""
    sample = Sample()
    for row in islice(material.rows(), SAMPLE):
        sample.documents += 1
        sample.often.update({*row.title, *row.body})
        sample.tags.update(row.tags)
        sample.days.append(row.day)
        if len(row.body) > 5 and len(sample.bodies) < SAMPLE // 4:
            sample.bodies.append(row.body)
    for text in islice(material.texts(), SAMPLE // 4):
        for piece in text.body:
            for token in analyze(piece, "fr"):
                word = piece[token.start : token.end]
                if PLAIN.fullmatch(token.term) and word.isalpha():
                    sample.spelled.setdefault(token.term, word)
    sample.days.sort()
    return sample


def draw(sample: Sample, each: int, seed: int, kinds: tuple[str, ...] = KINDS) -> list[Question]:
    """This many questions of each kind, all different."""
    rng = random.Random(seed)
    drawing = _Drawing(sample, rng)
    questions: list[Question] = []
    for kind in KINDS:
        questions_drawn: dict[Question, None] = {}
        # A small corpus may have fewer words: then there are fewer questions.
        for place in range(each * 50):
            if len(questions_drawn) == each:
                break
            if (question := drawing.one(kind, place)) is not None:
                questions_drawn[question] = None
        questions += questions_drawn if kind in kinds else ()
    return questions


class _Drawing:
    def __init__(self, sample: Sample, rng: random.Random) -> None:
        self._found = sample
        self._chance = rng
        self._common = sample.holding(0.08, 1)
        self._mid = sample.holding(0.01, 0.08)
        self._rare = sample.holding(0.0002, 0.001) or sample.holding(0, 0.01)
        self._tags = [tag for tag, _ in sample.tags.most_common(300)]

    def one(self, kind: str, place: int) -> Question | None:
        """The next question of a kind."""
        rng = self._chance
        some = self._common + self._mid
        match kind:
            case "rare":
                return self._of(kind, [rng.choice(self._rare)])
            case "common":
                return self._of(kind, [rng.choice(self._common)])
            case "and":
                return self._of(kind, rng.sample(self._common[:40] + self._mid[:150], 2 + place % 2))
            case "or3":
                return self._of(kind, rng.sample(some, 3))
            case "phrase":
                return self._phrase()
            case "prefix":
                return Question(kind, prefix=rng.choice(some)[: 3 + place % 2])
            case "tag":
                tag = rng.choice(self._tags[:20] if place % 2 else self._tags)
                return self._of(kind, [rng.choice(some)], tag=tag)
            case "date":
                first = rng.choice(self._found.days)
                return self._of(kind, [rng.choice(some)], days=(first, first + rng.choice((90, 365, 1500))))
        # The same question would be the same text: each requests another number of values.
        return Question(kind, values=VALUES + place)

    def _of(self, kind: str, terms: list[str], tag: str = "", days: tuple[int, int] | None = None) -> Question:
        words = tuple(self._found.spelled[term] for term in terms)
        return Question(kind, tuple(terms), words, tag=tag, days=days)

    def _phrase(self) -> Question | None:
        """Two neighbouring words of a text, as frequent as in the texts."""
        body = self._chance.choice(self._found.bodies)
        place = self._chance.randrange(len(body) - 1)
        first, second = body[place : place + 2]
        often, documents = self._found.often, self._found.documents
        if first == second or often[first] <= 0.01 * documents or often[second] <= 0.003 * documents:
            return None
        if first not in self._found.spelled or second not in self._found.spelled:
            return None
        return self._of("phrase", [first, second])


def by_turns(questions: list[Question], engines: list[str], seed: int) -> Iterator[tuple[Question, list[str]]]:
    """The questions in a shuffled order, with the engines in another order each time."""
    rng = random.Random(seed)
    for question in rng.sample(questions, len(questions)):
        yield question, rng.sample(engines, len(engines))
