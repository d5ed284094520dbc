"""Turn a text into terms, in these steps.

1. Apply NFC and remove invisible characters (`normalization`).
2. Cut into runs, then words: acronyms, names with dots, elisions, compounds (`tokenizer`, `languages`).
3. Fold case, accents, œ and æ (`folding`).
4. Remove stop words, compared in folded form, so that text typed without accents matches accented text (`languages`).
5. Lemmatize, then stem the folded form (`lemmas`, `french_stem`, `english_stem`). Exact terms skip this step.

Steps 2 to 5 run once for each distinct run of characters and are cached, because texts repeat their words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from index.analysis.folding import fold
from index.analysis.languages import LANGUAGES, Language, rules_for
from index.analysis.lemmas import EDITION
from index.analysis.tokenizer import RUN, words_in_run
from index.analysis.unicode_normalization import normalize

FINGERPRINT = EDITION
_LONGEST_TERM = 100
_LONGEST_REMEMBERED = 60
_MOST_REMEMBERED = 80_000


class Token(NamedTuple):
    """A term, its position among the words, and its characters in the original text.

    A named tuple and not a dataclass: millions are made, and a frozen dataclass takes three times as long to make.
    """

    term: str
    position: int
    start: int
    end: int


class Terms(NamedTuple):
    """The terms of a text in three columns: the i-th word gives `stems[i]` and `exact[i]`, at `positions[i]`.

    `width` is the number of positions of the text, stop words included.
    """

    stems: list[str]
    exact: list[str]
    positions: list[int]
    width: int


RunWord = tuple[str, str, int, int, int]
"""A word of a run: stem, exact term, position, start, end; the last three count from the run's beginning."""
_Run = tuple[tuple[RunWord, ...], int]
"""The words of a run, and how many positions it takes."""


@dataclass(slots=True)
class _Memory:
    """A cache of analysed runs in two generations: those used last, and those used before them.

    Threads may do the same work twice, but never see half of it.
    """

    language: Language
    young: dict[str, _Run] = field(default_factory=dict)
    old: dict[str, _Run] = field(default_factory=dict)

    def learn(self, run: str) -> _Run:
        """The words of a run that is not in the young generation."""
        words = self.old.get(run) or _tokenize_run(run, self.language)
        if len(run) <= _LONGEST_REMEMBERED:
            if len(self.young) >= _MOST_REMEMBERED:
                self.old, self.young = self.young, {}
            self.young[run] = words
        return words


_memories = {name: _Memory(language) for name, language in LANGUAGES.items()}


def analyze(text: str, language: str | None, *, exact: bool = False) -> tuple[Token, ...]:
    """The terms of a text, in order.

    A stop word leaves a gap in the positions; a compound, or a name with dots, stands at the position of its first
    part, before it. `language`: "fr", "en"; any other is folded and not stemmed. `exact`: folded, never stemmed.
    """
    # The words of a query are analysed again and again: for stop words, spelling and marks.
    return _of_words(text, language, exact) if len(text) <= _LONGEST_REMEMBERED else _analyze(text, language, exact)


def _analyze(text: str, language: str | None, exact: bool) -> tuple[Token, ...]:
    whole = normalize(text)
    memory = _memories[rules_for(language)]
    known = memory.young.get
    tokens: list[Token] = []
    position = 0
    for match in RUN.finditer(whole.text):
        run = match[0]
        words, width = known(run) or memory.learn(run)
        begin = match.start()
        for word in words:
            term = word[1] if exact else word[0]
            tokens.append(Token(term, position + word[2], begin + word[3], begin + word[4]))
        position += width
    if whole.starts is None or whole.ends is None:
        return tuple(tokens)
    starts, ends = whole.starts, whole.ends
    return tuple(Token(term, number, starts[start], ends[end - 1]) for term, number, start, end in tokens)


_of_words = lru_cache(maxsize=8192)(_analyze)


def terms_of(text: str, language: str | None) -> Terms:
    """The same terms as `analyze` gives, stems and exact ones in one pass, without their places in the text.

    No word crosses a space: the terms of a text are those of its parts between spaces (`str.split`), in order.
    """
    memory = _memories[rules_for(language)]
    known = memory.young.get
    stems: list[str] = []
    exact: list[str] = []
    positions: list[int] = []
    position = 0
    for run in RUN.findall(normalize(text).text):
        words, width = known(run) or memory.learn(run)
        for word in words:
            stems.append(word[0])
            exact.append(word[1])
            positions.append(position + word[2])
        position += width
    return Terms(stems, exact, positions, position)


def without_compounds(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without compounds, which stand before their parts: a text certainly has the parts."""
    return [token for token, after in zip_longest(tokens, tokens[1:]) if after is None or after.end > token.end]


def word_runs(text: str) -> Iterator[str]:
    """The runs of characters that contain words, one by one; a compound is one run."""
    return (match[0] for match in RUN.finditer(normalize(text).text))


def words_of_run(run: str, language: str | None) -> tuple[RunWord, ...]:
    """The words of a run, which is a match of `RUN` in a `normalize` text."""
    memory = _memories[rules_for(language)]
    return (memory.young.get(run) or memory.learn(run))[0]


def _tokenize_run(run: str, language: Language) -> _Run:
    words, width = words_in_run(run, language.cut)
    run_words: list[RunWord] = []
    for word in words:
        exact = fold(word.text)[:_LONGEST_TERM]
        if exact and exact not in language.stop_words:
            # Numbers and fixed words have no stem.
            stem = language.stem(exact) if exact.isalpha() and not word.fixed else exact
            run_words.append((stem, exact, word.offset, word.start, word.end))
    return tuple(run_words), width
