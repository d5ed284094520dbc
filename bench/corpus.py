"""Seeded items in the exchange format: `python bench/corpus.py 100000 > corpus.jsonl`.

About 100 words an item. The words are random sequences of French syllables that follow Zipf's law, mixed with real
French function words, so that the texts are detected as French and cost as much as French. It contains no real data.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

VOCABULARY = 30_000
FUNCTION_WORDS = "de la le et les des en un du une que est pour qui dans par plus sur ce pas au avec sont il se".split()
_FUNCTION_SHARE = 0.4
_STARTS = "b br c ch cl cr d dr f fl g gr j l m n p pl pr qu r s t tr v".split()
_MIDDLES = "a e i o u é è ou an en in on au oi ai eu".split()
_ENDS = ("", "", "", "l", "r", "s", "t", "que", "ment", "tion", "sion", "té", "teur", "age", "isme", "ure", "ance")
_FIRST_DAY = datetime(2010, 1, 1, tzinfo=UTC)
_MINUTES = 15 * 365 * 24 * 60


class Words:
    """A vocabulary for random texts."""

    def __init__(self, rng: random.Random) -> None:
        self.chance = rng
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            middle = "".join(rng.choice(_STARTS) + rng.choice(_MIDDLES) for _ in range(rng.randint(1, 3)))
            words[middle + rng.choice(_ENDS)] = None
        self.words = [*FUNCTION_WORDS, *words]
        frequent = [_FUNCTION_SHARE / len(FUNCTION_WORDS)] * len(FUNCTION_WORDS)
        harmonic = sum(1 / rank for rank in range(1, VOCABULARY + 1))
        rare = [(1 - _FUNCTION_SHARE) / harmonic / rank for rank in range(1, VOCABULARY + 1)]
        self._sums = list(accumulate([*frequent, *rare]))

    def text(self, length: int) -> str:
        """A sentence of this many words."""
        return " ".join(self.chance.choices(self.words, cum_weights=self._sums, k=length)).capitalize() + "."


def items(number: int, seed: int = 1, group: str = "corpus") -> Iterator[dict[str, object]]:
    """This many items; the same number and seed give the same items."""
    rng = random.Random(seed)
    words = Words(rng)
    tags = [words.words[300 + 7 * rank] for rank in range(400)]
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(tags))))
    people = [(f"personne-{place}", f"Personne n° {place}") for place in range(60)]
    for place in range(number):
        yield _item(place, group, words, sorted(set(rng.choices(tags, cum_weights=weights, k=4))), people)


def _item(place: int, group: str, words: Words, tags: list[str], people: list[tuple[str, str]]) -> dict[str, object]:
    rng = words.chance
    added = _FIRST_DAY + timedelta(minutes=rng.randrange(_MINUTES))
    sharer = _person(rng, people)
    item: dict[str, object] = {
        "id": f"corpus-{place}",
        "group": group,
        "url": f"https://www.site-{place % 211}.example/articles/{place}?page=1",
        "title": words.text(8),
        "description": words.text(rng.randint(25, 45)),
        "author": sharer,
        "tags": tags,
        "added": _timestamp(added),
        "annotations": [
            _annotation(f"corpus-{place}-{rank}", words, rng.choice(people), added + timedelta(hours=rank))
            for rank in range(rng.randint(1, 4))
        ],
    }
    # Some fields are missing: a third of the items have neither a source nor a publication date.
    if place % 3:
        item["published"] = added.strftime(("%Y", "%Y-%m", "%Y-%m-%d")[place % 7 % 3])
        item["source"] = f"Journal n° {place % 41}"
    if not place % 11:
        item["views"] = rng.randrange(1000)
    return item


def _annotation(id_: str, words: Words, person: tuple[str, str], moment: datetime) -> dict[str, object]:
    kind = words.chance.choices(("highlight", "comment", "note"), (6, 2, 1))[0]
    annotation: dict[str, object] = {"id": id_, "kind": kind, "added": _timestamp(moment)}
    annotation["author"] = {"login": person[0], "name": person[1]}
    if kind != "comment":
        annotation["quote"] = words.text(words.chance.randint(12, 30))
    if kind != "highlight":
        annotation["body"] = words.text(words.chance.randint(8, 20))
    return annotation


def _person(rng: random.Random, people: list[tuple[str, str]]) -> dict[str, str]:
    login, name = rng.choice(people)
    return {"login": login, "name": name}


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(number: int, seed: int = 1, group: str = "corpus") -> Iterator[str]:
    """The same items as lines of a file."""
    for item in items(number, seed, group):
        yield json.dumps(item, ensure_ascii=False) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--group", default="corpus")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(lines(arguments.number, arguments.seed, arguments.group))


if __name__ == "__main__":
    main()
