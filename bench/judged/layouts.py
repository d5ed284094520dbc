"""Where the words of a passage stand in an item: in the words of users, in the text of its page, or in both.

A ranking that finds passages in the words of users may still miss them in the texts of pages, and long page texts about
something else may hide the words of users. Each layout makes the same items from the same passages each time:

- `passages`: the passage is the description of its item. Nothing else has words.
- `pages`: the passage is the text of the item's page. The words of users say nothing about it: its title is an address.
- `inside`: the passage stands inside a page of 1,500 to 30,000 characters among passages of other sources.
- `mixed`: half of the items are as in `passages`, half as in `inside`.
- `long`: as `mixed`, but for LONG_PAGES of the answers, which stand in pages of 200,000 characters; only the questions
  about these are asked.
- `covered`: as `passages`, and 60 of 100 items have a page text about something else.

Passages that answer questions stand in no other page, so that the text around an answer answers nothing.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from math import exp, log

from .collection import Asked, Collection, Passage

PASSAGES = "passages"
SEED = 30
SHORT_PAGE, LONG_PAGE, LONGEST_PAGE = 1_500, 30_000, 200_000
"""Characters of pages: between the first two, as many short as long ones by the logarithm of their length."""
LONG_PAGES = 60
COVERED = 0.6
MOST_ANSWERS = 3
"""Questions with more answers (compounds) say nothing about what a page is about."""


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item of one passage: the words of users, and the text of its page."""

    id: str
    language: str
    title: str = ""
    description: str = ""
    page: str = ""

    @property
    def text(self) -> str:
        """All its words, for systems with one field."""
        return "\n\n".join(filter(None, (self.title, self.description, self.page)))


def described(passage: Passage) -> HeldItem:
    return HeldItem(passage.id, passage.language, description=passage.text)


class _Surroundings:
    """Passages to put around others: those that answer nothing, by source."""

    def __init__(self, collection: Collection) -> None:
        self.answers = answers_of(collection)
        self._by_source: dict[str, list[Passage]] = {}
        for passage in collection.passages:
            if passage.id not in self.answers:
                self._by_source.setdefault(passage.source, []).append(passage)

    def page(self, passage: Passage, characters: int, draws: random.Random, *, without: bool = False) -> str:
        """About so many characters of other sources, and the passage among them, unless `without`."""
        others = [source for source in self._by_source if source != passage.source]
        length = 0 if without else len(passage.text)
        parts = [] if without else [passage.text]
        while length < characters and others:
            other = draws.choice(self._by_source[draws.choice(others)])
            parts.append(other.text)
            length += len(other.text)
        draws.shuffle(parts)
        return "\n\n".join(parts)


def answers_of(collection: Collection) -> Set[str]:
    """The passages that answer a question with few answers."""
    return {key for questions in collection.sets.values() for asked in questions if _few(asked) for key in asked.grades}


def _few(asked: Asked) -> bool:
    return len(asked.grades) <= MOST_ANSWERS


def _characters(draws: random.Random) -> int:
    return int(exp(draws.uniform(log(SHORT_PAGE), log(LONG_PAGE))))


def _address(number: int) -> str:
    return f"https://exemple.fr/{number}"


def _passages(collection: Collection, _draws: random.Random) -> Iterator[HeldItem]:
    yield from map(described, collection.passages)


def _pages(collection: Collection, _draws: random.Random) -> Iterator[HeldItem]:
    for number, passage in enumerate(collection.passages):
        yield HeldItem(passage.id, passage.language, _address(number), page=passage.text)


def _inside(collection: Collection, draws: random.Random) -> Iterator[HeldItem]:
    surroundings = _Surroundings(collection)
    for number, passage in enumerate(collection.passages):
        page = surroundings.page(passage, _characters(draws), draws)
        yield HeldItem(passage.id, passage.language, _address(number), page=page)


def _mixed(collection: Collection, draws: random.Random) -> Iterator[HeldItem]:
    for passage, item in zip(collection.passages, _inside(collection, draws), strict=True):
        yield item if random.Random(passage.id).random() < 0.5 else described(passage)


def _long(collection: Collection, draws: random.Random) -> Iterator[HeldItem]:
    surroundings = _Surroundings(collection)
    chosen = long_pages(collection)
    for number, (passage, item) in enumerate(zip(collection.passages, _mixed(collection, draws), strict=True)):
        if passage.id in chosen:
            page = surroundings.page(passage, LONGEST_PAGE, random.Random(passage.id))
            yield HeldItem(passage.id, passage.language, _address(number), page=page)
        else:
            yield item


def long_pages(collection: Collection) -> Set[str]:
    """The answers that stand in very long pages in the layout `long`."""
    answers = sorted(answers_of(collection))
    return set(random.Random(SEED).sample(answers, min(LONG_PAGES, len(answers))))


def _covered(collection: Collection, draws: random.Random) -> Iterator[HeldItem]:
    surroundings = _Surroundings(collection)
    for passage in collection.passages:
        item = described(passage)
        if draws.random() < COVERED:
            page = surroundings.page(passage, _characters(draws), draws, without=True)
            item = HeldItem(item.id, item.language, item.title, item.description, page)
        yield item


_LAYOUTS: Mapping[str, Callable[[Collection, random.Random], Iterator[HeldItem]]] = {
    PASSAGES: _passages,
    "pages": _pages,
    "inside": _inside,
    "mixed": _mixed,
    "long": _long,
    "covered": _covered,
}
LAYOUTS = tuple(_LAYOUTS)


def laid_out(collection: Collection, layout: str) -> Iterator[HeldItem]:
    """The items of a layout, in the order of the passages."""
    return _LAYOUTS[layout](collection, random.Random(SEED))


def questions_of(
    collection: Collection, layout: str, sets: Mapping[str, Sequence[Asked]]
) -> Mapping[str, Sequence[Asked]]:
    """Those of some questions of the collection that a layout is asked, by set; sets without any are left out."""
    if layout == PASSAGES:
        return sets
    long = long_pages(collection) if layout == "long" else None
    asked = {
        name: [each for each in questions if _few(each) and (long is None or not long.isdisjoint(each.grades))]
        for name, questions in sets.items()
    }
    return {name: questions for name, questions in asked.items() if questions}
