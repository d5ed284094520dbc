"""Marks the words of a query in texts."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from index.analysis import Token, analyse
from index.analysis.chain import pieces_of
from index.analysis.normal import Normal, normal
from index.analysis.words import RUN
from index.hits import Snippet
from index.query import Phrase, Query
from index.schema import Schema
from index.snippets.wanted import Wanted, fields_asked, wanted_in
from index.snippets.window import Span, best_window, pieces

SIZE = 240
"""Characters of a snippet, unless another size is asked for."""
_MOST_BEGINNINGS = 2000

_Spans = list[tuple[int, int, str]]
"""Start and end of what is reached in a run, and the term: several forms of one word tell the reader one thing."""


@dataclass(slots=True)
class _Way:
    """How texts of some fields in one language are marked.

    `hot` are the runs met so far in which a term is reached; `cold` are pieces of text, cut at their spaces, that hold
    none.
    """

    language: str | None
    stems: Wanted
    exact: Wanted
    cold: set[str] = field(default_factory=set)
    hot: dict[str, _Spans] = field(default_factory=dict)

    def holds_any(self, text: str) -> bool:
        """Whether a term is reached in a text. Words already met are not cut out again: most texts hold nothing new."""
        new = set(text.split()).difference(self.cold)
        runs = RUN.findall(" ".join(new))
        self._look_at(set(runs).difference(self.hot))
        if self.hot.keys().isdisjoint(runs):
            self.cold |= new
            return False
        return True

    def _look_at(self, runs: Iterable[str]) -> None:
        stems, exact = self.stems.test, self.exact.test
        for run, words in pieces_of(runs, self.language):
            for piece in words:
                if stems(piece[0]) or exact(piece[1]):
                    self.hot.setdefault(run, []).append((piece[3], piece[4], piece[0]))


@dataclass(slots=True)
class Marker:
    """Marks what a query finds, in any number of texts. Made for one search and one thread.

    A word is marked where the index would have found it: its term in the text's language is asked for, or fits a
    pattern that is; the words of a phrase where the phrase stands. What is excluded (Not) never is. Marks cover
    whole words as written, elided articles aside: in `l'agent`, `agent`.
    """

    query: Query
    schema: Schema
    _ways: dict[tuple[frozenset[str], str | None], _Way] = field(default_factory=dict)
    _asked: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = fields_asked(self.query)

    def snippet(self, fields: tuple[str, ...], text: str, language: str | None, size: int = SIZE) -> Snippet | None:
        """The part of a text that holds the most different words found, marked; None when it holds none.

        `fields` are the TEXT fields that hold the text in the index, `language` the one it was analysed in. At most
        `size` characters, cut between words; the whole text when it is short.
        """
        spans = self._spans(fields, text, language)
        if not spans:
            return None
        start, end = best_window(text, spans, size)
        return Snippet(pieces(text, spans, start, end), start, end)

    def whole(self, fields: tuple[str, ...], text: str, language: str | None) -> tuple[tuple[str, bool], ...]:
        """The whole text in pieces (text, is it marked), as `Snippet` has them."""
        return pieces(text, self._spans(fields, text, language), 0, len(text))

    def _spans(self, fields: tuple[str, ...], text: str, language: str | None) -> list[Span]:
        """What is marked, in order, without overlaps."""
        key = self._asked.intersection(fields), language
        way = self._ways.get(key)
        if way is None:
            way = self._ways[key] = _Way(language, *wanted_in(self.query, key[0], self.schema))
        return _merged([*_words(way, text), *_phrases(way, text)])


def _words(way: _Way, text: str) -> Iterator[Span]:
    as_analysed = normal(text)
    if not way.holds_any(as_analysed.text):
        return
    place = _placing(as_analysed)
    for match in RUN.finditer(as_analysed.text):
        for start, end, term in way.hot.get(match[0], ()):
            yield Span(*place(match.start() + start, match.start() + end), term)


def _placing(text: Normal) -> Callable[[int, int], tuple[int, int]]:
    """From characters of the text as analysed to characters of the original."""
    starts, ends = text.starts, text.ends
    if starts is None or ends is None:
        return lambda start, end: (start, end)
    return lambda start, end: (starts[start], ends[end - 1])


def _phrases(way: _Way, text: str) -> Iterator[Span]:
    for wanted, exact in ((way.stems, False), (way.exact, True)):
        if wanted.phrases:
            tokens = analyse(text, way.language, exact=exact)
            held = {token.term for token in tokens}
            for phrase in wanted.phrases:
                if held.issuperset(phrase.values):
                    yield from _standing(phrase, tokens)


def _standing(phrase: Phrase, tokens: Sequence[Token]) -> Iterator[Span]:
    """Where a phrase stands, from its first word to its last; a text full of beginnings is not followed to its end."""
    places: dict[str, list[Token]] = {}
    for token in tokens:
        places.setdefault(token.term, []).append(token)
    free = 0
    for first in places[phrase.values[0]][:_MOST_BEGINNINGS]:
        if first.position >= free and (chain := _chain(phrase, places, first)):
            free = chain[-1].position + 1
            start, end = min(token.start for token in chain), max(token.end for token in chain)
            yield Span(start, end, " ".join(phrase.values))


def _chain(phrase: Phrase, places: Mapping[str, Sequence[Token]], first: Token) -> list[Token]:
    """The tokens of a phrase that begins at one of them, each as early as it can be; none when it does not stand."""
    chain = [first]
    latest = first.position + phrase.offsets[-1] - phrase.offsets[0] + phrase.slop
    for value, before, after in zip(phrase.values[1:], phrase.offsets, phrase.offsets[1:], strict=False):
        held = places[value]
        place = bisect_left(held, chain[-1].position + after - before, key=_position)
        if place == len(held) or held[place].position > latest:
            return []
        chain.append(held[place])
    return chain


def _position(token: Token) -> int:
    return token.position


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            merged.append(Span(last.start, max(last.end, span.end), last.term))
        else:
            merged.append(span)
    return merged
