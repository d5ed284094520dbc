"""Seeded items in the exchange format, with the word frequencies of written French.

An item has a title of 8 words and 0 to 12 highlights, 3 on average, of 10 to 80 words (log-normal, median 25): about
100 words. Words come from wordfreq's French list, with its frequencies; 3 in 1,000 are invented, as names and numbers
are. 1 to 8 tags of 5,000 and one author of 200 follow Zipf's law; dates are in 15 years, with increasing density. Items
are drawn in blocks: a million items need no more memory than five thousand.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

BLOCK = 5_000
TAGS, AUTHORS = 5_000, 200
TITLE, MOST_NOTES = 8, 12
FIRST = datetime(2009, 1, 1, tzinfo=UTC)
SECONDS = 15 * 365 * 86_400
LANGUAGES = ("fr", "en", "de", "es")
VERSION = 1
"""Raise this number with every change of the items that a seed gives."""


def lines(number: int, seed: int = 42) -> Iterator[str]:
    """This many items, one a line: the same number and seed give the same lines."""
    rng = np.random.default_rng(seed)
    words, often = _frequencies()
    tags = words[rng.permutation(np.arange(300, 30_000))[:TAGS]]
    for start in range(0, number, BLOCK):
        # Whole blocks are drawn, so that a smaller corpus is the start of a larger one.
        block = _Block(rng, words, often, tags)
        for place in range(min(BLOCK, number - start)):
            yield json.dumps(block.item(start + place, place), ensure_ascii=False) + "\n"


def _frequencies() -> tuple[Any, Any]:
    """The words, the most frequent first, and the running sum of their frequencies."""
    # Only the creation of a corpus needs the list of words.
    from wordfreq import get_frequency_dict  # noqa: PLC0415

    measured = get_frequency_dict("fr", wordlist="best")
    word_shares = sorted(((-share, word) for word, share in measured.items() if word.isalpha()))
    shares = np.array([-share for share, _ in word_shares])
    return np.array([word for _, word in word_shares], dtype=object), np.cumsum(shares / shares.sum())


def _zipf(values: int) -> Any:
    shares = 1 / np.arange(1, values + 1)
    return np.cumsum(shares / shares.sum())


class _Block:
    """The random values for the items of one block."""

    def __init__(self, rng: np.random.Generator, words: Any, often: Any, tags: Any) -> None:
        self._notes = np.minimum(MOST_NOTES, rng.geometric(1 / 4, BLOCK) - 1)
        lengths = np.exp(rng.normal(np.log(25), 0.6, self._notes.sum()))
        self._lengths = np.clip(lengths, 10, 80).astype(int)
        tokens = BLOCK * TITLE + int(self._lengths.sum())
        self._words = words[np.searchsorted(often, rng.random(tokens)).clip(max=len(words) - 1)]
        odd = np.flatnonzero(rng.random(tokens) < 0.003)
        self._words[odd] = [f"zx{number:x}q" for number in rng.integers(0, 500_000, len(odd)).tolist()]
        self._tagged = rng.integers(1, 9, BLOCK)
        self._tags = tags[_draw_values(rng, TAGS, int(self._tagged.sum()))]
        self._authors = _draw_values(rng, AUTHORS, BLOCK)
        self._seconds = SECONDS * np.sqrt(rng.random(BLOCK))
        shares = np.cumsum([0.80, 0.15, 0.03, 0.02])
        self._languages = np.searchsorted(shares, rng.random(BLOCK)).clip(max=len(LANGUAGES) - 1)
        self._word = self._note = self._tag = 0

    def item(self, number: int, place: int) -> dict[str, object]:
        """The next item: `place` counts from 0."""
        author = f"auteur{self._authors[place]:03d}"
        added = (FIRST + timedelta(seconds=int(self._seconds[place]))).strftime("%Y-%m-%dT%H:%M:%SZ")
        count = int(self._tagged[place])
        tags = sorted(set(self._tags[self._tag : self._tag + count]))
        self._tag += count
        return {
            "id": f"d{number}",
            "group": "corpus",
            "url": f"https://www.exemple-{number % 997}.example/articles/{number}",
            "title": self._text(TITLE).capitalize(),
            "author": {"login": author, "name": author.capitalize()},
            "tags": tags,
            "added": added,
            "language": LANGUAGES[self._languages[place]],
            "annotations": [
                {"id": f"d{number}-{rank}", "kind": "highlight", "added": added, "quote": self._quote()}
                for rank in range(self._notes[place])
            ],
        }

    def _quote(self) -> str:
        self._note += 1
        return self._text(int(self._lengths[self._note - 1]))

    def _text(self, length: int) -> str:
        self._word += length
        return " ".join(self._words[self._word - length : self._word])


def _draw_values(rng: np.random.Generator, values: int, number: int) -> Any:
    return np.searchsorted(_zipf(values), rng.random(number)).clip(max=values - 1)
